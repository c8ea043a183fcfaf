// Workers of a page: a module worker, a classic one that imports when it runs, a classic one bundled to one script.
import { join } from 'node:path';
import { build } from 'esbuild';
import { open, serve } from '../lib/page.mjs';

export async function run({ project, same }) {
  const how = { bundle: true, format: 'iife', logLevel: 'error' };
  await build({ ...how, absWorkingDir: project, entryPoints: ['use.js'], outfile: 'bundled.js' });
  const folders = { '/': project, '/unrolled/': join(project, 'node_modules/unrolled/dist') };
  const { url, stop } = await serve(folders);
  try {
    const [module, classic, bundled] = await open(url);
    same('module worker', module);
    same('classic worker', classic);
    same('classic worker of one script', bundled);
  } finally {
    stop();
  }
}
