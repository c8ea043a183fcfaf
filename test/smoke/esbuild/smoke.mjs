// esbuild: modules with a chunk for each build of the kernels, and one classic script; both in a page; and one file for Node.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { open, openFolder } from '../lib/page.mjs';
import { run as exec } from '../lib/shell.mjs';

export const packages = ['esbuild'];

export async function run({ project, same }) {
  const out = join(project, 'out');
  const forms = [
    ['modules', ['--format=esm', '--splitting'], '<script type="module" src="main.js"></script>'],
    ['one script', ['--format=iife'], '<script src="main.js"></script>'],
  ];
  for (const [what, form, script] of forms) {
    rmSync(out, { recursive: true, force: true });
    const args = ['main.js', '--bundle', '--minify', `--outdir=${out}`, ...form];
    exec(join(project, 'node_modules/.bin/esbuild'), args, { cwd: project });
    writeFileSync(
      join(out, 'index.html'),
      `<!doctype html><meta charset="utf-8"><title>esbuild</title>${script}`,
    );
    same(what, await openFolder(out));
  }
  for (const [format, file] of [
    ['cjs', 'single.cjs'],
    ['esm', 'single.mjs'],
  ]) {
    const how = ['--bundle', '--platform=node', `--format=${format}`, '--log-level=error'];
    const args = ['node.js', ...how, `--outfile=${join(out, file)}`];
    exec(join(project, 'node_modules/.bin/esbuild'), args, { cwd: project });
    const [inline, worker] = exec(process.execPath, [join(out, file)])
      .trim()
      .split('\n');
    same(`one ${format} file in Node`, inline);
    same(`one ${format} file in Node: unrolled/worker`, worker);
  }
  const args = [
    'file.js',
    '--bundle',
    '--format=iife',
    '--log-level=error',
    `--outfile=${join(out, 'file.js')}`,
  ];
  exec(join(project, 'node_modules/.bin/esbuild'), args, { cwd: project });
  const html = join(out, 'file.html');
  writeFileSync(
    html,
    '<!doctype html><meta charset="utf-8"><title>file</title><script src="file.js"></script>',
  );
  const [page, worker] = await open(pathToFileURL(html).href, { allowed: /./ });
  same('page of file://', page);
  same('page of file://: unrolled/worker', worker);
}
