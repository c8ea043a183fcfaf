import { boolean, instance, type Names, options } from '../check.ts';
import type { CustomLoss } from '../custom/loss.ts';
import type { CustomOptimizer } from '../custom/optimizer.ts';
import type { Flow } from '../diagnostics/flow.ts';
import { Observer } from '../diagnostics/observe.ts';
import type { Steps } from '../engine/batchIO.ts';
import type { Plan } from '../engine/plan.ts';
import { ArgumentError, NonFiniteError } from '../errors.ts';
import type { Loss } from '../losses/loss.ts';
import type { Given } from '../ndarray.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { CheckpointReport } from './bptt/checkpoints.ts';
import { checkSegments, SegmentedBptt } from './bptt/segmentedBptt.ts';
import type { Truncation } from './bptt/truncated.ts';
import { BufferGuard } from './bufferGuard.ts';
import { CarryingTraining } from './carryingTraining.ts';
import { ModelBase } from './core/modelBase.ts';
import { OPTIONS as CORE_OPTIONS, TrainerBase } from './core/trainerBase.ts';
import type { TrainerOptions as CoreOptions, StepResult as CoreResult, Look } from './core/trainerTypes.ts';
import { adapted, hasCustom, undoneOnError } from './custom.ts';
import type { GraphSteps, Named } from './graph/feed.ts';
import { GraphTraining } from './graph/graphTraining.ts';
import { Model } from './graph/model.ts';
import { hasCustomPart, oneLoss } from './graph/multiLoss.ts';
import { refuseChangedSteps, refuseFlow, refuseParts } from './graph/refusals.ts';
import type { Sequential } from './sequential.ts';
import { watch } from './watch.ts';

export type { Truncation } from './bptt/truncated.ts';

import type { Evaluation } from './core/trainerTypes.ts';

export type { Evaluation, NonFinitePolicy } from './core/trainerTypes.ts';

/** A loss of this package, a function that creates it, or a custom one. */
export type AnyLoss = Loss | (() => Loss) | CustomLoss;

/** Options of a `Trainer`. */
export interface TrainerOptions extends Omit<CoreOptions, 'loss' | 'optimizer'> {
  /**
   * The loss: `crossEntropy` or, with options, `crossEntropy({ ignoreIndex: 0 })`; also `mse` and others, or a custom
   * loss. For a `Model` with named outputs a loss by name for each.
   */
  readonly loss: AnyLoss | Readonly<Record<string, AnyLoss>>;
  /** For losses by name: factor of each in their sum, which is the loss of a step. Default 1. */
  readonly lossWeights?: Readonly<Record<string, number>> | undefined;
  /** An optimizer of this package, which can't be shared with another trainer, or a custom one. */
  readonly optimizer: Optimizer | CustomOptimizer;
  /** Truncated BPTT inside a step (Williams & Peng 1990): an update every k1 steps, back through the last k2. */
  readonly truncation?: Truncation | undefined;
  /** Each step starts from the last states of the previous one, detached. Default false. */
  readonly carryState?: boolean | undefined;
  /**
   * Maximum bytes of the plan of a step. For longer sequences only some states are kept and the activations between
   * them are recomputed (Gruslys et al. 2016). Gradients have the same bits. `model.plan()` shows the cost.
   */
  readonly memoryBudget?: number | undefined;
}

/** Options of a step. */
export interface StepOptions extends GraphSteps {
  /** Measure how the gradient flows through the recurrent layers. Default false. */
  readonly flow?: boolean | undefined;
}

/** Result of a step. */
export interface StepResult extends CoreResult {
  /** With `flow`. */
  readonly flow?: Flow | undefined;
}

const OPTIONS: Names<TrainerOptions> = {
  ...CORE_OPTIONS,
  lossWeights: true,
  truncation: true,
  memoryBudget: true,
  carryState: true,
};

/** Trains a model: forward, loss, BPTT, clipping and update. A step does not allocate. */
export class Trainer<M extends Sequential | Model = Sequential> extends TrainerBase {
  /** The model. */
  declare readonly model: M;
  /** @internal */
  declare protected readonly training: CarryingTraining;
  readonly #parts: SegmentedBptt | undefined;
  /** Whether an update runs code of the user's, which may throw. */
  readonly #custom: boolean;
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
      carryState = false,
      ...others
    } = options('Trainer', opts, OPTIONS);
    instance('model', model, ModelBase, 'a model such as a Sequential');
    const carries = boolean('carryState', carryState);
    const parts = checkSegments(model.layers, { truncation, memoryBudget });
    const graph = model instanceof Model ? model.graph : undefined;
    if (graph) refuseParts(graph, { ...parts, carryState: carries });
    const loss = oneLoss(model, given, lossWeights);
    super(model, adapted(model, { ...others, loss }), (...args) =>
      graph ? new GraphTraining(...args) : new CarryingTraining(...args),
    );
    this.training.carries = carries;
    this.#custom = hasCustom(model, { ...others, loss }) || hasCustomPart(loss);
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
   * @throws {ShapeError} if a rank, shape or length does not match, or the batch differs from that of the carried
   * states
   * @throws {MemoryError} beyond 2 GiB, or beyond the budget
   */
  override step(x: Named<Given>, y: Named<Given>, opts?: StepOptions): StepResult {
    const given = opts === undefined ? opts : this.#checkStep(opts);
    this.#buffers?.keep();
    try {
      const result = this.#custom
        ? undoneOnError(this.training, () => this.#step(x, y, given))
        : this.#step(x, y, given);
      if (result.skipped) this.#buffers?.restore();
      return result;
    } catch (error) {
      this.#buffers?.restore();
      throw error;
    }
  }

  #step(x: Named<Given>, y: Named<Given>, given: StepOptions | undefined): StepResult {
    if (given?.flow !== true) return this.training.step(x as Given, y as Given, given as Steps);
    const watched = this.#watch();
    try {
      return { ...this.training.step(x as Given, y as Given, given as Steps, watched.look), ...watched.told };
    } catch (error) {
      throw error instanceof NonFiniteError ? withOrigin(error, watched.told.flow) : error;
    }
  }

  /**
   * Measures how the gradient of a batch flows through the recurrent layers, starting from the states of the next
   * step. Training is not affected, except that gradients are set to 0. Arguments and errors as `step`.
   */
  flow(x: Named<Given>, y: Named<Given>, opts?: GraphSteps): Flow {
    const given = opts === undefined ? opts : options('flow', opts, { lengths: true, mask: true });
    this.#checkStep({ ...given, flow: true });
    const watched = this.#watch();
    this.#buffers?.keep();
    try {
      watch(this.training, x as Given, y as Given, given as Steps, watched.look);
    } finally {
      this.#buffers?.restore();
    }
    return watched.told.flow!;
  }

  /** Makes the next step start from zero states; its batch size may differ. */
  resetState(): void {
    this.training.resetState();
  }

  /** Mean loss of a batch, as of the base. */
  override evaluate(x: Named<Given>, y: Named<Given>, opts?: GraphSteps): Evaluation {
    return super.evaluate(x as Given, y as Given, opts as Steps);
  }

  /** The plan of a training step, as it will lie. @internal */
  override plan(steps: number, batch: number): { plan: Plan; checkpoints?: CheckpointReport } {
    return this.#parts ? this.#parts.plan(steps, batch) : super.plan(steps, batch);
  }

  /** Has an update tell how its gradient flows. */
  #watch(): { readonly told: { flow?: Flow }; readonly look: Look } {
    const told: { flow?: Flow } = {};
    const look: Look = (plan) => {
      const observer = new Observer(this.training.network.arena, plan);
      return () => {
        told.flow = observer.summarize();
      };
    };
    return { told, look };
  }

  #checkStep(opts: StepOptions): StepOptions {
    const given = options('step', opts, { lengths: true, mask: true, flow: true });
    const other = this.#parts?.name;
    for (const name of ['lengths', 'mask', 'flow'] as const) {
      const value = given[name];
      if (other && value !== undefined && value !== false)
        throw new ArgumentError(name, `none with the trainer's ${other}, which cuts the sequence`, value);
    }
    if (given.flow !== undefined && boolean('flow', given.flow)) {
      if (this.model instanceof Model) refuseFlow(this.model.graph);
      refuseChangedSteps(this.model.layers);
      Observer.check(this.training.network.arena);
    }
    return given;
  }
}

/** An error that tells where in the recurrent layers the numbers stopped being finite, if it was there. */
function withOrigin({ step, loss, gradNorm }: NonFiniteError, flow: Flow | undefined): NonFiniteError {
  const found = flow?.nonFinite;
  const what = `step ${step}: the loss is ${loss}, the norm of the gradients ${gradNorm}; no weight was changed`;
  const numbers = { step: step!, loss: loss!, gradNorm: gradNorm! };
  if (!found) return new NonFiniteError(`${what}; all numbers in the recurrent layers are finite`, numbers);
  const { layer, direction, step: timeStep, gate } = found;
  const where = `recurrent layer ${layer} (${direction}), time step ${timeStep}, gate ${gate}: ${found.what}`;
  return new NonFiniteError(`${what}; it began in ${where}`, {
    ...numbers,
    layer,
    direction,
    timeStep,
    gate,
  });
}
