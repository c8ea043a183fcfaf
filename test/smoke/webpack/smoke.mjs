// webpack: a production build with its chunks, in a page.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFolder } from '../lib/page.mjs';
import { run as exec } from '../lib/shell.mjs';

export const packages = ['webpack', 'webpack-cli'];

export async function run({ project, same }) {
  const args = ['build', '--mode', 'production', '--entry', './main.js', '-o', 'out', '--fail-on-warnings'];
  // main.js names all of the package, which is more than the 244 kB that webpack recommends
  args.push('--no-performance');
  exec(join(project, 'node_modules/.bin/webpack'), args, { cwd: project });
  const html = '<!doctype html><meta charset="utf-8"><title>webpack</title><script src="main.js"></script>';
  writeFileSync(join(project, 'out/index.html'), html);
  const [page, worker] = await openFolder(join(project, 'out'));
  same('production build', page);
  same('unrolled/worker', worker);
}
