import { boolean, instance, type Names, options } from '../check.ts';
import type { CustomLoss } from '../custom/loss.ts';
import type { CustomOptimizer } from '../custom/optimizer.ts';
import type { Flow } from '../diagnostics/flow.ts';
import { Observer } from '../diagnostics/observe.ts';
import type { Steps } from '../engine/batchIO.ts';
import type { Plan } from '../engine/plan.ts';
import { ArgumentError } from '../errors.ts';
import type { Loss } from '../losses/loss.ts';
import type { Given } from '../ndarray.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { CheckpointReport } from './bptt/checkpoints.ts';
import { checkSegments, SegmentedBptt } from './bptt/segmentedBptt.ts';
import type { Truncation } from './bptt/truncated.ts';
import { SequentialBase } from './core/sequentialBase.ts';
import { OPTIONS as CORE_OPTIONS, TrainerBase } from './core/trainerBase.ts';
import type { TrainerOptions as CoreOptions, StepResult as CoreResult } from './core/training.ts';
import { adapted, hasCustom, undoneOnError } from './custom.ts';
import type { Sequential } from './sequential.ts';

export type { Truncation } from './bptt/truncated.ts';
export type { Evaluation } from './core/training.ts';

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
    checkSegments(model.layers, { truncation, memoryBudget });
    super(model, adapted(model, others));
    this.#custom = hasCustom(model, others);
    if (truncation || memoryBudget !== undefined) {
      this.#parts = new SegmentedBptt(this.training, { truncation, memoryBudget });
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
    this.serves();
    const given = opts === undefined ? opts : this.#checkStep(opts);
    this.#read(x, y, given);
    const step = () => {
      if (this.#parts) return this.#parts.step();
      return given?.flow ? this.#watched() : this.training.whole();
    };
    return this.#custom ? undoneOnError(this.training, step) : step();
  }

  /**
   * How the gradient of a batch flows through the recurrent layers, from the states in which the next step would start:
   * what that step would tell with `flow`. Training goes on as if nothing had been, except that gradients are 0. Arguments
   * and errors as `step`.
   */
  flow(x: Given, y: Given, opts?: Steps): Flow {
    this.serves();
    const given = opts === undefined ? opts : options('flow', opts, { lengths: true, mask: true });
    this.#checkStep({ ...given, flow: true });
    this.#read(x, y, given);
    const { network } = this.training;
    const { arena, gradients, generator } = network;
    const plan = this.training.written(true, true);
    const count = this.training.count(plan);
    const drawn = generator.state;
    this.training.ahead(plan, count, this.training.carried?.states);
    const observer = new Observer(arena, plan);
    arena.clear(gradients);
    plan.backward(false);
    arena.clear(gradients);
    generator.state = drawn;
    return observer.summarize();
  }

  /** The plan of a training step, as it will lie. @internal */
  override plan(steps: number, batch: number): { plan: Plan; checkpoints?: CheckpointReport } {
    return this.#parts ? this.#parts.plan(steps, batch) : super.plan(steps, batch);
  }

  #watched(): StepResult {
    const told: { flow?: Flow } = {};
    const result = this.training.whole((plan) => {
      const observer = new Observer(this.training.network.arena, plan);
      return () => {
        told.flow = observer.summarize();
      };
    });
    return { ...result, ...told };
  }

  #read(x: Given, y: Given, opts: Steps | undefined): void {
    this.training.read(x, y, opts);
    this.#parts?.check();
    this.training.checkCarried();
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
