import type * as Cluster from '../cluster/index.ts';
import { CliError } from './failure.ts';
import { type Io, print } from './io.ts';

export interface StatusOptions {
  readonly connection?: string;
  readonly queue?: string;
  readonly json?: boolean;
}

export interface WorkerOptions {
  readonly connection?: string;
  readonly queue?: string;
  readonly threads?: number;
}

/** As an importing program loads it: bullmq and ioredis are not part of this one. */
const ENTRY = 'unrolled/cluster';

/** @throws {CliError} if its packages are not installed */
async function load(): Promise<typeof Cluster> {
  try {
    return await import(/* @vite-ignore */ ENTRY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CliError('cluster needs two more packages: npm install bullmq ioredis', 1, { cause: error });
  }
}

/** The error of a copy of this package, told as one of its own. */
function told(error: unknown): CliError {
  return new CliError((error as Error).message, 1, { cause: error });
}

/** `unrolled cluster status`. */
export async function status({ json = false, ...where }: StatusOptions, io: Io): Promise<number> {
  const { clusterStatus } = await load();
  const found = await clusterStatus(where).catch((error: unknown) => {
    throw told(error);
  });
  await print(io.stdout, json ? `${JSON.stringify(found, null, 2)}\n` : table(found));
  return 0;
}

/** `unrolled cluster worker`: until a signal, or until the coordinator turns out to be of another version. */
export async function worker(options: WorkerOptions, io: Io): Promise<number> {
  const { startWorker } = await load();
  try {
    const running = await startWorker(options);
    await print(io.stderr, `worker ${running.id}: waiting for work, Ctrl-C ends it\n`);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running.close());
    await running.ended;
    return 0;
  } catch (error) {
    throw told(error);
  }
}

function table({ queue, coordinator, workers, jobs, results, redis }: Cluster.ClusterStatus): string {
  const { address, used, max, policy } = redis;
  const limit = max ? `${megabytes(max)}, ${policy}` : 'no limit';
  const warning = max && policy !== 'noeviction' ? ' (set maxmemory-policy noeviction)' : '';
  const who = coordinator
    ? `process ${coordinator.pid} on ${coordinator.host}, step ${coordinator.step}, ` +
      `${coordinator.shards} shards, waiting for ${coordinator.waiting.join(' ') || 'none'}`
    : 'none';
  return [
    `queue        ${queue}`,
    `redis        ${address}, ${megabytes(used)} in use of ${limit}${warning}`,
    `coordinator  ${who}`,
    `jobs         ${Object.entries(jobs)
      .map(([state, n]) => `${n} ${state}`)
      .join(', ')}`,
    `sweep        ${results} results`,
    ...(workers.length ? workers.map(line) : ['worker       none']),
    '',
  ].join('\n');
}

function line({ id, pid, host, version, computing, done, failed, refused }: Cluster.WorkerState): string {
  const what = refused ? `refused: ${refused}` : computing.join('; ') || 'idle';
  return `worker       ${id}, process ${pid} on ${host}, ${version}: ${what} (${done} done, ${failed} failed)`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
