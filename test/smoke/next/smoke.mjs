// Next as it comes: a route handler and a client component, each with a trainer in a worker.
import { join } from 'node:path';
import { open } from '../lib/page.mjs';
import { run as exec, serving } from '../lib/shell.mjs';

export const packages = ['next', 'react', 'react-dom'];

export async function run({ project, same }) {
  const next = join(project, 'node_modules/next/dist/bin/next');
  exec(process.execPath, [next, 'build'], { cwd: project, env: { NEXT_TELEMETRY_DISABLED: '1' } });
  const args = (port) => [next, 'start', '-p', `${port}`, '-H', '127.0.0.1'];
  const server = await serving(process.execPath, args, { cwd: project });
  try {
    const { url } = server;
    const [inline, worker] = await (await fetch(`${url}api/train`)).json();
    same('route handler', inline);
    same('route handler: unrolled/worker', worker);
    const [page, its] = await open(url, { allowed: /./ });
    same('client component', page);
    same('client component: unrolled/worker', its);
  } finally {
    server.stop();
  }
}
