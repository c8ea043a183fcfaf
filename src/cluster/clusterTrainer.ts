import { instance, integer, options } from '../check.ts';
import { StateError } from '../errors.ts';
import { ModelBase } from '../model/core/modelBase.ts';
import { Fitting } from '../model/fit/fitting.ts';
import type { Model } from '../model/graph/model.ts';
import type { Named } from '../model/graph/named.ts';
import type { Sequential } from '../model/sequential.ts';
import type {
  BatchOptions,
  Evaluation,
  EvaluationOptions,
  FitData,
  FitOptions,
  FitResult,
  StepResult,
  ValidationOptions,
  ValidationResult,
} from '../model/trainer.ts';
import { BATCH, OPTIONS } from '../model/trainerTypes.ts';
import type { Given } from '../ndarray.ts';
import { runtime } from '../wasm/runtime.ts';
import { checkDescribed } from '../worker/described.ts';
import { checkExposed, madeOptions } from '../worker/exposed.ts';
import { ClusterSteps, type Take } from './clusterSteps.ts';
import { checkConnection, connect } from './connection.ts';
import { identityOf } from './identity.ts';
import { pack, packed } from './jobs.ts';
import { queueName } from './keys.ts';
import { refuseWholeBatches } from './refusals.ts';
import { ClusterSession } from './session.ts';
import { ShardTrainer } from './shardTrainer.ts';
import type { ClusterTrainerOptions } from './types.ts';

/** A step of a fit that is aborted. */
const ABORTED = new StateError('step: the fit was aborted');

/**
 * A trainer whose steps are computed by the workers of a queue: see `startWorker`. Checkpoints have the same bits with any
 * number of workers, also if some are killed. An error changes nothing: the step can be made again.
 */
export class ClusterTrainer {
  /** The model. */
  readonly model: Sequential | Model;
  readonly #trainer: ShardTrainer;
  readonly #options: ClusterTrainerOptions;
  readonly #fitting: Fitting;
  readonly #steps: ClusterSteps;
  #session: Promise<ClusterSession> | undefined;
  #running: Promise<StepResult> | undefined;
  /** Why the step under way is given up. */
  #givenUp: StateError | undefined;
  /** Ends a step that waits for the session. */
  #leave: (error: StateError) => void = () => {};
  /** Ends when everything is left; from the first `close` on. */
  #closed: Promise<void> | undefined;

  /**
   * @throws {ArgumentError} if an option is missing, unknown or invalid, or the model has a layer that needs the whole
   * batch, such as BatchNorm
   * @throws {StateError} before `init`
   */
  constructor(model: Sequential | Model, opts: ClusterTrainerOptions) {
    const own = { shards: true, every: true, connection: true, queue: true, attempts: true } as const;
    const more = { lockDuration: true, patience: true, exposed: true } as const;
    const given = options('ClusterTrainer', opts, { ...OPTIONS, ...own, ...more });
    instance('model', model, ModelBase, 'a model such as a Sequential');
    const { shards, every, connection, queue, attempts = 3, lockDuration = 5000, ...rest } = given;
    const { patience = 60_000, exposed, ...described } = rest;
    integer('shards', shards, 1, 65_536);
    if (every !== undefined) integer('every', every, 1);
    integer('attempts', attempts, 1);
    integer('lockDuration', lockDuration, 100);
    integer('patience', patience, 1);
    checkConnection(connection);
    refuseWholeBatches(model, described, every);
    checkDescribed(described);
    packed('', described);
    const made = madeOptions(model, described, checkExposed('exposed', exposed));
    this.model = model;
    this.#options = {
      ...{ ...described, shards, every, connection, attempts, lockDuration, patience },
      queue: queueName(queue),
    };
    this.#trainer = new ShardTrainer(model, made);
    const { truncation, warmup } = described;
    this.#steps = new ClusterSteps(this.#trainer, { shards, every, truncation, warmup }, (...given) =>
      this.#compute(...given),
    );
    this.#fitting = new Fitting({
      training: this.#trainer.trained,
      step: (x, y, stepOptions) =>
        this.#step(x, y, stepOptions).catch((error) => {
          if (error === ABORTED) return undefined;
          throw error;
        }),
      giveUp: () => this.#giveUp(ABORTED),
      resetState: () => this.#trainer.resetState(),
      save: () => this.save(),
      restore: (bytes) => this.#trainer.restore(bytes),
    });
  }

  /** Number of updates made. */
  get steps(): number {
    return this.#trainer.steps;
  }

  /** Number of steps skipped with `nonFinite: 'skip'`. */
  get skipped(): number {
    return this.#trainer.skipped;
  }

  /** Learning rate of the optimizer; can be set between two steps. */
  get lr(): number {
    return this.#trainer.optimizer.lr;
  }

  /** Sets the learning rate of the next steps. */
  set lr(value: number) {
    this.#trainer.optimizer.lr = value;
  }

  /**
   * Makes one update, as `Trainer.step`, with the rows of the batch in shards. Waits for workers if there are none, and
   * while Redis is away, up to `patience`.
   *
   * @throws {ArgumentError | ShapeError} as `Trainer.step`, or if the batch has fewer rows than shards
   * @throws {NonFiniteError} as `Trainer.step`
   * @throws {StateError} if Redis can't be reached, a shard fails in all attempts, all workers are of another version, or the
   * queue has another coordinator
   * @throws {MemoryError} if Redis is full
   */
  async step(x: Named<Given>, y: Named<Given>, opts?: BatchOptions): Promise<StepResult> {
    this.#fitting.refuse('step');
    return this.#step(x, y, opts === undefined ? opts : options('step', opts, BATCH));
  }

  /** As `Trainer.fit`; validation runs here. Aborted, it gives up the step under way. @throws as `step` and `Trainer.fit` */
  fit(data: FitData, opts?: FitOptions): Promise<FitResult> {
    return this.#fitting.run(data, opts);
  }

  /** As `Trainer.evaluate`, here. */
  evaluate(x: Named<Given>, y: Named<Given>, opts?: EvaluationOptions): Evaluation {
    return this.#trainer.evaluate(x, y, opts);
  }

  /** As `Trainer.validate`, here. */
  validate(data: FitData, opts?: ValidationOptions): Promise<ValidationResult> {
    return this.#trainer.validate(data, opts);
  }

  /** As `Trainer.report`. */
  report(metric: number): void {
    this.#trainer.report(metric);
  }

  /** As `Trainer.resetState`. */
  resetState(rows?: ArrayLike<number>): void {
    this.#idle('resetState');
    this.#trainer.resetState(rows);
  }

  /** As `Trainer.swapAverages`. */
  swapAverages(): void {
    this.#idle('swapAverages');
    this.#trainer.swapAverages();
  }

  /** As `Trainer.save`: a checkpoint, which `Trainer.restore` reads, too. */
  save(metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
    return this.#fitting.saved(() => this.#trainer.save(metadata));
  }

  /** As `Trainer.restore`: goes on from a checkpoint, also of a coordinator that was killed. */
  restore(bytes: Uint8Array | ArrayBuffer): void {
    this.#idle('restore');
    this.#trainer.restore(bytes);
  }

  /** Leaves the queue. A step under way and later ones throw. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#giveUp(new StateError('step: the trainer was closed; nothing was changed'));
    // what a step has written is removed
    await this.#running?.catch(() => {});
    // one that begins later, for want of an answer of Redis, is closed then
    const late = new Promise<undefined>((end) => setTimeout(() => end(undefined), 2000).unref());
    const session = await Promise.race([this.#session?.catch(() => undefined), late]);
    await session?.close();
  }

  /** @throws {StateError} during a step or a fit */
  #idle(call: string): void {
    this.#fitting.refuse(call);
    this.#free(call);
  }

  /** @throws {StateError} during a step */
  #free(call: string): void {
    if (this.#running) throw new StateError(`${call}: called during step: await it`);
  }

  async #step(x: Named<Given>, y: Named<Given>, given: BatchOptions | undefined): Promise<StepResult> {
    this.#free('step');
    this.#givenUp = undefined;
    this.#running = this.#steps.make({ x, y, options: given });
    try {
      return await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  /** Has the step under way throw. */
  #giveUp(error: StateError): void {
    if (!this.#running) return;
    this.#givenUp = error;
    this.#leave(error);
    void this.#session?.then((session) => session.giveUp(error)).catch(() => {});
  }

  async #compute(weights: Buffer, shards: readonly unknown[], take: Take): Promise<void> {
    const left = new Promise<never>((_, reject) => {
      this.#leave = reject;
    });
    const session = await Promise.race([this.#open(), left]);
    if (this.#givenUp) throw this.#givenUp;
    await session.run(weights, shards.map(pack), this.steps, take);
  }

  /** The session, which begins with the first step. */
  #open(): Promise<ClusterSession> {
    if (this.#closed) throw closedError();
    this.#session ??= this.#connect().catch((error) => {
      this.#session = undefined;
      throw error;
    });
    return this.#session;
  }

  async #connect(): Promise<ClusterSession> {
    const { shards, every = 0, connection, queue, attempts, lockDuration, patience, ...rest } = this.#options;
    const { kernels } = runtime();
    const model = this.model.save();
    const identity = await identityOf(kernels, model);
    const redis = await connect(connection, Math.min(patience!, 10_000));
    const session = await ClusterSession.open(
      redis,
      { identity, kernels, model, options: rest, every },
      { queue: queue!, shards, attempts: attempts!, lockDuration: lockDuration!, patience: patience! },
    );
    if (!this.#closed) return session;
    await session.close();
    throw closedError();
  }
}

function closedError(): StateError {
  return new StateError('step: the trainer was closed');
}
