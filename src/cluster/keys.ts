import { ArgumentError } from '../errors.ts';

/** Prefix of BullMQ's keys and of ours. */
export const PREFIX = 'unrolled';

/** Name of the queue unless one is given. */
export const QUEUE = 'training';

/** ms after which values that nobody refreshes are gone: weights, shards, gradients. */
export const EXPIRY = 10 * 60_000;

/** ms for which results and models of a sweep are kept after the last one: a week. */
export const KEPT = 7 * 24 * 3600_000;

/** @throws {ArgumentError} unless it is a name that BullMQ takes */
export function queueName(given: unknown = QUEUE): string {
  if (typeof given === 'string' && /^[^:\s]+$/.test(given)) return given;
  throw new ArgumentError('queue', "a name without ':' and spaces", given);
}

/** Keys of a queue besides those of BullMQ. */
export class Keys {
  readonly #queue: string;

  constructor(queue: string) {
    this.#queue = `${PREFIX}:cluster:${queue}`;
  }

  /** JSON of the coordinator, as long as it is there. */
  get coordinator(): string {
    return `${this.#queue}:coordinator`;
  }

  /** Ids of workers. */
  get workers(): string {
    return `${this.#queue}:workers`;
  }

  /** JSON of a worker, as long as it is there. */
  worker(id: string): string {
    return `${this.#queue}:worker:${id}`;
  }

  /** What a worker needs to know of a session: see `Spec`. */
  spec(session: string): string {
    return `${this.#queue}:${session}:spec`;
  }

  /** The parameters of a step. */
  weights(session: string, step: number): string {
    return `${this.#queue}:${session}:weights:${step}`;
  }

  /** A shard of a step. */
  shard(session: string, step: number, shard: number): string {
    return `${this.#queue}:${session}:shard:${step}:${shard}`;
  }

  /** What a worker made of it. */
  result(session: string, step: number, shard: number): string {
    return `${this.#queue}:${session}:result:${step}:${shard}`;
  }

  /** Why the last attempt at it failed, as JSON. */
  failure(session: string, step: number, shard: number): string {
    return `${this.#queue}:${session}:failure:${step}:${shard}`;
  }

  /** Packed records of what the jobs of a sweep gave, by name. */
  get results(): string {
    return `${this.#queue}:results`;
  }

  /** Of the jobs without a record, the runs whose results count, by name. They stay as long as BullMQ keeps jobs. */
  get runs(): string {
    return `${this.#queue}:runs`;
  }

  /** Names of jobs by their value. */
  get ranking(): string {
    return `${this.#queue}:ranking`;
  }

  /** The model of a job. */
  model(name: string): string {
    return `${this.#queue}:model:${name}`;
  }

  /** What a worker needs to know of a run: see `FitSpec` and `TaskSpec`. */
  sweepSpec(run: string): string {
    return `${this.#queue}:job:${run}`;
  }

  /** Data that jobs share, by their hash. */
  data(hash: string): string {
    return `${this.#queue}:data:${hash}`;
  }

  /** Runs that need these data. */
  holders(hash: string): string {
    return `${this.#queue}:holders:${hash}`;
  }
}
