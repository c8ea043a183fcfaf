// Service workers, which forbid import(): a module one with unrolled/slim, a classic one bundled to one script.
import { join } from 'node:path';
import { build } from 'esbuild';
import { open, serve } from '../lib/page.mjs';

export async function run({ project, same }) {
  const how = { bundle: true, format: 'iife', logLevel: 'error' };
  await build({ ...how, absWorkingDir: project, entryPoints: ['use.js'], outfile: 'bundled.js' });
  const folders = { '/': project, '/unrolled/': join(project, 'node_modules/unrolled/dist') };
  const { url, stop } = await serve(folders);
  try {
    const [slim, bundled] = await open(url);
    same('module, unrolled/slim', slim);
    same('classic, one script', bundled);
  } finally {
    stop();
  }
}
