import type { KernelBuild } from '../../index.ts';
import { CliError, reason } from '../failure.ts';
import { readInput, shown } from '../files.ts';
import { type Io, print } from '../io.ts';
import { loadKernels } from '../kernels.ts';
import { count, plural } from '../show.ts';
import { servedModel } from './served.ts';
import { type Running, startServer } from './server.ts';

export interface ServeOptions {
  readonly port?: number;
  readonly host?: string;
  readonly sessions?: number;
  /** Seconds. */
  readonly idle?: number;
  /** Seconds. */
  readonly timeout?: number;
  readonly maxBody?: number;
  /** Default `simd`, which gives the same text on every engine. */
  readonly kernels?: KernelBuild;
}

/** What ends a server, and how it is asked to. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'no such address on this machine',
  ENOTFOUND: 'no such address on this machine',
  EACCES: 'permission denied',
};

/** `unrolled serve`: serves a model until a signal, or until `ended`. */
export async function serve(
  path: string,
  options: ServeOptions,
  io: Io,
  ended?: Promise<unknown>,
): Promise<number> {
  const {
    port = 8080,
    host = '127.0.0.1',
    sessions = 256,
    idle = 600,
    timeout = 10,
    maxBody = 65_536,
  } = options;
  if (port > 65_535) throw new CliError(`--port: expected at most 65535, got ${port}`, 2);
  const bytes = await readInput(path, io);
  await loadKernels(options.kernels ?? 'simd');
  const served = servedModel(path, bytes);
  using model = served.model;
  const limits = { sessions, idle: 1000 * idle, timeout: Math.round(1000 * timeout), maxBody };
  const failed = (error: unknown) => void io.stderr.write(`unrolled: ${(error as Error).stack ?? error}\n`);
  let running: Running;
  try {
    running = await startServer(served, { host, port }, limits, failed);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CliError(`can't listen on ${host}, port ${port}: ${REASONS[code] ?? reason(error)}`, 1, {
      cause: error,
    });
  }
  const stopped = ended ?? signal();
  await print(
    io.stdout,
    `Serving ${shown(path)}, ${plural(model.parameterCount, 'parameter')}, at ${running.url}\n` +
      `At most ${plural(sessions, 'session')}; Ctrl-C stops.\n`,
  );
  await stopped;
  const open = running.sessions.size;
  await running.stop();
  await print(
    io.stdout,
    `Stopped after ${count(running.batcher.steps)} steps; ${plural(open, 'session')} ended.\n`,
  );
  return 0;
}

/** Resolves at the first signal; another one ends the process. */
function signal(): Promise<unknown> {
  return new Promise((resolve) => {
    const listener = () => {
      for (const name of SIGNALS) process.off(name, listener);
      resolve(undefined);
    };
    for (const name of SIGNALS) process.on(name, listener);
  });
}
