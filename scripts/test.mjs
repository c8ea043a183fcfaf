// npm test: builds, type-checks, lints and runs every suite in Node, and in Chromium where one is found. With --slow
// only the slow suites. Other arguments go to vitest.
import { resolveConfig } from 'vitest/node';
import { node, root, tool } from './tools.mjs';

process.chdir(root);
const args = process.argv.slice(2);
const slow = args.includes('--slow');
if (slow) process.env.UNROLLED_SLOW = '1';
const required = ['1', 'true'].includes(process.env.CI ?? '');

const { vitestConfig } = await resolveConfig({ root });
const chromium = vitestConfig.projects?.some((project) => project.test?.name === 'chromium');
if (!chromium) shout();
if (!chromium && required) process.exit(1);

step('build', 'scripts/build.mjs');
step('types', tool('typescript', 'tsc'), ['-p', 'tsconfig.json']);
step('lint', tool('@biomejs/biome', 'biome'), ['check', '.']);
step('suites', tool('vitest'), [
  'run',
  ...(slow ? ['.slow.test.'] : []),
  ...args.filter((arg) => arg !== '--slow'),
]);
if (!chromium) shout();

function step(name, script, args = []) {
  const code = node(script, args);
  if (code === 0) return;
  console.error(`npm test: ${name} failed`);
  process.exit(code);
}

function shout() {
  const line = '!'.repeat(80);
  const what = required ? 'CI=true requires it' : 'the suites run in Node only';
  console.error(`${line}\nNo Chromium found (CHROMIUM=PATH names one): ${what}.\n${line}`);
}
