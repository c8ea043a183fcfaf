import type { Redis } from 'ioredis';
import { StateError } from '../errors.ts';
import { type Outcome, type SweepJobData, unpack } from './jobs.ts';
import type { Keys } from './keys.ts';
import type { Replica } from './replica.ts';
import { finish } from './sweepStore.ts';

/** Message of the error of a job whose values are not there; a sweep that has them adds it again. */
export const LOST = 'its model or data are no longer in Redis';

/**
 * Trains a model of a sweep and writes the result. A run that does not count, since it was cleared or another worker has
 * ended it, changes nothing. Returns the replica's identity if it is not that of the job, which then has not been done.
 * @throws {StateError} if its model or data are lost
 */
export async function computeFit(
  redis: Redis,
  keys: Keys,
  replica: Replica,
  job: SweepJobData,
): Promise<string | undefined> {
  const { name, run, data: hash } = job;
  // in this order: values go after the run
  const [spec, data, current] = await Promise.all([
    redis.getBuffer(keys.sweepSpec(run)),
    hash === undefined ? undefined : redis.getBuffer(keys.data(hash)),
    redis.hget(keys.runs, name),
  ]);
  if (current !== run) {
    await finish(redis, keys, job);
    return undefined;
  }
  if (!spec || data === null) throw new StateError(LOST);
  const bytes = data
    ? await replica.call<Uint8Array>('fit', { spec, data })
    : await replica.call<Uint8Array>('task', { spec });
  const { refused, value, result, model } = unpack<Outcome>(bytes);
  if (refused) return refused;
  await finish(redis, keys, job, { name, value, result }, model);
  return undefined;
}
