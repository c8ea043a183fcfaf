import type { Redis } from 'ioredis';
import { pack, type SweepJobData } from './jobs.ts';
import { KEPT, type Keys } from './keys.ts';
import type { SweepWork } from './sweepWork.ts';

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

/** A job, and its run: the computation whose result counts. */
export interface SweepRun {
  readonly work: SweepWork;
  readonly run: string;
}

/** `ARGV`: of each job its name, a new run, and the record that is not to count. Gives the runs; false if there is a record. */
const CLAIM = `
local runs = {}
for i = 1, #ARGV, 3 do
  local name = ARGV[i]
  local record = redis.call('hget', KEYS[1], name)
  if record and record ~= ARGV[i + 2] then
    runs[#runs + 1] = false
  else
    redis.call('hsetnx', KEYS[2], name, ARGV[i + 1])
    if record then redis.call('hdel', KEYS[1], name) end
    runs[#runs + 1] = redis.call('hget', KEYS[2], name)
  end
end
return runs`;

/** `ARGV`: data, ms, runs that need it. */
const SHARE = `
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
for i = 3, #ARGV do redis.call('sadd', KEYS[2], ARGV[i]) end
redis.call('pexpire', KEYS[2], ARGV[2])`;

/**
 * `ARGV`: name, run, ms; if it has ended with a result, the record, the value that it is ranked by or '', the model or ''.
 * The first write is one that a full Redis refuses: then nothing is changed.
 */
const FINISH = `
local results, runs, ranking, model, spec, data, holders = unpack(KEYS)
local name, run, ms, record, value, bytes = unpack(ARGV)
if record and redis.call('hget', runs, name) == run then
  redis.call('hset', results, name, record)
  redis.call('pexpire', results, ms)
  redis.call('hdel', runs, name)
  if value ~= '' then
    redis.call('zadd', ranking, value, name)
    redis.call('pexpire', ranking, ms)
  end
  if bytes ~= '' then redis.call('set', model, bytes, 'PX', ms) end
end
redis.call('del', spec)
if data then
  redis.call('srem', holders, run)
  if redis.call('exists', holders) == 0 then redis.call('del', data) end
end`;

/**
 * The run of each job: the one that there is, or else `run`. None for a job that has another record than `failed`; that one is removed.
 */
export async function claim(
  redis: Redis,
  keys: Keys,
  jobs: readonly { readonly name: string; readonly run: string; readonly failed?: Buffer | undefined }[],
): Promise<(string | null)[]> {
  if (!jobs.length) return [];
  const given = jobs.flatMap(({ name, run, failed }) => [name, run, failed ?? '']);
  return (await redis.eval(CLAIM, 2, keys.results, keys.runs, ...given)) as (string | null)[];
}

/** Writes what workers need for runs. Data that several share stay until the last of them has ended. */
export async function writeValues(redis: Redis, keys: Keys, runs: readonly SweepRun[]): Promise<void> {
  const shared = new Map<string, { readonly bytes: Buffer; readonly runs: string[] }>();
  for (const { work, run } of runs) {
    if (!work.data) continue;
    const { hash, bytes } = work.data;
    const each = shared.get(hash) ?? { bytes, runs: [] };
    each.runs.push(run);
    shared.set(hash, each);
  }
  await Promise.all([
    ...runs.map(({ work, run }) => redis.set(keys.sweepSpec(run), work.spec.bytes, 'PX', KEPT)),
    ...[...shared].map(([hash, { bytes, runs }]) =>
      redis.eval(SHARE, 2, keys.data(hash), keys.holders(hash), bytes, KEPT, ...runs),
    ),
  ]);
}

/** Keeps what a run needs from now on for as long as values are kept. Gives false if something is lost. */
export async function keepValues(redis: Redis, keys: Keys, { run, data }: SweepJobData): Promise<boolean> {
  const needed = [keys.sweepSpec(run)];
  if (data !== undefined) needed.push(keys.data(data), keys.holders(data));
  const kept = await Promise.all(needed.map((key) => redis.pexpire(key, KEPT)));
  return kept.every((isThere) => isThere === 1);
}

/**
 * A run has ended: writes its record and its model, if it is the one that counts and gave one, and removes what only it
 * needed.
 */
export async function finish(
  redis: Redis,
  keys: Keys,
  { name, run, data }: SweepJobData,
  record?: SweepRecord,
  model?: Uint8Array,
): Promise<void> {
  const of = [keys.results, keys.runs, keys.ranking, keys.model(name), keys.sweepSpec(run)];
  if (data !== undefined) of.push(keys.data(data), keys.holders(data));
  const given: (string | number | Buffer)[] = [name, run, KEPT];
  if (record) {
    const { value = Number.NaN } = record;
    given.push(pack(record), Number.isNaN(value) ? '' : String(value));
    given.push(model ? Buffer.from(model.buffer, model.byteOffset, model.length) : '');
  }
  await redis.eval(FINISH, of.length, ...of, ...given);
}
