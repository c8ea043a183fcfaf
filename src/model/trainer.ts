import { floats } from '../allocate.ts';
import { boolean, instance, options } from '../check.ts';
import type { Flow } from '../diagnostics/flow.ts';
import type { Steps } from '../engine/batchIO.ts';
import type { Plan } from '../engine/plan.ts';
import { NonFiniteError, StateError } from '../errors.ts';
import type { Given } from '../ndarray.ts';
import { reportTo } from '../optim/plateau.ts';
import type { CheckpointReport } from './bptt/checkpoints.ts';
import { checkSegments, SegmentedBptt } from './bptt/segmentedBptt.ts';
import { BufferGuard } from './bufferGuard.ts';
import { ModelBase } from './core/modelBase.ts';
import { TrainerBase } from './core/trainerBase.ts';
import type { Evaluation } from './core/trainerTypes.ts';
import { adapted, hasCustom, undoneOnError } from './custom.ts';
import { described, lossesOf } from './described.ts';
import { merged } from './files.ts';
import { Fitting } from './fit/fitting.ts';
import { Pacer } from './fit/pacer.ts';
import { type PreparedOptions, prepareValidation } from './fit/prepareFit.ts';
import type { Source } from './fit/source.ts';
import type { FitData, FitOptions, FitResult, ValidationOptions, ValidationResult } from './fit/types.ts';
import { validateOn } from './fit/validate.ts';
import { GraphObjective } from './graph/graphObjective.ts';
import { GraphTraining } from './graph/graphTraining.ts';
import { Model } from './graph/model.ts';
import { hasCustomPart, oneLoss } from './graph/multiLoss.ts';
import type { Named } from './graph/named.ts';
import { refuseParts } from './graph/refusals.ts';
import type { Sequential } from './sequential.ts';
import {
  BATCH,
  type EvaluationOptions,
  type Gradients,
  OPTIONS,
  STEP,
  type StepOptions,
  type StepResult,
  type TrainerOptions,
} from './trainerTypes.ts';
import { checkOptions } from './training/fullOptions.ts';
import { FullTraining } from './training/fullTraining.ts';
import type { BatchOptions } from './training/fullTypes.ts';
import { objectiveOf, refuseWholeRows } from './training/objectives.ts';
import { optionsTo } from './training/stepOptions.ts';
import { checkFlow, watch, watching, withOrigin } from './watch.ts';

export type * from './fit/types.ts';
export type * from './trainerTypes.ts';

/** Trains a model: forward, loss, BPTT, clipping and update. A step does not allocate. */
export class Trainer<M extends Sequential | Model = Sequential> extends TrainerBase {
  /** The model. */
  declare readonly model: M;
  /** @internal */
  declare protected readonly training: FullTraining;
  readonly #parts: SegmentedBptt | undefined;
  /** Whether an update runs code of the user's, which may throw. */
  readonly #custom: boolean;
  readonly #fitting: Fitting;
  /** Where a step copies its options to; undefined while one does. */
  #options: StepOptions | undefined = {};
  /** Set if the model has buffers. */
  readonly #buffers: BufferGuard | undefined;

  /**
   * @throws {ArgumentError} if an option is missing or unknown, or a number is out of range
   * @throws {StateError} if the optimizer is used by another trainer
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(model: M, opts: TrainerOptions) {
    const {
      truncation,
      memoryBudget,
      loss: given,
      lossWeights,
      warmup,
      frozen,
      groups,
      accumulate,
      averages,
      carryState = false,
      ...others
    } = options('Trainer', opts, OPTIONS);
    instance('model', model, ModelBase, 'a model such as a Sequential');
    const carries = boolean('carryState', carryState);
    const parts = checkSegments(model.layers, { truncation, memoryBudget });
    const graph = model instanceof Model ? model : undefined;
    if (graph) refuseParts(graph.graph, { ...parts, carryState: carries });
    const more = checkOptions(model.network, { warmup, frozen, groups, accumulate, averages }, truncation);
    const loss = oneLoss(model, lossesOf(model, given), lossWeights);
    const { optimizer, schedule, ...rest } = others;
    const own = { ...rest, ...described({ optimizer, schedule }), loss };
    refuseWholeRows(loss, parts);
    super(model, adapted(model, own), (owner, _, loss, opts) =>
      graph
        ? new GraphTraining(owner, model, new GraphObjective(graph, loss), opts, more)
        : new FullTraining(owner, model, objectiveOf(model.network, loss), opts, more),
    );
    this.training.carries = carries;
    this.#custom = hasCustom(model, own) || hasCustomPart(loss);
    const { training } = this;
    this.#fitting = new Fitting({
      training,
      step: (x, y, opts) => this.#update(x, y, opts),
      resetState: () => training.resetState(),
      save: () => this.save(),
      restore: (bytes) => this.restore(bytes),
    });
    if (model.network.buffers.length) this.#buffers = new BufferGuard(model.network);
    if (parts.truncation || parts.memoryBudget !== undefined) {
      this.#parts = new SegmentedBptt(this.training, parts);
      this.training.parts = this.#parts;
    } else {
      this.training.hint = '; run the step again with { flow: true } to see where it began';
    }
  }

  /**
   * Makes one update on a batch, or with `truncation` one every k1 steps. Time-major. x: [T, B] indices or [T, B,
   * inputSize]; y: [T, B] indices or [T, B, outputSize], depending on the loss; T is 1 in y after a `LastStep`.
   * Targets of steps that do not count are ignored. For a `Model`, x and y are by name if its inputs and outputs are,
   * and those of vectors are [B, size] or [B].
   *
   * @throws {ArgumentError} if x or y is not numeric, an index is outside the vocabulary, no target counts, the
   * schedule returns an invalid factor, a length is outside 0..T, or options conflict with the trainer's
   * @throws {ShapeError} if a rank, shape or length, or the batch of the carried states does not match
   * @throws {MemoryError} beyond 2 GiB, or beyond the budget
   */
  override step(x: Named<Given>, y: Named<Given>, opts?: StepOptions): StepResult {
    this.#fitting.refuse('step');
    return this.#update(x, y, opts);
  }

  #update(x: Named<Given>, y: Named<Given>, opts: StepOptions | undefined): StepResult {
    // a step that is called by a getter of the options has a record of its own
    const record = this.#options ?? {};
    this.#options = undefined;
    try {
      const given = opts === undefined ? opts : this.checkStep(optionsTo(record, 'step', opts, STEP));
      return this.safely('step', this.#step, x, y, given);
    } finally {
      this.#options = record;
    }
  }

  /**
   * Trains for epochs over data, in this thread; `WorkerTrainer` does the same in a worker. Between two steps other tasks
   * run, and this trainer may be asked to evaluate, to stream and to save. An error, also one that a function of the
   * caller's throws, leaves the trainer after the last step that was made.
   *
   * @throws {ArgumentError | ShapeError} as `step`, or if an option is unknown or out of range, or the data can't be read in
   * each epoch
   * @throws {FormatError} if `resume` is not a checkpoint of `fit` with these layers and options
   * @throws {StateError} if another fit is running
   * @throws any error thrown by the data, by `onProgress` or by `checkpoint.save`
   */
  async fit(data: FitData, opts?: FitOptions): Promise<FitResult> {
    return this.#fitting.run(data, opts);
  }

  /** A fit that is to be run. @internal */
  startFit(data: FitData | Source, opts?: PreparedOptions, paused = false): ReturnType<Fitting['start']> {
    return this.#fitting.start(data, opts, paused);
  }

  /**
   * The mean loss and the metrics of data, without dropout, and with the moving averages if the trainer has them.
   * @throws {ArgumentError | ShapeError} as `evaluate`, or if an option is unknown
   */
  async validate(data: FitData, opts?: ValidationOptions): Promise<ValidationResult> {
    const { source, metrics } = prepareValidation(this.training, data, opts);
    return (await validateOn(this.training, source, metrics, new Pacer()))!;
  }

  /**
   * As `step`, but returns the gradients instead of making the update, to combine them with others (those of other
   * workers, say) and to give them to `apply`. States are carried, and random numbers drawn, as by a step.
   *
   * @throws {StateError} with `accumulate` or `truncation`
   * @throws {NonFiniteError} if the loss or the gradient norm is NaN or infinite, unless `nonFinite` is `'allow'`
   */
  gradients(x: Named<Given>, y: Named<Given>, opts?: BatchOptions): Gradients {
    this.#fitting.refuse('gradients');
    const given = opts === undefined ? opts : this.checkStep(options('gradients', opts, BATCH));
    return this.safely('gradients', this.#gradients, x, y, given);
  }

  /**
   * Makes one update with gradients as `gradients` returns them, clipped as the trainer's. The result has no loss.
   *
   * @throws {ArgumentError} if they are not numbers
   * @throws {ShapeError} if there are not as many as parameters that are not frozen
   * @throws {NonFiniteError} if one is NaN or infinite, unless `nonFinite` is `'allow'`
   * @throws {StateError} with `accumulate` or `truncation`
   */
  apply(gradients: ArrayLike<number>): Omit<StepResult, 'loss' | 'penalty' | 'flow'> {
    this.#fitting.refuse('apply');
    return this.safely('apply', this.#apply, gradients);
  }

  /**
   * Tells the schedule the next value of its metric, such as the loss of an evaluation.
   * @throws {ArgumentError} if it is not a number
   * @throws {StateError} if the schedule follows no metric: see `plateau`
   */
  report(metric: number): void {
    reportTo(this.training.options.schedule, metric);
  }

  /** Number of steps made, including skipped ones; `accumulate` of them make an update. */
  get batches(): number {
    return this.training.batches;
  }

  /** Number of steps from update to update. */
  get accumulate(): number {
    return this.training.accumulate;
  }

  /** Runs an update; if code of the user's throws in it, it is undone. Without a callback, which would be garbage. @internal */
  protected safely<T extends { readonly skipped?: true | undefined }>(
    call: string,
    update: Update<T>,
    x: Named<Given>,
    y: Named<Given> = [],
    given?: StepOptions,
  ): T {
    this.training.averages?.swappedOut(call);
    this.training.network.free(call);
    this.#buffers?.keep();
    try {
      const result = this.#custom ? this.#undoable(update, x, y, given) : update.call(this, x, y, given);
      if (result.skipped) this.#buffers?.restore();
      return result;
    } catch (error) {
      this.#buffers?.restore();
      throw error;
    }
  }

  #undoable<T>(update: Update<T>, x: Named<Given>, y: Named<Given>, given: StepOptions | undefined): T {
    return undoneOnError(this.training, () => update.call(this, x, y, given));
  }

  #gradients(x: Named<Given>, y: Named<Given>, given: StepOptions | undefined): Gradients {
    this.training.single('gradients');
    const gradients = floats(this.training.trainedCount);
    return { ...this.training.gradientsOf(gradients, x as Given, y as Given, given), gradients };
  }

  #apply(gradients: Named<Given>): StepResult {
    this.training.single('apply');
    return this.training.applyGradients(gradients as ArrayLike<number>);
  }

  /**
   * Makes the next step start from zero states: all rows, or those given. @throws {ArgumentError} if a row is outside the
   * batch
   */
  resetState(rows?: ArrayLike<number>): void {
    this.#fitting.refuse('resetState');
    this.training.resetState(rows);
  }

  /**
   * Swaps the parameters and their averages, to evaluate, stream or save the model with the averages; call it again
   * before the next step.
   * @throws {StateError} without the option `averages`
   */
  swapAverages(): void {
    this.#fitting.refuse('swapAverages');
    const { averages, network } = this.training;
    if (!averages) throw new StateError('swapAverages: the trainer has no averages');
    network.free('swapAverages');
    averages.swap();
  }

  #step(x: Named<Given>, y: Named<Given>, given: StepOptions | undefined): StepResult {
    if (given?.flow !== true) return this.training.step(x as Given, y as Given, given as Steps);
    const watched = watching(this.training.network.arena);
    try {
      return { ...this.training.step(x as Given, y as Given, given as Steps, watched.look), ...watched.told };
    } catch (error) {
      throw error instanceof NonFiniteError ? withOrigin(error, watched.told.flow) : error;
    }
  }

  /**
   * Returns the mean loss of a batch from zero states, without dropout. Changes nothing. Arguments and errors as
   * `step`, without flow.
   */
  override evaluate(x: Named<Given>, y: Named<Given>, opts?: EvaluationOptions): Evaluation {
    const given = opts === undefined ? opts : options('evaluate', opts, { ...BATCH, carry: true });
    const carry = boolean('carry', given?.carry ?? false);
    return { loss: this.training.measure(x, y, given, { carry }).loss };
  }

  /**
   * Measures how the gradient of a batch flows through the recurrent layers, starting from the states of the next
   * step. Training is not affected, except that gradients are set to 0. Arguments and errors as `step`.
   */
  flow(x: Named<Given>, y: Named<Given>, opts?: BatchOptions): Flow {
    const given = opts === undefined ? opts : options('flow', opts, BATCH);
    this.checkStep({ ...given, flow: true });
    const { network } = this.training;
    const watched = watching(network.arena);
    network.free('flow');
    this.#buffers?.keep();
    try {
      watch(this.training, x as Given, y as Given, given as Steps, watched.look);
    } finally {
      this.#buffers?.restore();
    }
    return watched.told.flow!;
  }

  /** As of the base class; with the model's metadata. */
  override save(metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
    this.training.averages?.swappedOut('save');
    return this.#fitting.saved(() => super.save(merged(this.model.metadata, metadata)));
  }

  override restore(bytes: Uint8Array | ArrayBuffer): void {
    this.#fitting.refuse('restore');
    this.training.averages?.swappedOut('restore');
    super.restore(bytes);
  }

  /** The plan of a training step, as it will lie. @internal */
  override plan(steps: number, batch: number): { plan: Plan; checkpoints?: CheckpointReport } {
    return this.#parts ? this.#parts.plan(steps, batch) : super.plan(steps, batch);
  }

  /** @throws {ArgumentError} for options that the trainer's own exclude. @internal */
  protected checkStep(given: StepOptions): StepOptions {
    this.#parts?.checkStep(given);
    if (given.flow !== undefined && boolean('flow', given.flow)) checkFlow(this.model);
    return given;
  }
}

/** An update, as `Trainer` makes it. */
type Update<T> = (
  this: Trainer<Sequential | Model>,
  x: Named<Given>,
  y: Named<Given>,
  given: StepOptions | undefined,
) => T;
