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
import { SequentialBase } from './core/sequentialBase.ts';
import { OPTIONS as CORE_OPTIONS, TrainerBase } from './core/trainerBase.ts';
import type { TrainerOptions as CoreOptions, StepResult as CoreResult, Look } from './core/training.ts';
import { adapted, hasCustom, undoneOnError } from './custom.ts';
import type { Sequential } from './sequential.ts';
import { watch } from './watch.ts';

export type { Truncation } from './bptt/truncated.ts';
export type { Evaluation, NonFinitePolicy } from './core/training.ts';

/** What a `Trainer` takes beside the model. */
export interface TrainerOptions extends Omit<CoreOptions, 'loss' | 'optimizer'> {
  /**
   * `crossEntropy`, or with its options `crossEntropy({ ignoreIndex: 0 })`; likewise `mse` and the others; or a loss of
   * your own.
   */
  readonly loss: Loss | (() => Loss) | CustomLoss;
  /** One of this package, which serves this trainer only, or one of your own. */
  readonly optimizer: Optimizer | CustomOptimizer;
  /** Truncated BPTT inside a step (Williams & Peng 1990): an update every k1 steps, back through the last k2. */
  readonly truncation?: Truncation | undefined;
  /**
   * Bytes that the plan of a step may take: of a longer sequence states are kept here and there, and the activations
   * between them computed again (Gruslys et al. 2016). Gradients are the same to the bit. `model.plan()` tells what it
   * costs.
   */
  readonly memoryBudget?: number | undefined;
}

/** What a step takes beside x and y. */
export interface StepOptions extends Steps {
  /** Tells how the gradient flows through the recurrent layers. Default false. */
  readonly flow?: boolean | undefined;
}

/** What a step tells. */
export interface StepResult extends CoreResult {
  /** With `flow`. */
  readonly flow?: Flow | undefined;
}

const OPTIONS: Names<TrainerOptions> = {
  ...CORE_OPTIONS,
  truncation: true,
  memoryBudget: true,
};

/** Trains a model: forward, loss, BPTT, clipping and update over one plan, nothing allocated in a step. */
export class Trainer extends TrainerBase {
  /** What it trains. */
  declare readonly model: Sequential;
  readonly #parts: SegmentedBptt | undefined;
  /** Whether an update runs code of the user's, which may throw. */
  readonly #custom: boolean;

  /**
   * @throws {ArgumentError} a missing or unknown option, a number out of range
   * @throws {StateError} an optimizer that serves another trainer
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(model: Sequential, opts: TrainerOptions) {
    const { truncation, memoryBudget, ...others } = options('Trainer', opts, OPTIONS);
    instance('model', model, SequentialBase, 'a Sequential');
    const parts = checkSegments(model.layers, { truncation, memoryBudget });
    super(model, adapted(model, others));
    this.#custom = hasCustom(model, others);
    if (parts.truncation || parts.memoryBudget !== undefined) {
      this.#parts = new SegmentedBptt(this.training, parts);
      this.training.parts = this.#parts;
    } else {
      this.training.hint = '; run the step again with { flow: true } to see where it began';
    }
  }

  /**
   * One update on a batch, or with `truncation` one every k1 steps. x: [T, B] indices or [T, B, inputSize]; y: [T, B]
   * indices or [T, B, outputSize], as the loss takes them, of one step after a `LastStep`; time-major. Targets of steps
   * that do not count do not count.
   *
   * @throws {ArgumentError} no numbers, an index outside the vocabulary, no target that counts, a schedule's bad factor, a
   * length outside 0..T, options that the trainer's contradict
   * @throws {ShapeError} a wrong rank, shape or length, x and y that do not fit, another batch than the states carried
   * @throws {MemoryError} beyond 2 GiB, or beyond the budget
   */
  override step(x: Given, y: Given, opts?: StepOptions): StepResult {
    const given = opts === undefined ? opts : this.#checkStep(opts);
    return this.#custom
      ? undoneOnError(this.training, () => this.#step(x, y, given))
      : this.#step(x, y, given);
  }

  #step(x: Given, y: Given, given: StepOptions | undefined): StepResult {
    if (given?.flow !== true) return this.training.step(x, y, given);
    const watched = this.#watch();
    try {
      return { ...this.training.step(x, y, given, watched.look), ...watched.told };
    } catch (error) {
      throw error instanceof NonFiniteError ? withOrigin(error, watched.told.flow) : error;
    }
  }

  /**
   * How the gradient of a batch flows through the recurrent layers, from the states in which the next step would start:
   * what that step would tell with `flow`. Training goes on as if nothing had been, except that gradients are 0. Arguments
   * and errors as `step`.
   */
  flow(x: Given, y: Given, opts?: Steps): Flow {
    const given = opts === undefined ? opts : options('flow', opts, { lengths: true, mask: true });
    this.#checkStep({ ...given, flow: true });
    const watched = this.#watch();
    watch(this.training, x, y, given, watched.look);
    return watched.told.flow!;
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
