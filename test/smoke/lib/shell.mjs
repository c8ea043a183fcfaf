// Commands, and what a smoke test says when something can't be had here.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { npm } from '../../../scripts/npm.mjs';

/** Thrown by a smoke test that can't run here: the reason is shown, and nothing counts as passed. */
export class Skip extends Error {}

/** Longest to wait for a page or a server: on a busy machine, all takes several times as long. */
export const PATIENCE_MS = 180_000;

/** Runs a command; gives its standard output. Fails with all it said. */
export function run(command, args, { cwd, env } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 4 * PATIENCE_MS,
    maxBuffer: 2 ** 26,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

/** The last line of what a command printed. */
export function lastLine(text) {
  return text.trim().split('\n').at(-1);
}

/** Installs packages into a folder. */
export function install(folder, packages) {
  if (!packages.length) return;
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--no-save', '--no-package-lock'];
  quiet.push('--prefer-offline');
  npm(['install', '--prefix', folder, ...quiet, ...packages], { cwd: folder });
}

/** A binary that a package for this platform brings, or the reason why not. */
export function binary(folder, ...candidates) {
  const found = candidates.map((path) => join(folder, 'node_modules', path)).find((path) => existsSync(path));
  if (!found) throw new Skip(`no binary for ${process.platform} ${process.arch} in the package`);
  return found;
}

/**
 * A port nobody listens on: each process begins at another one, all of them below those that systems give to whoever asks
 * for any.
 */
async function freePort() {
  for (let port = 20_000 + (process.pid % 1000) * 10; ; port++) {
    const isFree = await new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** Ports to try: another process may take one before it is listened on. */
const PORTS = 3;

/** A process that serves, once it answers at its URL: `argsOf` gets its port, and `answer` is the first one. `stop` ends it. */
export async function serving(command, argsOf, { cwd } = {}) {
  for (let i = 1; ; i++) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const child = spawn(command, argsOf(port), { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
    let ended = false;
    child.once('error', (error) => (said += error.message));
    child.once('close', () => (ended = true));
    for (const end = Date.now() + PATIENCE_MS; !ended && Date.now() < end; ) {
      const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
      if (answer && !ended) return { url, answer, stop: () => child.kill() };
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    child.kill();
    if (i === PORTS || !/in use|EADDRINUSE/i.test(said)) throw new Error(`${url} does not answer: ${said}`);
  }
}
