// Rollup: modules, run in Node and in a page.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFolder } from '../lib/page.mjs';
import { run as exec, lastLine } from '../lib/shell.mjs';

export const packages = ['rollup', '@rollup/plugin-node-resolve'];

export async function run({ project, same }) {
  const args = ['main.js', '-p', 'node-resolve', '-f', 'es', '-d', 'out', '--failAfterWarnings'];
  exec(join(project, 'node_modules/.bin/rollup'), args, { cwd: project });
  const print = "import('./out/main.js').then(() => globalThis.smoke).then(console.log)";
  same('Node', lastLine(exec(process.execPath, ['-e', print], { cwd: project })));
  const html =
    '<!doctype html><meta charset="utf-8"><title>Rollup</title><script type="module" src="main.js"></script>';
  writeFileSync(join(project, 'out/index.html'), html);
  same('page', await openFolder(join(project, 'out')));
}
