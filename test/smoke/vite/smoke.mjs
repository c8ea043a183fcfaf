// Vite as it comes, no configuration: the build and the development server, each with a worker.
import { join } from 'node:path';
import { open, openFolder } from '../lib/page.mjs';
import { run as exec, freePort, serving } from '../lib/shell.mjs';

export const packages = ['vite'];

export async function run({ project, same }) {
  const vite = join(project, 'node_modules/vite/bin/vite.js');
  exec(process.execPath, [vite, 'build'], { cwd: project });
  const [page, own, worker] = await openFolder(join(project, 'dist'));
  same('build', page);
  same('worker of the build', own);
  same('unrolled/worker', worker);

  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const args = [vite, '--host', '127.0.0.1', '--port', `${port}`, '--strictPort'];
  const server = serving(process.execPath, args, url, { cwd: project });
  try {
    await server.ready();
    const [page, own, worker] = await open(url);
    same('development server', page);
    same('its worker', own);
    same('unrolled/worker', worker);
  } finally {
    server.stop();
  }
}
