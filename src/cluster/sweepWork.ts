import { createHash } from 'node:crypto';
import { type Names, options, reading } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { FIT } from '../model/fit/prepareFit.ts';
import type { FitData } from '../model/trainer.ts';
import { OPTIONS } from '../model/trainerTypes.ts';
import { checkDescribed } from '../worker/described.ts';
import type { DescribedOptions } from '../worker/exposed.ts';
import { modelBytes } from '../worker/modelBytes.ts';
import { checkMetrics } from '../worker/runFit.ts';
import type { ModelSource, WorkerFitOptions } from '../worker/types.ts';
import { identityOf } from './identity.ts';
import { type FitSpec, packed, type TaskSpec } from './jobs.ts';

/** A model to be trained from beginning to end by one worker. */
export interface SweepFit {
  /** Its name: a job is done once per name. */
  readonly name: string;
  /** The model, or the bytes of a saved one. */
  readonly model: ModelSource;
  /** Options of its trainer, as data. */
  readonly options: DescribedOptions;
  /** What it is trained on. The same object for several jobs is sent once. */
  readonly data: FitData;
  /** Options of `fit`, as data: `epochs`, `batchSize`, `validation`, `patience`, `restoreBest`, … */
  readonly fit?:
    | Omit<WorkerFitOptions, 'onProgress' | 'signal' | 'checkpoint' | 'progress' | 'transfer'>
    | undefined;
}

/** A function that the threads of workers expose, to be called by one of them. */
export interface SweepCall {
  /** Its name: a job is done once per name. */
  readonly name: string;
  /** Name of the function, as it is given to `expose` of `unrolled/cluster/thread`. */
  readonly task: string;
  /** What it is called with, as data. */
  readonly options?: unknown;
}

const CALL: Names<SweepCall> = { name: true, task: true, options: true };
const FITTED: Names<SweepFit> = { name: true, model: true, options: true, data: true, fit: true };
const { onProgress, signal, checkpoint, progress, ...SENT } = FIT;

/** A job, and what a worker needs for it. */
export interface SweepWork {
  readonly name: string;
  readonly identity: string;
  /** A packed `FitSpec` or `TaskSpec`. */
  readonly spec: Hashed;
  /** What it is trained on; undefined for a task. */
  readonly data: Hashed | undefined;
}

interface Hashed {
  readonly hash: string;
  readonly bytes: Buffer;
}

/** Jobs of one sweep, checked and packed. */
export class SweepWorks {
  /** Data of jobs, packed. */
  readonly #data = new WeakMap<object, Hashed>();

  /** @throws {ArgumentError} unless they are jobs of different names that are data */
  async of(jobs: readonly (SweepFit | SweepCall)[], kernels: 'simd' | 'relaxed'): Promise<SweepWork[]> {
    if (!Array.isArray(jobs)) throw new ArgumentError('jobs', 'an array of jobs', jobs);
    const names = new Set<string>();
    const made: SweepWork[] = [];
    for (const [i, given] of jobs.entries()) {
      const argument = `jobs[${i}]`;
      const isCall = reading(argument, given, () => (given as SweepCall | null)?.task !== undefined);
      const job = options<SweepFit | SweepCall>(argument, given, (isCall ? CALL : FITTED) as never);
      const name = text(`${argument}.name`, job.name);
      if (names.has(name)) throw new ArgumentError(`${argument}.name`, 'a name of its own', name);
      names.add(name);
      made.push(
        await ('task' in job ? this.#call(job, kernels, argument) : this.#fit(job, kernels, argument)),
      );
    }
    return made;
  }

  async #call(
    { name, task, options }: SweepCall,
    kernels: 'simd' | 'relaxed',
    argument: string,
  ): Promise<SweepWork> {
    text(`${argument}.task`, task);
    const identity = await identityOf(kernels);
    const of: TaskSpec = { identity, kernels, task, options };
    return { name, identity, spec: hashed(packed(argument, of)), data: undefined };
  }

  async #fit(given: SweepFit, kernels: 'simd' | 'relaxed', argument: string): Promise<SweepWork> {
    const { name, data } = given;
    const model = modelBytes(`${argument}.model`, given.model);
    const trainer = options(`${argument}.options`, given.options, OPTIONS as Names<DescribedOptions>);
    checkDescribed(trainer, `${argument}.options.`);
    const fit = options(`${argument}.fit`, given.fit, SENT);
    checkMetrics(fit.metrics, `${argument}.fit.metrics`);
    if (typeof data !== 'object' || data === null)
      throw new ArgumentError(`${argument}.data`, 'plain data, as fit takes it', data);
    const identity = await identityOf(kernels, model);
    const of: FitSpec = { identity, kernels, model, options: trainer, fit };
    const spec = hashed(packed(argument, of));
    const sent = this.#data.get(data) ?? hashed(packed(`${argument}.data`, data));
    this.#data.set(data, sent);
    return { name, identity, spec, data: sent };
  }
}

function hashed(bytes: Buffer): Hashed {
  return { hash: createHash('sha256').update(bytes).digest('hex').slice(0, 24), bytes };
}

/** @throws {ArgumentError} unless it is a text that is not empty */
function text(argument: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new ArgumentError(argument, 'a name', value);
}
