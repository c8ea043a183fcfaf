// npm run demo: the demo page on a local server, built from demo/ over dist/. --build: as static files into demo/dist.
// --test: that, and its tests in Chromium; other arguments name tests.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isStale } from './dist.mjs';
import { npm } from './npm.mjs';
import { node, root, tool } from './tools.mjs';

const demo = join(root, 'demo');
const args = process.argv.slice(2);
const mode = ['--build', '--test'].find((flag) => args.includes(flag));

if (!installed()) {
  console.log('Installing what the demo page is built with …');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  npm(['ci', ...quiet], { cwd: demo });
}
if (isStale()) {
  console.log('Building the kernels and the library …');
  must(node('scripts/build.mjs'));
}
const vite = join(demo, 'node_modules/vite/bin/vite.js');
if (mode) {
  must(node(tool('typescript', 'tsc'), ['-p', demo]));
  must(node(vite, ['build', demo, '--logLevel', 'warn']));
}
if (mode === '--test')
  must(
    node(
      join(demo, 'test/main.mjs'),
      args.filter((arg) => arg !== mode),
    ),
  );
if (!mode) must(node(vite, [demo, ...args]));

/** Whether node_modules is there and no older than the lockfile. */
function installed() {
  const stamp = join(demo, 'node_modules/.package-lock.json');
  return existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(join(demo, 'package-lock.json')).mtimeMs;
}

function must(code) {
  if (code) process.exit(code);
}
