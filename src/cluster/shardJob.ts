import type { Redis } from 'ioredis';
import type { BulkReader } from './bulkReader.ts';
import type { ShardJob } from './jobs.ts';
import type { Keys } from './keys.ts';
import type { Replica } from './replica.ts';
import { partsOf, type Result, setParts } from './values.ts';

/**
 * Computes a shard and writes the result. A job whose values are gone belongs to a step that is over: nothing is done.
 * Returns the replica's identity if it is not that of the job, which then has not been computed.
 */
export async function computeShard(
  redis: Redis,
  reader: BulkReader,
  keys: Keys,
  replica: Replica,
  job: ShardJob,
): Promise<string | undefined> {
  const { session, identity, step, shard } = job;
  const isNew = replica.session !== session;
  const needsWeights = isNew || replica.step !== step;
  const [bytes, weights, spec] = await Promise.all([
    redis.getBuffer(keys.shard(session, step, shard)),
    needsWeights ? reader.read(keys.weights(session, step), (size) => replica.room(size)) : undefined,
    isNew ? redis.getBuffer(keys.spec(session)) : undefined,
  ]);
  if (!bytes || (needsWeights && !weights) || spec === null) return undefined;
  if (spec) {
    replica.identity = await replica.call('load', { spec });
    replica.session = session;
    replica.step = undefined;
  }
  if (replica.identity !== identity) return replica.identity;
  if (weights) {
    await replica.call('weights', { weights });
    replica.step = step;
  }
  const result = await replica.call<Result>('shard', { bytes });
  const key = keys.result(session, step, shard);
  const [, isWanted] = await Promise.all([
    setParts(redis, key, partsOf(result)),
    isWaitedFor(redis, keys, job),
  ]);
  if (!isWanted) await redis.del(key);
  return undefined;
}

/** Whether a step has not been given up: its values are there. */
export async function isWaitedFor(
  redis: Redis,
  keys: Keys,
  { session, step, shard }: ShardJob,
): Promise<boolean> {
  return (await redis.exists(keys.shard(session, step, shard))) > 0;
}
