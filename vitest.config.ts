import { existsSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

/** Suites that need files or processes; all others run in the browser too. */
const nodeOnly = ['test/cli/**', 'test/node/**', 'test/tfjs/**'];
/** Suites of what happens before init(), which need modules that no other suite has loaded. */
const beforeInit = ['test/wasm/before-init.test.ts', 'test/wasm/engine.test.ts'];
const thorough = Boolean(process.env.UNROLLED_SLOW);
/** Seeds of suites that draw cases; without them, their own. */
const seeds = process.env.UNROLLED_SEEDS?.split(',').map(Number);
const slow = thorough ? [] : ['**/*.slow.test.ts'];

export const chromium = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);

const node20 = process.versions.node.startsWith('20.');

/** A page per file: one page for all of them runs out of memory for WebAssembly. */
const inChromium = (files: { include: string[]; exclude: string[] }) => ({
  test: {
    name: 'chromium',
    ...files,
    provide: { thorough, seeds },
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: chromium!,
          args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      }),
      instances: [{ browser: 'chromium' as const }],
    },
  },
});

/** `isolate`: a process per file, else one per worker. */
const inNode = (name: string, files: { include: string[]; exclude: string[]; isolate: boolean }) => ({
  test: {
    name,
    ...files,
    provide: { thorough, seeds },
    testTimeout: 60_000,
    execArgv: ['--expose-gc', ...(node20 ? ['--experimental-wasm-relaxed-simd'] : [])],
  },
});

const all = ['test/**/*.test.ts'];
const others = { include: all, exclude: [...beforeInit, ...slow], isolate: thorough };
const alone = { include: beforeInit, exclude: [], isolate: true };

export default defineConfig({
  test: {
    testTimeout: 60_000,
    projects: [
      inNode('node', others),
      inNode('node before init', alone),
      ...(chromium ? [inChromium({ include: all, exclude: [...nodeOnly, ...slow] })] : []),
    ],
  },
});
