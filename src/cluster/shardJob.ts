import type { Redis } from 'ioredis';
import type { ShardJob } from './jobs.ts';
import { EXPIRY, type Keys } from './keys.ts';
import type { Replica } from './replica.ts';

/**
 * Computes a shard and writes the result. A job whose values are gone belongs to a step that is over: nothing is done.
 * Returns the replica's identity if it is not that of the job, which then has not been computed.
 */
export async function computeShard(
  redis: Redis,
  keys: Keys,
  replica: Replica,
  { session, identity, step, shard }: ShardJob,
): Promise<string | undefined> {
  const isNew = replica.session !== session;
  const [bytes, weights, spec] = await Promise.all([
    redis.getBuffer(keys.shard(session, step, shard)),
    isNew || replica.step !== step ? redis.getBuffer(keys.weights(session, step)) : undefined,
    isNew ? redis.getBuffer(keys.spec(session)) : undefined,
  ]);
  if (!bytes || weights === null || spec === null) return undefined;
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
  const result = await replica.call<Uint8Array>('shard', { bytes });
  const { buffer, byteOffset, length } = result;
  await redis.set(keys.result(session, step, shard), Buffer.from(buffer, byteOffset, length), 'PX', EXPIRY);
  return undefined;
}
