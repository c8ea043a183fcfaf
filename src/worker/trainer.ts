import { isArrayBuffer } from '../arrayKind.ts';
import { boolean, type Names, options } from '../check.ts';
import type { Flow } from '../diagnostics/flow.ts';
import { ArgumentError } from '../errors.ts';
import type { Evaluation, StepResult } from '../model/trainer.ts';
import type { Given } from '../ndarray.ts';
import type { KernelBuild } from '../wasm/runtime.ts';
import type { Channel } from './channel.ts';
import { connect } from './connect.ts';
import { isPlain } from './portable.ts';
import type {
  Batch,
  Batches,
  Corpus,
  FitOptions,
  FitResult,
  ModelSource,
  Progress,
  Sample,
  SampleOptions,
  WorkerOptions,
  WorkerStepOptions,
  WorkerTrainerOptions,
} from './types.ts';

interface Created {
  readonly kernels: KernelBuild;
  readonly revectorized: boolean;
  readonly locked: boolean;
}

/**
 * A Trainer in a worker: a Web Worker, in Node one of worker_threads. Its methods are Trainer's and give promises, its
 * results Trainer's to the bit. Calls are answered in order; while `fit` runs, between two updates.
 *
 * An error keeps its class and its `argument`. A worker that crashes or is terminated rejects all that was asked of it,
 * and all that is asked later, with a StateError.
 */
export class WorkerTrainer {
  /** The kernels in use. */
  readonly kernels: KernelBuild;
  /** Whether they run as 256-bit code. */
  readonly revectorized: boolean;
  readonly #channel: Channel;
  #paused = false;

  private constructor(channel: Channel, { kernels, revectorized }: Created) {
    this.kernels = kernels;
    this.revectorized = revectorized;
    this.#channel = channel;
  }

  /**
   * Starts a worker, and a trainer of a copy of the model in it.
   *
   * @throws {ArgumentError} what is no model, no plain data, or refused by Trainer
   * @throws {FormatError} bytes that are no model
   * @throws {FeatureError} an engine without workers, or without the kernels asked for
   * @throws {StateError} a worker that can't be loaded
   * @throws the signal's reason, once it is aborted
   */
  static async create(
    model: ModelSource,
    opts: WorkerTrainerOptions,
    workerOptions?: WorkerOptions,
  ): Promise<WorkerTrainer> {
    const { worker, signal } = options('WorkerTrainer.create', workerOptions, { worker: true, signal: true });
    if (worker !== undefined) callable('worker', worker);
    signalOf(signal)?.throwIfAborted();
    const bytes = bytesOf(model);
    if (!isPlain(opts)) throw new ArgumentError('the options of WorkerTrainer', 'an object', opts);
    for (const [name, example] of Object.entries(DESCRIBED)) described(name, opts[name], example);
    const { channel, answer } = await connect({ worker, signal }, async (to) => {
      const lock = to.lockName;
      const created = await to.call<Created>('create', { model: bytes, options: opts, lock });
      if (lock !== undefined && created.locked) to.watch(lock);
      return created;
    });
    return new WorkerTrainer(channel, answer);
  }

  /** Updates made, as the worker's last answer said. */
  get steps(): number {
    return this.#channel.steps;
  }

  /** As Trainer.step. @throws {StateError} while a fit is under way */
  step(x: Given, y: Given, opts?: WorkerStepOptions): Promise<StepResult> {
    return this.#withOptions('step', x, y, opts);
  }

  /** As Trainer.evaluate. */
  evaluate(x: Given, y: Given, opts?: WorkerStepOptions): Promise<Evaluation> {
    return this.#withOptions('evaluate', x, y, opts);
  }

  /** As Trainer.flow, also while a fit is under way. */
  flow(x: Given, y: Given, opts?: WorkerStepOptions): Promise<Flow> {
    return this.#withOptions('flow', x, y, opts);
  }

  /**
   * Many updates in the worker, on a corpus that lies there or on batches that are brought as they are needed. In between
   * it answers other calls.
   *
   * @throws {ArgumentError} as Trainer.step, or options out of range
   * @throws {StateError} another fit under way
   * @throws the signal's reason, once it is aborted; whatever `onProgress` or the batches throw
   */
  async fit(data: Corpus | Batches, opts?: FitOptions): Promise<FitResult> {
    const { onProgress, signal, transfer = false, ...rest } = options('fit', opts, FIT);
    boolean('transfer', transfer);
    if (onProgress !== undefined) callable('onProgress', onProgress);
    signalOf(signal)?.throwIfAborted();
    const batches = iterate(data);
    let over = false;
    let failed: { readonly reason: unknown } | undefined;
    const stop = (reason: unknown) => {
      failed ??= { reason };
      // rejects if the worker is no more, and then so does the fit
      if (!over) this.#channel.call('stop').catch(() => {});
    };
    const bring = async (id: number) => {
      try {
        const next = await batches!.next();
        if (over) return;
        const batch = next.done ? undefined : batchOf(next.value);
        await this.#channel.call('batch', { id, batch }, transfer);
      } catch (error) {
        stop(error);
      }
    };
    let listener = onProgress;
    const deaf = (error: unknown) => {
      listener = undefined;
      stop(error);
    };
    // one after the other, however many are asked for at once
    let brought = Promise.resolve();
    const abort = () => stop(signal!.reason);
    signal?.addEventListener('abort', abort);
    try {
      const args = { data: batches ? undefined : data, options: rest };
      const result = await this.#channel.call<FitResult>('fit', args, transfer, ({ kind, value }, id) => {
        if (kind === 'more') brought = brought.then(() => bring(id));
        else attempt(() => listener?.(value as Progress), deaf);
      });
      if (failed) throw failed.reason;
      return result;
    } finally {
      over = true;
      signal?.removeEventListener('abort', abort);
      // not awaited: batches that wait for something must not hold up an abort
      if (batches)
        attempt(
          () => void Promise.resolve(batches.return?.()).catch(() => {}),
          () => {},
        );
    }
  }

  /** Makes a fit wait, this one or the next; settles when no update runs. */
  pause(): Promise<void> {
    this.#paused = true;
    return this.#channel.call('pause');
  }

  /** Lets it go on. */
  resume(): Promise<void> {
    this.#paused = false;
    return this.#channel.call('resume');
  }

  /** Whether `pause` was the last of `pause` and `resume`. */
  get paused(): boolean {
    return this.#paused;
  }

  /** As Trainer.resetState. @throws {StateError} while a fit is under way */
  resetState(): Promise<void> {
    return this.#channel.call('resetState');
  }

  /** As setting `lr` of the optimizer: from the next update on. @throws {ArgumentError} NaN, infinite or negative */
  setLearningRate(lr: number): Promise<void> {
    return this.#channel.call('setLearningRate', { lr });
  }

  /** As Trainer.save: a checkpoint. While a fit is under way, of the state between two updates. */
  save(metadata: Readonly<Record<string, string>> = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#channel.call('save', { metadata });
  }

  /** As Trainer.restore. @throws {StateError} while a fit is under way */
  async restore(bytes: Uint8Array | ArrayBuffer): Promise<void> {
    await this.#channel.call('restore', { bytes: bytesOf(bytes) });
  }

  /** As Sequential.save: the model alone, for `Sequential.load`. */
  saveModel(metadata: Readonly<Record<string, string>> = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#channel.call('saveModel', { metadata });
  }

  /**
   * Indices that the model writes after a prompt, with the weights it has now; training goes on as if nothing had been.
   * @throws {ArgumentError} a model of features, an empty prompt, an index outside the vocabulary, a number out of range
   */
  sample(opts: SampleOptions): Promise<Sample> {
    return this.#channel.call('sample', { options: opts });
  }

  /** Calls a function that the worker's own script gave to `expose` of unrolled/worker/host. */
  run<T = unknown>(name: string, ...args: unknown[]): Promise<T> {
    return this.#channel.call('run', { name, args });
  }

  /** Ends the worker. All that is asked of it rejects with a StateError. Settles when it is no more. */
  async terminate(): Promise<void> {
    await this.#channel.end('the trainer was terminated');
  }

  /** As `terminate`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.terminate();
  }

  async #withOptions<T>(name: string, x: Given, y: Given, opts?: WorkerStepOptions): Promise<T> {
    const plain: boolean = opts === undefined || isPlain(opts);
    if (!plain) throw new ArgumentError(`the options of ${name}`, 'an object', opts);
    const { transfer = false, ...rest } = opts ?? {};
    boolean('transfer', transfer);
    const given = Object.keys(rest).length ? rest : undefined;
    return this.#channel.call(name, { x, y, options: given }, transfer);
  }
}

const FIT: Names<FitOptions> = {
  onProgress: true,
  progressEvery: true,
  signal: true,
  updates: true,
  transfer: true,
  stepOptions: true,
};

const DESCRIBED = {
  loss: "a name such as 'crossEntropy', or { name: 'crossEntropy', ignoreIndex: 0 }",
  optimizer: "{ name: 'adamw', lr: 1e-3 }",
  schedule: "{ name: 'cosineLR', steps: 1000 }",
};

function described(name: string, value: unknown, example: string): void {
  const missing = value === undefined && name === 'schedule';
  if (missing || (name === 'loss' && typeof value === 'string') || isPlain(value)) {
    const made = isPlain(value) && Object.values(value).find((inner) => typeof inner === 'function');
    if (!made) return;
  }
  throw new ArgumentError(name, `plain data: ${example}`, value);
}

function callable(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new ArgumentError(name, 'a function', value);
}

function signalOf(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || typeof signal?.throwIfAborted === 'function') return signal;
  throw new ArgumentError('signal', 'an AbortSignal', signal);
}

function bytesOf(model: ModelSource): Uint8Array | ArrayBuffer {
  if (isArrayBuffer(model) || ArrayBuffer.isView(model)) return model;
  if (typeof model?.save !== 'function') {
    throw new ArgumentError('model', 'a Sequential, or the bytes of one', model);
  }
  return model.save();
}

function iterate(data: Corpus | Batches): AsyncIterator<Batch> | Iterator<Batch> | undefined {
  if (typeof data !== 'object' || data === null) {
    throw new ArgumentError('data', 'a corpus or batches', data);
  }
  if (Symbol.asyncIterator in data) return data[Symbol.asyncIterator]();
  return Symbol.iterator in data ? data[Symbol.iterator]() : undefined;
}

function batchOf(value: unknown): Batch {
  if (!isPlain(value) || !('x' in value && 'y' in value)) {
    throw new ArgumentError('data', 'batches { x, y }', value);
  }
  return value as unknown as Batch;
}

function attempt(call: () => void, failed: (error: unknown) => void): void {
  try {
    call();
  } catch (error) {
    failed(error);
  }
}
