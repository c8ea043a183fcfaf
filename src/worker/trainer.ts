import { boolean, callable, options } from '../check.ts';
import type { Flow } from '../diagnostics/flow.ts';
import { ArgumentError } from '../errors.ts';
import { toBytes } from '../io/parse.ts';
import { signalOf } from '../model/fit/prepareFit.ts';
import type { Named } from '../model/graph/named.ts';
import type {
  Evaluation,
  FitData,
  FitResult,
  Gradients,
  StepResult,
  Trainer,
  ValidationResult,
} from '../model/trainer.ts';
import type { Given } from '../ndarray.ts';
import type { KernelBuild } from '../wasm/runtime.ts';
import type { Channel } from './channel.ts';
import { connect } from './connect.ts';
import { checkDescribed } from './described.ts';
import { modelBytes } from './modelBytes.ts';
import { isPlain } from './portable.ts';
import { runFit, runValidation } from './runFit.ts';
import type {
  ModelSource,
  Sample,
  SampleOptions,
  WorkerBatchOptions,
  WorkerEvaluationOptions,
  WorkerFitOptions,
  WorkerOptions,
  WorkerStepOptions,
  WorkerTrainerOptions,
  WorkerValidationOptions,
} from './types.ts';

interface Created {
  readonly kernels: KernelBuild;
  readonly revectorized: boolean;
  readonly locked: boolean;
}

/**
 * A Trainer in a Web Worker, or in Node and Deno a thread of worker_threads. It has the methods of Trainer, which
 * return promises, and gives the same results, bit for bit. Calls are answered in order; while `fit` runs, between two
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
   * @throws {StateError} if the worker can't be loaded, or the model is quantized
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
    const bytes = modelBytes('model', model);
    if (!isPlain(opts)) throw new ArgumentError('the options of WorkerTrainer', 'an object', opts);
    checkDescribed(opts as WorkerTrainerOptions);
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
   * Same as Trainer.fit, in the worker: arrays are copied there, batches of iterables are sent as needed, two in advance.
   * Other calls are answered between two steps.
   *
   * @throws {ArgumentError} as Trainer.fit, or if a metric is not plain data
   * @throws {StateError} if another fit is running
   * @throws any error thrown by the data, by `onProgress` or by `checkpoint.save`
   */
  fit(data: FitData, opts?: WorkerFitOptions): Promise<FitResult> {
    return runFit(this.#channel, data, opts);
  }

  /** Same as Trainer.validate. */
  validate(data: FitData, opts?: WorkerValidationOptions): Promise<ValidationResult> {
    return runValidation(this.#channel, data, opts);
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
    await this.#channel.call('restore', { bytes: toBytes(bytes) });
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
