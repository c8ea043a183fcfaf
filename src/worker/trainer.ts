import { isArrayBuffer } from '../arrayKind.ts';
import { boolean, type Names, options } from '../check.ts';
import type { Flow } from '../diagnostics/flow.ts';
import { ArgumentError } from '../errors.ts';
import type { Named } from '../model/graph/named.ts';
import type { Evaluation, Gradients, StepResult, Trainer } from '../model/trainer.ts';
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
  WorkerBatchOptions,
  WorkerEvaluationOptions,
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
 * A Trainer in a Web Worker, or in Node a thread of worker_threads. It has the methods of Trainer, which return
 * promises, and gives the same results, bit for bit. Calls are answered in order; while `fit` runs, between two
 * updates.
 *
 * Errors keep their class and `argument`. If the worker crashes or is terminated, all pending and later calls are
 * rejected with a StateError.
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
   * Starts a worker and creates a trainer in it, with a copy of the model.
   *
   * @throws {ArgumentError} if `model` is not a model, the options are not plain data, or Trainer rejects them
   * @throws {FormatError} if the bytes are not a saved model
   * @throws {FeatureError} if the engine does not support workers or the requested kernels
   * @throws {StateError} if the worker can't be loaded
   * @throws the signal's reason if it is aborted
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

  /** Number of updates, as of the worker's last answer. */
  get steps(): number {
    return this.#channel.steps;
  }

  /** Same as Trainer.step. @throws {StateError} while a fit is running */
  step(x: Named<Given>, y: Named<Given>, opts?: WorkerStepOptions): Promise<StepResult> {
    return this.#withOptions('step', x, y, opts);
  }

  /** Same as Trainer.evaluate. */
  evaluate(x: Named<Given>, y: Named<Given>, opts?: WorkerEvaluationOptions): Promise<Evaluation> {
    return this.#withOptions('evaluate', x, y, opts);
  }

  /** Same as Trainer.flow. Can be called while a fit is running. */
  flow(x: Named<Given>, y: Named<Given>, opts?: WorkerBatchOptions): Promise<Flow> {
    return this.#withOptions('flow', x, y, opts);
  }

  /**
   * Runs many updates in the worker, on a corpus that is copied to it or on batches that are sent as needed. Other
   * calls are answered between updates.
   *
   * @throws {ArgumentError} as Trainer.step, or if an option is out of range
   * @throws {StateError} if another fit is running
   * @throws the signal's reason if it is aborted; any error thrown by `onProgress` or the batches
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
      // rejects if the worker has ended; then the fit rejects, too
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
    // one at a time, even if several are requested at once
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
      // not awaited: a pending iterator must not delay an abort
      if (batches)
        attempt(
          () => void Promise.resolve(batches.return?.()).catch(() => {}),
          () => {},
        );
    }
  }

  /** Pauses the current or the next fit. Resolves when no update is running. */
  pause(): Promise<void> {
    this.#paused = true;
    return this.#channel.call('pause');
  }

  /** Resumes it. */
  resume(): Promise<void> {
    this.#paused = false;
    return this.#channel.call('resume');
  }

  /** Whether it is paused. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Same as Trainer.gradients. @throws {StateError} while a fit is running */
  gradients(x: Named<Given>, y: Named<Given>, opts?: WorkerBatchOptions): Promise<Gradients> {
    return this.#withOptions('gradients', x, y, opts);
  }

  /** Same as Trainer.apply. @throws {StateError} while a fit is running */
  apply(gradients: ArrayLike<number>): Promise<ReturnType<Trainer['apply']>> {
    return this.#channel.call('apply', { gradients });
  }

  /** Same as Trainer.report. */
  report(metric: number): Promise<void> {
    return this.#channel.call('report', { metric });
  }

  /** Same as Trainer.swapAverages. @throws {StateError} while a fit is running */
  swapAverages(): Promise<void> {
    return this.#channel.call('swapAverages');
  }

  /** Same as Trainer.resetState. @throws {StateError} while a fit is running */
  resetState(rows?: ArrayLike<number>): Promise<void> {
    return this.#channel.call('resetState', { rows });
  }

  /** Sets `lr` of the optimizer, from the next update on. @throws {ArgumentError} if it is NaN, infinite or negative */
  setLearningRate(lr: number): Promise<void> {
    return this.#channel.call('setLearningRate', { lr });
  }

  /** Same as Trainer.save: returns a checkpoint. While a fit is running it is taken between two updates. */
  save(metadata: Readonly<Record<string, string>> = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#channel.call('save', { metadata });
  }

  /** Same as Trainer.restore. @throws {StateError} while a fit is running */
  async restore(bytes: Uint8Array | ArrayBuffer): Promise<void> {
    await this.#channel.call('restore', { bytes: bytesOf(bytes) });
  }

  /** Same as `save` of the model: returns only the model, for `Sequential.load` or `Model.load`. */
  saveModel(metadata: Readonly<Record<string, string>> = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#channel.call('saveModel', { metadata });
  }

  /**
   * Generates indices after a prompt with the current weights. Training is not affected.
   * @throws {ArgumentError} if the model's input is features, the prompt is empty, an index is outside the
   * vocabulary, or a number is out of range
   */
  sample(opts: SampleOptions): Promise<Sample> {
    return this.#channel.call('sample', { options: opts });
  }

  /** Calls a function that the worker script passed to `expose` of unrolled/worker/host. */
  run<T = unknown>(name: string, ...args: unknown[]): Promise<T> {
    return this.#channel.call('run', { name, args });
  }

  /** Ends the worker. Pending and later calls are rejected with a StateError. Resolves when it has ended. */
  async terminate(): Promise<void> {
    await this.#channel.end('the trainer was terminated');
  }

  /** Same as `terminate`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.terminate();
  }

  async #withOptions<T>(
    name: string,
    x: Named<Given>,
    y: Named<Given>,
    opts?: WorkerBatchOptions,
  ): Promise<T> {
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
  loss: "a name such as 'crossEntropy', or { name: 'crossEntropy', ignoreIndex: 0 }, or these by output",
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
    throw new ArgumentError('model', 'a Sequential, a Model or the bytes of a saved one', model);
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
