import { Redis, type RedisOptions } from 'ioredis';
import { ArgumentError, MemoryError, StateError, UnrolledError, Verbatim } from '../errors.ts';

/** Where Redis is: a URL such as `redis://127.0.0.1:6379`, or options of ioredis. Default: $REDIS_URL, or this machine. */
export type Connection = string | RedisOptions;

/** Where jobs are. */
export interface QueueOptions {
  /** Where Redis is: a URL or options of ioredis. Default: $REDIS_URL, or this machine. */
  readonly connection?: Connection | undefined;
  /** Name of the queue. Jobs, results and workers of one name belong together. Default `training`. */
  readonly queue?: string | undefined;
}

/** Between two attempts to connect, in ms: at most 1 s, so that work goes on soon after Redis is back. */
const retryStrategy = (times: number) => Math.min(50 * 2 ** Math.min(times, 10), 1000);

const EXPECTED = "a URL such as 'redis://127.0.0.1:6379/0', or options of ioredis";

/** What a connection consists of, where it is given. */
const PARTS: Readonly<
  Record<'host' | 'port' | 'db' | 'path' | 'keyPrefix', [string, (value: unknown) => boolean]>
> = {
  host: ['a name or an address', (value) => typeof value === 'string'],
  port: ['an integer in 0..65535', (value) => isWhole(value) && value <= 65_535],
  db: ['the number of a database', isWhole],
  path: ['the path of a socket', (value) => typeof value === 'string'],
  // BullMQ refuses one
  keyPrefix: ['none: name a queue instead', (value) => value === ''],
};

/** @throws {ArgumentError} unless it is a URL, options or undefined, of what can be connected to */
export function checkConnection(given: Connection | undefined): void {
  clientOf(given);
}

/** A client that is not connected yet. @throws {ArgumentError} as `checkConnection` */
function clientOf(connection: Connection | undefined): Redis {
  const [argument, given] =
    connection === undefined
      ? ['REDIS_URL', process.env.REDIS_URL ?? 'redis://127.0.0.1:6379']
      : ['connection', connection];
  const refused = (part: string, expected: string, got: unknown) =>
    typeof given === 'string'
      ? new ArgumentError(argument, EXPECTED, withoutPassword(given))
      : new ArgumentError(argument + part, expected, got);
  const isOptions = typeof given === 'object' && given !== null && !Array.isArray(given);
  if (typeof given !== 'string' && !isOptions) throw refused('', EXPECTED, given);
  const own = {
    lazyConnect: true,
    // commands wait for a connection, and are sent again by the next one
    enableOfflineQueue: true,
    autoResendUnfulfilledCommands: true,
    maxRetriesPerRequest: null,
    retryStrategy,
    replyMapping: 'legacy' as const,
  };
  let redis: Redis;
  try {
    redis = typeof given === 'string' ? new Redis(given, own) : new Redis({ ...given, ...own });
  } catch (error) {
    throw refused('', EXPECTED, new Verbatim(reasonOf(error)));
  }
  for (const [part, [expected, check]] of Object.entries(PARTS)) {
    const value: unknown = redis.options[part as keyof typeof PARTS];
    if (value != null && !check(value)) throw refused(`.${part}`, expected, value);
  }
  return redis;
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/)?.*@/, '$1');
}

/**
 * Connects to Redis.
 * @param patience ms to wait for the first connection; later ones are tried until the client is closed
 * @throws {ArgumentError} as `checkConnection`
 * @throws {StateError} if it can't be reached, or refuses the user or the database
 */
export async function connect(connection: Connection | undefined, patience: number): Promise<Redis> {
  const redis = clientOf(connection);
  const { db } = redis.options;
  let last: Error | undefined;
  redis.on('error', (error: Error) => {
    last = error;
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(last ?? new Error('no answer')), patience);
  });
  try {
    redis.connect().catch(() => {});
    // a client whose database was refused would use the first one
    await Promise.race([db ? redis.select(db) : redis.ping(), late]);
    return redis;
  } catch (error) {
    redis.disconnect();
    throw new StateError(`can't connect to Redis at ${addressOf(redis)}: ${reasonOf(error)}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Where a client connects to, without a password. */
export function addressOf({ options: { path, host, port } }: Redis): string {
  return path ?? `${host}:${port}`;
}

function reasonOf(error: unknown): string {
  const { message, code, errors } = error as Error & { code?: string; errors?: Error[] };
  return message || errors?.[0]?.message || code || 'no answer';
}

/** Whether Redis refused to write since its memory is full, by a message of its own or of `fullError`. */
export function isFull(message: string): boolean {
  return /^(?:\w+ )?OOM |OOM command not allowed|^Redis at \S+ is full/.test(message);
}

/** An error of a command, as it is told. */
export function translated(error: unknown, redis: Redis): Error {
  if (error instanceof UnrolledError) return error;
  const reason = reasonOf(error);
  if (isFull(reason)) return fullError(redis, error);
  return new StateError(`Redis at ${addressOf(redis)}: ${reason}`, { cause: error });
}

export function fullError(redis: Redis, cause?: unknown): MemoryError {
  return new MemoryError(
    `Redis at ${addressOf(redis)} is full: raise its maxmemory, or use fewer or smaller shards; nothing was changed`,
    { cause },
  );
}

/** How full Redis is, in bytes. */
export async function memoryOf(redis: Redis): Promise<{ used: number; max: number; policy: string }> {
  const text = await redis.info('memory');
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1] ?? '';
  return {
    used: Number(field('used_memory')),
    max: Number(field('maxmemory')),
    policy: field('maxmemory_policy'),
  };
}

/** @throws {MemoryError} if Redis has no memory left: then workers can't write their results */
export async function checkMemory(redis: Redis): Promise<void> {
  const { used, max } = await memoryOf(redis);
  if (max > 0 && used >= max) throw fullError(redis);
}
