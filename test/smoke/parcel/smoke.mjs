// Parcel 2 as it comes, which reads no `exports`: a build with a trainer in a worker.
import { join } from 'node:path';
import { openFolder } from '../lib/page.mjs';
import { run as exec } from '../lib/shell.mjs';

export const packages = ['parcel'];

export async function run({ project, same }) {
  const parcel = join(project, 'node_modules/parcel/lib/bin.js');
  exec(process.execPath, [parcel, 'build', 'index.html', '--dist-dir', 'out', '--no-cache'], {
    cwd: project,
  });
  // its own worker of the package finds no chunks
  const [page, worker] = await openFolder(join(project, 'out'), {}, { allowed: /Cannot find module/ });
  same('build', page);
  same('unrolled/worker', worker);
}
