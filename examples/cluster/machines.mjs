// What would be other machines: Redis, and workers as processes of their own. They end with the program.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = mkdtempSync(join(tmpdir(), 'unrolled-cluster-'));
const processes = [];
process.on('exit', () => {
  for (const child of processes) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(command, ...args) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  child.on('error', ({ message }) => {
    console.error(`${message} (Debian: apt-get install redis-server)`);
    process.exit(1);
  });
  processes.push(child);
  return child;
}

/** Starts Redis with nothing on disk; gives what to connect to. */
export function startRedis() {
  const socket = join(folder, 'redis.sock');
  start('redis-server', '--port', '0', '--unixsocket', socket, '--dir', folder, '--save', '');
  return socket;
}

/** Starts a worker of this file: `node machines.mjs CONNECTION`. */
export function startWorkerProcess(connection) {
  return start(process.execPath, fileURLToPath(import.meta.url), connection);
}

/** 16 rows of a text that repeats, as indices, and the indices that follow. */
export function batchOf(step) {
  const at = (i, more) => ((Math.floor(i / 16) + (i % 16) * 7 + step * 3 + more) * 5) % 26;
  const indices = (more) => ({
    data: Int32Array.from({ length: 20 * 16 }, (_, i) => at(i, more)),
    shape: [20, 16],
  });
  return [indices(0), indices(1)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { startWorker } = await import('unrolled/cluster');
  await startWorker({ connection: process.argv[2], lockDuration: 1000 });
}
