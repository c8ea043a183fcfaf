import { callable, instance, integer, type Names, number, oneOf, options } from '../../check.ts';
import type { Steps } from '../../engine/batchIO.ts';
import type { Plan } from '../../engine/plan.ts';
import { ArgumentError, onlyInFullPackage, StateError } from '../../errors.ts';
import { type Loss, lossOf } from '../../losses/loss.ts';
import type { Given } from '../../ndarray.ts';
import { Optimizer } from '../../optim/optimizer.ts';
import { Summarized } from '../../summary.ts';
import { ModelBase } from './modelBase.ts';
import { Objective } from './objective.ts';
import { readCheckpoint, writeCheckpoint } from './save.ts';
import type { Evaluation, NonFinitePolicy, StepResult, TrainerOptions } from './trainerTypes.ts';
import { Training } from './training.ts';

export type { Evaluation, NonFinitePolicy, StepResult, TrainerOptions } from './trainerTypes.ts';

/** Optimizers in use: each counts the updates of one trainer. @internal */
export const taken = new WeakSet<Optimizer>();

/** Names of the options. @internal */
export const OPTIONS: Names<TrainerOptions> = {
  loss: true,
  optimizer: true,
  clipNorm: true,
  clipValue: true,
  schedule: true,
  batch: true,
  nonFinite: true,
};

/** Options of the trainer of the whole package. */
interface Elsewhere {
  readonly truncation?: unknown;
  readonly memoryBudget?: unknown;
  readonly carryState?: unknown;
}

const ELSEWHERE: Names<Elsewhere> = { truncation: true, memoryBudget: true, carryState: true };

/** Makes what a trainer updates with. */
export type MakeTraining = (owner: object, model: ModelBase, loss: Loss, opts: TrainerOptions) => Training;

const makeTraining: MakeTraining = (owner, model, loss, opts) =>
  new Training(owner, model, new Objective(model.network, loss), opts);

const POLICIES: readonly NonFinitePolicy[] = ['throw', 'skip', 'allow'];

/** Trains a model: forward, loss, BPTT, clipping and update. A step does not allocate. */
export class TrainerBase extends Summarized {
  /** The model. */
  readonly model: ModelBase;
  /** The optimizer. */
  readonly optimizer: Optimizer;
  /** The loss. */
  readonly loss: Loss;
  /** @internal */
  protected readonly training: Training;

  /**
   * @throws {ArgumentError} if an option is missing or unknown, or a number is out of range
   * @throws {FeatureError} if an option is only in `unrolled`
   * @throws {StateError} if the optimizer is used by another trainer
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(model: ModelBase, opts: TrainerOptions);
  /** @internal */
  constructor(model: ModelBase, opts: TrainerOptions, make: MakeTraining);
  constructor(model: ModelBase, opts: TrainerOptions, make = makeTraining) {
    super();
    instance('model', model, ModelBase, 'a model such as a Sequential');
    const given = options<TrainerOptions & Elsewhere>('Trainer', opts, { ...OPTIONS, ...ELSEWHERE });
    for (const name of Object.keys(ELSEWHERE) as (keyof Elsewhere)[]) {
      if (given[name]) throw onlyInFullPackage(`Trainer: ${name}`);
    }
    const loss = lossOf('loss', given.loss);
    instance('optimizer', given.optimizer, Optimizer, 'an optimizer such as AdamW');
    const { clipNorm, clipValue } = given;
    if (clipNorm !== undefined) number('clipNorm', clipNorm, 0);
    if (clipValue !== undefined) {
      number('clipValue', clipValue, 0);
      if (clipNorm !== undefined)
        throw new ArgumentError('clipValue', 'one of clipNorm and clipValue', clipValue);
    }
    if (given.schedule !== undefined) callable('schedule', given.schedule, 'a function of the step');
    integer('batch', given.batch ?? 1, 1);
    if (given.nonFinite !== undefined) oneOf('nonFinite', given.nonFinite, POLICIES);
    if (taken.has(given.optimizer)) {
      throw new StateError('the optimizer has another trainer');
    }
    this.model = model;
    this.optimizer = given.optimizer;
    this.loss = loss;
    this.training = make(this, model, loss, given);
    taken.add(given.optimizer);
    model.trainer = this;
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  toJSON(): object {
    const { model, loss, optimizer } = this;
    return { type: 'Trainer', model: model.toJSON(), loss: loss.name, optimizer: optimizer.toJSON() };
  }

  /** Number of updates made. */
  get steps(): number {
    return this.optimizer.steps;
  }

  /** Number of steps skipped with `nonFinite: 'skip'`. */
  get skipped(): number {
    return this.training.skipped;
  }

  /**
   * Makes one update on a batch, time-major. x: [T, B] indices or [T, B, inputSize]; y: [T, B] indices or [T, B,
   * outputSize], depending on the loss; T is 1 in y after a `LastStep`. Targets of steps that do not count are
   * ignored.
   *
   * @throws {ArgumentError} if x or y is not numeric, an index is outside the vocabulary, no target counts, the
   * schedule returns an invalid factor, or a length is outside 0..T
   * @throws {ShapeError} if a rank, shape or length does not match, or the batch differs from that of the carried
   * states
   * @throws {MemoryError} beyond 2 GiB
   * @throws {NonFiniteError} if the loss or the gradient norm is NaN or infinite, unless `nonFinite` is set
   * @throws {StateError} if called during another call on the model
   *
   * An error changes nothing, including the generator's state and the carried states.
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
   * Returns the mean loss of a batch from zero states, without dropout. Changes nothing. Arguments and errors as
   * `step`, without flow.
   */
  evaluate(x: Given, y: Given, opts?: Steps): Evaluation {
    const given = options('evaluate', opts, { lengths: true, mask: true });
    return { loss: this.training.evaluate(x, y, given) };
  }

  /**
   * Saves the model, the optimizer's and generator's state and the carried states as a safetensors file, from which
   * `restore` continues bit for bit.
   * @throws {ArgumentError} if metadata values are not strings, or a key is `unrolled`
   */
  save(metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
    this.training.serves();
    return writeCheckpoint(this.model, this.training, metadata);
  }

  /**
   * Restores a file written by `save`, with the same layers and the same optimizer. Nothing changes unless all of it
   * matches.
   * @throws {FormatError} if the file, model or optimizer does not match
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
