// npm test: builds, type-checks, lints and runs every suite in Node, and in Chromium where one is found. With --slow
// only the slow suites (vitest.config.ts says which). Other arguments go to vitest.
import { spawn } from 'node:child_process';
import { resolveConfig } from 'vitest/node';
import { root, tool } from './tools.mjs';

process.chdir(root);
const args = process.argv.slice(2);
const slow = args.includes('--slow');
if (slow) process.env.UNROLLED_SLOW = '1';
const required = ['1', 'true'].includes(process.env.CI ?? '');

const { vitestConfig } = await resolveConfig({ root });
const chromium = vitestConfig.projects?.some((project) => project.test?.name === 'chromium');
if (!chromium) shout();
if (!chromium && required) process.exit(1);

// two at a time: none of them has work for every core all the time
await steps({
  build: ['scripts/build.mjs'],
  lint: [tool('@biomejs/biome', 'biome'), 'check', '.'],
});
await steps({
  types: ['scripts/types.mjs'],
  suites: [tool('vitest'), 'run', ...args.filter((arg) => arg !== '--slow')],
});
if (!chromium) shout();

/** Runs scripts at the same time; ends with the exit code of one that failed. */
async function steps(scripts) {
  const run = ([script, ...rest]) =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [script, ...rest], { stdio: 'inherit' });
      child.on('close', (code) => resolve(code ?? 1));
    });
  const names = Object.keys(scripts);
  const codes = await Promise.all(names.map((name) => run(scripts[name])));
  const failed = names.filter((_, i) => codes[i] !== 0);
  if (!failed.length) return;
  console.error(`npm test: ${failed.join(' and ')} failed`);
  process.exit(codes.find((code) => code !== 0));
}

function shout() {
  const line = '!'.repeat(80);
  const what = required ? 'CI=true requires it' : 'the suites run in Node only';
  console.error(`${line}\nNo Chromium found (CHROMIUM=PATH names one): ${what}.\n${line}`);
}
