import { boolean, integer, number, options } from '../check.ts';
import { ArgumentError, ShapeError, StateError, Words } from '../errors.ts';
import type { Network } from '../layers/network.ts';
import type { Plan, PlanRequest } from '../layers/plan.ts';
import type { Loss } from '../losses/loss.ts';
import type { Layout, Region } from '../memory/layout.ts';
import { type Given, readSequence, type Sequence, type Signal } from '../ndarray.ts';
import { type Blocks, Optimizer } from '../optim/optimizer.ts';
import type { Schedule } from '../optim/schedules.ts';
import { readCheckpoint, writeCheckpoint } from './save.ts';
import { Sequential } from './sequential.ts';

export interface TrainerOptions {
  /** `crossEntropy`, or with its options `crossEntropy({ ignoreIndex: 0 })`; likewise `mse`, `bceWithLogits`. */
  readonly loss: Loss | (() => Loss);
  readonly optimizer: Optimizer;
  /** The global norm of the gradients is brought down to this, as torch.nn.utils.clip_grad_norm_. */
  readonly clipNorm?: number;
  /** Each gradient is brought into ± this, as torch.nn.utils.clip_grad_value_. */
  readonly clipValue?: number;
  /** Factor of the learning rate at each step. */
  readonly schedule?: Schedule;
  /** Truncated BPTT: each step starts from the states in which the last one ended, detached. Default false. */
  readonly carryState?: boolean;
  /** Rows of sequences that are given as bare numbers. Default 1. */
  readonly batch?: number;
}

export interface StepResult {
  /** Mean loss before the update. */
  readonly loss: number;
  /** Global 2-norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** Learning rate of the update. */
  readonly lr: number;
}

/** Last states of a step, one region a state slot. */
interface Carried {
  readonly batch: number;
  readonly states: readonly Region[];
}

/** Optimizers that serve a trainer: each counts the updates of one. */
const taken = new WeakSet<Optimizer>();

const KNOWN = ['loss', 'optimizer', 'clipNorm', 'clipValue', 'schedule', 'carryState', 'batch'];

/** Trains a model: forward, loss, BPTT, clipping and update over one plan, nothing allocated in a step. */
export class Trainer {
  readonly model: Sequential;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly #network: Network;
  /** Where they lie for good. */
  readonly #blocks: Blocks;
  readonly #wanted: Signal;
  // overwritten by every step, so that it makes no new ones
  readonly #x: Sequence = { data: [], steps: 0, batch: 0 };
  readonly #y: Sequence = { data: [], steps: 0, batch: 0 };
  readonly #asked: { -readonly [K in keyof PlanRequest]: PlanRequest[K] };
  readonly #arguments = { rows: 0, size: 0, output: 0, targets: 0, gradient: 0 };
  readonly #options: TrainerOptions;
  /** Last states of the last step, one region a state slot; undefined when the next step starts from zeros. */
  #carried: Carried | undefined;
  /** Room for carried states by batch. */
  readonly #room = new Map<number, readonly Region[]>();

  /**
   * @throws {ArgumentError} a missing or unknown option, a number out of range
   * @throws {StateError} an optimizer that serves another trainer
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(model: Sequential, opts: TrainerOptions) {
    if (!(model instanceof Sequential)) throw new ArgumentError('model', 'a Sequential', model);
    const given = options('Trainer', opts, KNOWN);
    const loss = typeof given.loss === 'function' ? given.loss() : given.loss;
    if (typeof loss?.run !== 'function')
      throw new ArgumentError('loss', 'a loss such as crossEntropy', given.loss);
    if (!(given.optimizer instanceof Optimizer)) {
      throw new ArgumentError('optimizer', 'an optimizer such as new AdamW()', given.optimizer);
    }
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
    if (taken.has(given.optimizer)) {
      throw new StateError('an optimizer serves one trainer: make a new one');
    }
    this.model = model;
    this.optimizer = given.optimizer;
    this.loss = loss;
    this.#options = given;
    this.#network = model.network;
    this.#wanted = { kind: loss.targets, size: model.network.outputSize };
    this.#asked = { steps: 1, batch: 1, training: true, targets: loss.targets };
    this.#network.gradients;
    const slots = given.optimizer.slots.map((_, k) => this.#network.slot(k));
    for (const slot of slots) this.#network.arena.clear(slot);
    const { block, gradients } = this.#network;
    this.#blocks = {
      n: block.length,
      parameters: block.ptr,
      gradients: gradients.ptr,
      slots: slots.map(({ ptr }) => ptr),
    };
    taken.add(given.optimizer);
    model.trainer = this;
  }

  /** Updates made. */
  get steps(): number {
    return this.optimizer.steps;
  }

  /**
   * One update on a batch. x: [T, B] indices or [T, B, inputSize]; y: [T, B] indices or [T, B, outputSize], as the
   * loss takes them; time-major.
   *
   * @throws {ArgumentError} no numbers, an index outside the vocabulary, no target that counts, a schedule's bad factor
   * @throws {ShapeError} a wrong rank, shape or length, x and y that do not fit, another batch than the states carried
   * @throws {MemoryError} beyond 2 GiB
   */
  step(x: Given, y: Given): StepResult {
    const network = this.#network;
    this.#serves();
    const { carryState, clipNorm, clipValue, schedule } = this.#options;
    const factor = schedule ? number('schedule', schedule(this.optimizer.steps), 0) : 1;
    const plan = this.#load(x, y, true);
    const { arena } = network;
    const { kernels } = arena;
    const carried = carryState ? this.carryFor(plan.batch) : undefined;
    for (let i = 0; i < plan.states.length; i++) {
      const { initial, gradient } = plan.states[i]!;
      if (carried) arena.copy(carried[i]!, initial);
      else arena.clear(initial);
      arena.clear(gradient!);
    }
    plan.forward();
    const loss = this.#loss(plan, plan.outputGradient.ptr);
    const { gradients, block } = network;
    arena.clear(gradients);
    plan.backward(false);
    const gradNorm = Math.sqrt(kernels.vec_sum_squares(block.length, gradients.ptr));
    if (clipValue !== undefined) kernels.vec_clamp(block.length, clipValue, gradients.ptr);
    const scale = clipNorm === undefined ? 1 : Math.min(1, clipNorm / (gradNorm + 1e-6));
    this.optimizer.step(kernels, this.#blocks, scale, factor);
    network.version++;
    for (let i = 0; carried && i < plan.states.length; i++) arena.copy(plan.states[i]!.final, carried[i]!);
    return { loss, gradNorm, lr: this.optimizer.lr * factor };
  }

  /** The mean loss on a batch from zero states; nothing changes, dropout is off. Arguments and errors as `step`. */
  evaluate(x: Given, y: Given): { readonly loss: number } {
    const plan = this.#load(x, y, false);
    for (const { initial } of plan.states) this.#network.arena.clear(initial);
    plan.forward();
    return { loss: this.#loss(plan, 0) };
  }

  /** The next step starts from zero states, and may have another batch. */
  resetState(): void {
    this.#carried = undefined;
  }

  /**
   * The model, the optimizer's state, the generator's and the carried states as a safetensors file, from which
   * `restore` continues bit for bit.
   * @throws {ArgumentError} metadata that are no strings, or under the name `unrolled`
   */
  save(metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
    this.#serves();
    return writeCheckpoint(this.model, this, metadata);
  }

  /**
   * Continues from a file that `save` wrote, of a model of the same layers and an optimizer of the same kind. Nothing
   * changes unless all of it fits.
   * @throws {FormatError} another kind of file, model or optimizer
   */
  restore(bytes: Uint8Array | ArrayBuffer): void {
    this.#serves();
    readCheckpoint(bytes, this.model, this);
  }

  /** States carried to the next step. @internal */
  get carried(): Carried | undefined {
    return this.#carried;
  }

  /** Whether states are carried from step to step. @internal */
  get carries(): boolean {
    return this.#options.carryState === true;
  }

  /** Memory for the states of so many rows. @internal */
  roomFor(batch: number): readonly Region[] {
    let states = this.#room.get(batch);
    if (!states) {
      states = this.#network.reserveAll((layout) => this.#layoutStates(layout, batch));
      this.#room.set(batch, states);
    }
    return states;
  }

  /** Carries states, zeros unless they are written, of so many rows. @internal */
  carryFor(batch: number): readonly Region[] {
    if (this.#carried?.batch !== batch) {
      const states = this.roomFor(batch);
      for (const region of states) this.#network.arena.clear(region);
      this.#carried = { batch, states };
    }
    return this.#carried.states;
  }

  /** Shapes [B, H] of all states, in the order in which they are carried. @internal */
  stateShapes(batch: number): (readonly number[])[] {
    const plan = this.#network.preview({ steps: 1, batch: 1, training: false, targets: 'none' });
    return plan.states.map(({ initial }) => [batch, ...initial.shape.slice(1)]);
  }

  /** The plan of a training step, as it will lie. @internal */
  preview(steps: number, batch: number): Plan {
    const carry = this.#options.carryState && !this.#room.has(batch);
    return this.#network.preview(this.#request(steps, batch, true), this.optimizer.slots.length, (layout) => {
      if (carry) this.#layoutStates(layout, batch);
    });
  }

  #serves(): void {
    if (this.model.trainer !== this) throw new StateError('the model has another trainer by now');
  }

  #request(steps: number, batch: number, training: boolean): PlanRequest {
    return { steps, batch, training, targets: this.loss.targets };
  }

  #layoutStates(layout: Layout, batch: number): Region[] {
    return this.stateShapes(batch).map((shape) => layout.take('carried state', ...shape));
  }

  /** Checks x and y and writes them to the plan that fits. */
  #load(x: Given, y: Given, training: boolean): Plan {
    const network = this.#network;
    const { ignoreIndex, targets } = this.loss;
    const { batch = 1 } = this.#options;
    const input = readSequence('x', x, network.input, batch, this.#x);
    const target = readSequence('y', y, this.#wanted, batch, this.#y);
    fits(input, target);
    if (training && this.#options.carryState) {
      if (this.#carried && this.#carried.batch !== input.batch) {
        throw new ShapeError(
          'x',
          `batch ${this.#carried.batch}, as the states carried`,
          `batch ${input.batch}`,
        );
      }
      this.roomFor(input.batch);
    }
    const request = this.#asked;
    request.steps = input.steps;
    request.batch = input.batch;
    request.training = training;
    const plan = network.prepare(request);
    network.writeInput('x', plan, input);
    if (targets === 'features') {
      network.arena.write(plan.targets, target.data);
    } else {
      network.writeIndices('y', plan.targets, target.data, network.outputSize, plan.batch, ignoreIndex);
      const { kernels } = network.arena;
      if (kernels.count_targets(plan.targets.length, plan.targets.ptr, ignoreIndex) === 0) {
        throw new ArgumentError('y', `a target other than ignoreIndex ${ignoreIndex}`, new Words('none'));
      }
    }
    return plan;
  }

  #loss(plan: Plan, gradient: number): number {
    const args = this.#arguments;
    args.rows = plan.steps * plan.batch;
    args.size = this.#network.outputSize;
    args.output = plan.output.ptr;
    args.targets = plan.targets.ptr;
    args.gradient = gradient;
    return this.loss.run(this.#network.arena.kernels, args);
  }
}

function fits(x: Sequence, y: Sequence): void {
  if (x.steps !== y.steps || x.batch !== y.batch) {
    throw new ShapeError('y', `${x.steps} steps of ${x.batch} rows, as x`, `${y.steps} of ${y.batch}`);
  }
}
