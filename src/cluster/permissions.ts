import type { Redis } from 'ioredis';
import type { Keys } from './keys.ts';

/** Commands of a worker besides those that BullMQ tries itself, with what follows the key. */
const COMMANDS: readonly (readonly string[])[] = [
  ['set', '1', 'PX', '1000'],
  ...[['get'], ['exists'], ['pexpire', '1000'], ['bzpopmin', '0.01']],
  // refused for another kind of value, or for permissions
  ...[
    ['sadd', '1'],
    ['srem', '1'],
    ['hget', '1'],
    ['hset', '1', '1'],
    ['hdel', '1'],
    ['zadd', '1', '1'],
  ],
  ['del'],
];

/** @throws what Redis refuses of what a worker needs: a user without permission, a server that can't be written to */
export async function checkCommands(redis: Redis, keys: Keys, worker: string): Promise<void> {
  const key = keys.worker(worker);
  const tried = [
    ...COMMANDS.map(([name, ...args]) => redis.call(name!, key, ...args)),
    redis.call('multi'),
    redis.call('exec'),
  ];
  for (const outcome of await Promise.allSettled(tried))
    if (outcome.status === 'rejected' && !/^WRONGTYPE|OOM /.test(String(outcome.reason?.message)))
      throw outcome.reason;
}

/** Whether Redis refused a command since the user has no permission, also within a script. */
export function isRefused({ message }: Error): boolean {
  return /NOPERM|NOAUTH|can't run this command/.test(message);
}
