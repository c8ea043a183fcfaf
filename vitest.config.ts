import { existsSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

/** Suites that need files or processes; all others run in the browser too. */
const nodeOnly = ['test/cli/**', 'test/node/**'];
const slow = process.env.UNROLLED_SLOW ? [] : ['**/*.slow.test.ts'];

export const chromium = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);

const node20 = process.versions.node.startsWith('20.');

export default defineConfig({
  test: {
    testTimeout: 60_000,
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: slow,
          testTimeout: 60_000,
          execArgv: ['--expose-gc', ...(node20 ? ['--experimental-wasm-relaxed-simd'] : [])],
        },
      },
      ...(chromium
        ? [
            {
              test: {
                name: 'chromium',
                include: ['test/**/*.test.ts'],
                exclude: [...nodeOnly, ...slow],
                testTimeout: 60_000,
                browser: {
                  enabled: true,
                  headless: true,
                  screenshotFailures: false,
                  provider: playwright({
                    launchOptions: {
                      executablePath: chromium,
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
            },
          ]
        : []),
    ],
  },
});
