import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { SlowFirst } from './test/slowFirst.ts';
import { whole } from './test/wholeFolders.ts';
import { inBrowsers } from './test/workerScripts.ts';

/** Suites that need files or processes; all others run in the browser too. */
const nodeOnly = ['test/cli/**', 'test/node/**', 'test/tfjs/wasm.test.ts'];
/** Suites of what happens before init(), which need modules that no other suite has loaded. */
const beforeInit = ['test/wasm/before-init.test.ts', 'test/wasm/engine.test.ts'];
/** Suites that load two copies of TF.js: other suites in the process change what they see. */
const ownProcess = ['test/tfjs/resetAfterClasses.test.ts'];
/** Suites that have a process of their own in Node: the result of TF.js before and after `install`. */
const ownInNode = ['test/tfjs/equality.test.ts'];
/** Suites that measure garbage. */
const garbage = ['heap.test.ts', 'heap.slow.test.ts', 'heapOnnx.slow.test.ts'].map(
  (name) => `test/node/${name}`,
);
/** V8 compiles and collects at the same points of every run, however busy the machine; 64 MB fit before a collection. */
const REPEATABLE = ['--single-threaded', '--min-semi-space-size=64', '--max-semi-space-size=64'];
/** For machines that are busy: a test that hangs is found late, but one that is slow does not fail. */
const TIMEOUT_MS = 180_000;
/** Suites of the bits, and of what browsers limit: in a browser as people have it. */
const asItComes = ['test/platform/**/*.test.ts', 'test/audio/audioModel.limits.test.ts'];
const folders = `test/@(${whole.join('|')})/**`;
const thorough = Boolean(process.env.UNROLLED_SLOW);
/** Seeds of suites that draw cases; without them, their own. */
const seeds = process.env.UNROLLED_SEEDS?.split(',').map(Number);
/** Suites of the other kind: slow ones in `npm test`, fast ones among the slow. */
const other = thorough
  ? ['test/!(*.slow).test.ts', `test/!(${whole.join('|')})/**/!(*.slow).test.ts`]
  : ['**/*.slow.test.ts'];

export const chromium = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);

const node20 = process.versions.node.startsWith('20.');

interface Files {
  include: string[];
  exclude: string[];
  /** A process or page per file, else one for all. */
  isolate: boolean;
}

/**
 * Chromium reserves gigabytes of addresses for each memory, so that a page can have 125 of them, unless it checks bounds
 * by instructions: then all suites run in one page.
 */
const MANY_MEMORIES = ['--disable-features=WebAssemblyTrapHandler'];

/** What all projects share. */
const common = {
  setupFiles: ['test/setup.ts'],
  testTimeout: TIMEOUT_MS,
  hookTimeout: TIMEOUT_MS,
};

/** What suites in browsers import: a package that Vite prepares later reloads the page, and with it the suites. */
const PACKAGES = ['@assemblyscript/loader', '@tensorflow/tfjs', 'fast-check', 'fflate', 'h5wasm'];

const inChromium = (name: string, files: Files, args: string[] = []) => ({
  plugins: [inBrowsers],
  optimizeDeps: { include: PACKAGES },
  test: {
    name,
    ...files,
    ...common,
    provide: { thorough, seeds, browser: true },
    browser: {
      enabled: true,
      headless: true,
      connectTimeout: TIMEOUT_MS,
      fileParallelism: false,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: chromium!,
          timeout: TIMEOUT_MS,
          args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
            ...args,
          ],
        },
      }),
      instances: [{ browser: 'chromium' as const }],
    },
  },
});

const inNode = (name: string, files: Files, flags: string[] = []) => ({
  test: {
    name,
    ...files,
    ...common,
    globalSetup: ['test/threadScripts.mjs'],
    provide: { thorough, seeds, browser: false },
    // Node loads the modules itself, which costs less than Vite's way
    experimental: { viteModuleRunner: false, nodeLoader: false },
    execArgv: [
      ...['--import', './test/typescript.mjs', '--expose-gc', '--max-semi-space-size=64'],
      ...(node20 ? ['--experimental-wasm-relaxed-simd'] : []),
      ...flags,
    ],
  },
});

const all = ['test/**/*.test.ts'];
const inBrowser = {
  include: all,
  exclude: [
    ...nodeOnly,
    ...ownProcess,
    ...beforeInit,
    ...asItComes,
    ...other,
    ...(thorough ? [] : [folders]),
  ],
  isolate: false,
};
const apart = [...beforeInit, ...ownProcess, ...ownInNode, ...garbage, ...other];
const slow = ['test/**/*.slow.test.ts'];
const isolated = (include: string[], exclude = other) => ({ include, exclude, isolate: true });

export default defineConfig({
  test: {
    reporters: ['default', './test/cost.ts'],
    sequence: { sequencer: SlowFirst },
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
    // Node's suites take longer than the browser's, which has one page
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      inNode('node', { include: all, exclude: [...apart, ...slow], isolate: false }),
      ...(thorough ? [inNode('node slow', isolated(slow, apart))] : []),
      inNode('node isolated', isolated([...beforeInit, ...ownProcess, ...ownInNode])),
      inNode('node garbage', isolated(garbage), REPEATABLE),
      ...(chromium
        ? [
            inChromium('chromium', inBrowser, MANY_MEMORIES),
            inChromium('chromium as it comes', isolated([...beforeInit, ...asItComes])),
          ]
        : []),
    ],
  },
});
