import { boolean, instance, integer, type Names, number, options, reading } from '../../check.ts';
import type { Steps } from '../../engine/batchIO.ts';
import type { Plan } from '../../engine/plan.ts';
import { ArgumentError, onlyInFullPackage, StateError } from '../../errors.ts';
import type { Loss } from '../../losses/loss.ts';
import type { Given } from '../../ndarray.ts';
import { Optimizer } from '../../optim/optimizer.ts';
import { Summarized } from '../../summary.ts';
import { readCheckpoint, writeCheckpoint } from './save.ts';
import { SequentialBase } from './sequentialBase.ts';
import {
  type Evaluation,
  type NonFinitePolicy,
  type StepResult,
  type TrainerOptions,
  Training,
} from './training.ts';

export type { Evaluation, NonFinitePolicy, StepResult, TrainerOptions } from './training.ts';

/** Optimizers that serve a trainer: each counts the updates of one. */
const taken = new WeakSet<Optimizer>();

/** Names of the options. @internal */
export const OPTIONS: Names<TrainerOptions> = {
  loss: true,
  optimizer: true,
  clipNorm: true,
  clipValue: true,
  schedule: true,
  carryState: true,
  batch: true,
  nonFinite: true,
};

/** Options of the trainer of the whole package. */
interface Elsewhere {
  readonly truncation?: unknown;
  readonly memoryBudget?: unknown;
}

const POLICIES: Readonly<Record<NonFinitePolicy, true>> = { throw: true, skip: true, allow: true };

/** Trains a model: forward, loss, BPTT, clipping and update over one plan, nothing allocated in a step. */
export class TrainerBase extends Summarized {
  /** What it trains. */
  readonly model: SequentialBase;
  /** What makes the updates. */
  readonly optimizer: Optimizer;
  /** What it lowers. */
  readonly loss: Loss;
  /** @internal */
  protected readonly training: Training;

  /**
   * @throws {ArgumentError} a missing or unknown option, a number out of range
   * @throws {FeatureError} an option that `unrolled` alone has
   * @throws {StateError} an optimizer that serves another trainer
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(model: SequentialBase, opts: TrainerOptions) {
    super();
    instance('model', model, SequentialBase, 'a Sequential');
    const given = options<TrainerOptions & Elsewhere>('Trainer', opts, {
      ...OPTIONS,
      truncation: true,
      memoryBudget: true,
    });
    for (const name of ['truncation', 'memoryBudget'] as const) {
      if (given[name] !== undefined) throw onlyInFullPackage(`Trainer: ${name}`);
    }
    const loss = reading('loss', given.loss, () => {
      const made = typeof given.loss === 'function' ? given.loss() : given.loss;
      return typeof made?.run === 'function' ? made : undefined;
    });
    if (!loss) throw new ArgumentError('loss', 'a loss such as crossEntropy', given.loss);
    instance('optimizer', given.optimizer, Optimizer, 'an optimizer such as new AdamW()');
    if (given.clipNorm !== undefined) number('clipNorm', given.clipNorm, 0);
    if (given.clipValue !== undefined) number('clipValue', given.clipValue, 0);
    if (given.clipNorm !== undefined && given.clipValue !== undefined) {
      throw new ArgumentError('clipValue', 'one of clipNorm and clipValue', given.clipValue);
    }
    if (given.schedule !== undefined && typeof given.schedule !== 'function') {
      throw new ArgumentError('schedule', 'a function of the step', given.schedule);
    }
    boolean('carryState', given.carryState ?? false);
    integer('batch', given.batch ?? 1, 1);
    if (given.nonFinite !== undefined && !Object.hasOwn(POLICIES, given.nonFinite)) {
      throw new ArgumentError('nonFinite', `one of ${Object.keys(POLICIES).join(', ')}`, given.nonFinite);
    }
    if (taken.has(given.optimizer)) {
      throw new StateError('the optimizer has another trainer');
    }
    this.model = model;
    this.optimizer = given.optimizer;
    this.loss = loss;
    this.training = new Training(this, model, loss, given);
    taken.add(given.optimizer);
    model.trainer = this;
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  toJSON(): object {
    const { model, loss, optimizer } = this;
    return { type: 'Trainer', model: model.toJSON(), loss: loss.name, optimizer: optimizer.toJSON() };
  }

  /** Updates made. */
  get steps(): number {
    return this.optimizer.steps;
  }

  /** Steps that made no update since their numbers were not finite, with `nonFinite: 'skip'`. */
  get skipped(): number {
    return this.training.skipped;
  }

  /**
   * One update on a batch. x: [T, B] indices or [T, B, inputSize]; y: [T, B] indices or [T, B, outputSize], as the loss
   * takes them, of one step after a `LastStep`; time-major. Targets of steps that do not count do not count.
   *
   * @throws {ArgumentError} no numbers, an index outside the vocabulary, no target that counts, a schedule's bad factor, a
   * length outside 0..T
   * @throws {ShapeError} a wrong rank, shape or length, x and y that do not fit, another batch than the states carried
   * @throws {MemoryError} beyond 2 GiB
   * @throws {NonFiniteError} a loss or a gradient norm that is NaN or infinite, unless `nonFinite` says otherwise
   * @throws {StateError} a call from within another one on the model
   *
   * What is refused changes nothing, the generator's state and the states carried included.
   */
  step(x: Given, y: Given, opts?: Steps): StepResult {
    const given =
      opts === undefined
        ? opts
        : options<Steps & { flow?: boolean }>('step', opts, { lengths: true, mask: true, flow: true });
    if (given?.flow) throw onlyInFullPackage('step: flow');
    return this.training.step(x, y, given);
  }

  /**
   * The mean loss on a batch from zero states; nothing changes, dropout is off. Arguments and errors as `step`, without
   * flow.
   */
  evaluate(x: Given, y: Given, opts?: Steps): Evaluation {
    const given = opts === undefined ? opts : options('evaluate', opts, { lengths: true, mask: true });
    return { loss: this.training.evaluate(x, y, given) };
  }

  /** The next step starts from zero states, and may have another batch. */
  resetState(): void {
    this.training.resetState();
  }

  /**
   * The model, the optimizer's state, the generator's and the carried states as a safetensors file, from which
   * `restore` continues bit for bit.
   * @throws {ArgumentError} metadata that are no strings, or under the name `unrolled`
   */
  save(metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
    this.training.serves();
    return writeCheckpoint(this.model, this.training, metadata);
  }

  /**
   * Continues from a file that `save` wrote, of a model of the same layers and an optimizer of the same kind. Nothing
   * changes unless all of it fits.
   * @throws {FormatError} another kind of file, model or optimizer
   */
  restore(bytes: Uint8Array | ArrayBuffer): void {
    this.training.serves();
    this.training.network.free('restore');
    readCheckpoint(bytes, this.model, this.training);
  }

  /** The plan of a training step, as it will lie. @internal */
  plan(steps: number, batch: number): { plan: Plan } {
    return { plan: this.training.preview(steps, batch) };
  }
}
