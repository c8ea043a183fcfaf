import type { Redis } from 'ioredis';
import { type Outcome, type SweepJobData, unpack } from './jobs.ts';
import { KEPT, type Keys } from './keys.ts';
import type { Replica } from './replica.ts';

/** What a job of a sweep gave, as it is kept. */
export interface SweepRecord {
  /** Name of the job. */
  readonly name: string;
  /** What it is compared by with others; undefined if it failed. */
  readonly value?: number | undefined;
  /** What `fit` or the task gave. */
  readonly result?: unknown;
  /** Message of the error in the last attempt. */
  readonly error?: string | undefined;
}

/**
 * Trains a model of a sweep and writes the result. A job that another worker has finished in the meantime changes nothing.
 * Returns the replica's identity if it is not that of the job, which then has not been done.
 */
export async function computeFit(
  redis: Redis,
  keys: Keys,
  replica: Replica,
  { name, spec: specKey, data: dataKey }: SweepJobData,
): Promise<string | undefined> {
  if (await redis.hexists(keys.results, name)) return undefined;
  const [spec, data] = await Promise.all([
    redis.getBuffer(specKey),
    dataKey === undefined ? undefined : redis.getBuffer(dataKey),
  ]);
  // of a sweep that was cleared
  if (!spec || data === null) return undefined;
  const bytes = data
    ? await replica.call<Uint8Array>('fit', { spec, data })
    : await replica.call<Uint8Array>('task', { spec });
  const { refused, value, result, model } = unpack<Outcome>(bytes);
  if (refused) return refused;
  await writeRecord(redis, keys, { name, value, result }, model);
  await redis.del(specKey);
  return undefined;
}

/** Writes a record and its model, unless there is one. */
export async function writeRecord(
  redis: Redis,
  keys: Keys,
  record: SweepRecord,
  model?: Uint8Array,
): Promise<void> {
  const { name, value } = record;
  const writing = redis
    .multi()
    .hsetnx(keys.results, name, JSON.stringify(record))
    .pexpire(keys.results, KEPT);
  if (value !== undefined && !Number.isNaN(value))
    writing.zadd(keys.ranking, 'NX', value, name).pexpire(keys.ranking, KEPT);
  if (model) {
    const { buffer, byteOffset, length } = model;
    writing.set(keys.model(name), Buffer.from(buffer, byteOffset, length), 'PX', KEPT);
  }
  for (const [error] of (await writing.exec()) ?? []) if (error) throw error;
}
