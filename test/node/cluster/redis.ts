import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe } from 'vitest';

const there = spawnSync('redis-server', ['--version']).status === 0;
if (!there) {
  if (process.env.CI)
    throw new Error('redis-server is missing, which CI needs (Debian: apt-get install redis-server)');
  console.warn(
    '\nSKIPPED: the suites of unrolled/cluster need redis-server (Debian: apt-get install redis-server)\n',
  );
}

/** A suite that needs redis-server; skipped where it is missing, but not in CI. */
export const describeWithRedis = there ? describe : describe.skip;

/** Waits until something is so; the test's own time-out ends it. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A Redis of a test's own, at a socket in a folder that goes with it. */
export class RedisServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'unrolled-redis-'));
  /** What clients connect to. */
  readonly connection = join(this.folder, 'redis.sock');
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;

  /** @param options of redis-server, such as `--maxmemory`, `4mb` */
  constructor(...options: string[]) {
    this.#options = options;
  }

  async start(): Promise<this> {
    const where = ['--port', '0', '--unixsocket', this.connection, '--dir', this.folder, '--save', ''];
    this.#process = spawn('redis-server', [...where, ...this.#options], { stdio: 'ignore' });
    await until(() => existsSync(this.connection));
    return this;
  }

  /** Ends it, as a machine that is switched off. */
  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#process?.once('exit', resolve));
    this.#process?.kill('SIGKILL');
    await ended;
    rmSync(this.connection, { force: true });
  }

  /** Leaves its connections open, and answers nothing until `goOn`. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#process?.kill('SIGCONT');
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A server that runs during a suite. made: takes a client of it, with these options. */
export function serverOfSuite(
  made: (client: Redis) => void,
  options: { readonly maxRetriesPerRequest?: null } = {},
): RedisServer {
  const server = new RedisServer();
  let client: Redis;
  beforeAll(async () => {
    await server.start();
    client = new Redis(server.connection, options);
    made(client);
  });
  afterAll(async () => {
    client.disconnect();
    await server.dispose();
  });
  return server;
}
