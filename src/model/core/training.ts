import { number } from '../../check.ts';
import { moveState, readSteps, type Steps, writeRows } from '../../engine/batchIO.ts';
import type { Network } from '../../engine/network.ts';
import type { Plan, PlanRequest } from '../../engine/plan.ts';
import type { Valid } from '../../engine/rows.ts';
import { ArgumentError, ShapeError, Verbatim } from '../../errors.ts';
import type { Loss } from '../../losses/loss.ts';
import type { Layout, Region } from '../../memory/layout.ts';
import { type Given, readSequence, type Sequence, type Signal } from '../../ndarray.ts';
import type { Blocks, Optimizer } from '../../optim/optimizer.ts';
import type { Schedule } from '../../optim/schedules.ts';
import type { SequentialBase } from './sequentialBase.ts';

/** What a `Trainer` takes beside the model. */
export interface TrainerOptions {
  /** `crossEntropy`, or with its options `crossEntropy({ ignoreIndex: 0 })`; likewise `mse`, `bceWithLogits`. */
  readonly loss: Loss | (() => Loss);
  /** It serves this trainer alone. */
  readonly optimizer: Optimizer;
  /** The global norm of the gradients is brought down to this, as torch.nn.utils.clip_grad_norm_. */
  readonly clipNorm?: number | undefined;
  /** Each gradient is brought into ± this, as torch.nn.utils.clip_grad_value_. */
  readonly clipValue?: number | undefined;
  /** Factor of the learning rate at each step. */
  readonly schedule?: Schedule | undefined;
  /** Each step starts from the states in which the last one ended, detached. Default false. */
  readonly carryState?: boolean | undefined;
  /** Rows of sequences that are given as bare numbers. Default 1. */
  readonly batch?: number | undefined;
}

/** What a step tells. */
export interface StepResult {
  /** Mean loss before the update. */
  readonly loss: number;
  /** Global 2-norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** Learning rate of the update. */
  readonly lr: number;
  /** Value of the layers' penalties, which the loss is without. */
  readonly penalty: number;
}

/** What an evaluation tells. */
export interface Evaluation {
  /** Mean loss over the targets that count. */
  readonly loss: number;
}

/** Last states of a step, one region a state slot. */
export interface Carried {
  readonly batch: number;
  readonly states: readonly Region[];
}

/** What a trainer does updates with: the batch at hand, loss, clipping, update, and states from step to step. */
export class Training {
  readonly model: SequentialBase;
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly options: TrainerOptions;
  // overwritten by every step, so that it makes no new ones
  readonly x: Sequence = { data: [], steps: 0, batch: 0 };
  readonly y: Sequence = { data: [], steps: 0, batch: 0 };
  /** Last states of the last step; undefined when the next step starts from zeros. */
  carried: Carried | undefined;
  readonly #wanted: Signal;
  readonly #asked: { -readonly [K in keyof PlanRequest]: PlanRequest[K] };
  readonly #arguments = { rows: 0, size: 0, output: 0, targets: 0, gradient: 0, count: 0 };
  /** Where they lie for good. */
  readonly #blocks: Blocks;
  #valid: Valid | undefined;
  /** Room for carried states by batch. */
  readonly #room = new Map<number, readonly Region[]>();

  /** @throws {MemoryError} beyond 2 GiB */
  constructor(model: SequentialBase, loss: Loss, options: TrainerOptions) {
    const { network } = model;
    this.model = model;
    this.network = network;
    this.optimizer = options.optimizer;
    this.loss = loss;
    this.options = options;
    this.#wanted = { kind: loss.targets, size: network.outputSize };
    this.#asked = { steps: 1, batch: 1, training: true, targets: loss.targets };
    // a model that was disposed is refused
    network.arena.kernels;
    network.gradients;
    const slots = this.optimizer.slots.map((_, k) => network.slot(k));
    for (const slot of slots) network.arena.clear(slot);
    const { block, gradients } = network;
    this.#blocks = {
      n: block.length,
      parameters: block.ptr,
      gradients: gradients.ptr,
      slots: slots.map(({ ptr }) => ptr),
    };
  }

  /** Whether states are carried from step to step. */
  get carries(): boolean {
    return this.options.carryState === true;
  }

  resetState(): void {
    this.carried = undefined;
  }

  /** Memory for the states of so many rows. */
  roomFor(batch: number): readonly Region[] {
    let states = this.#room.get(batch);
    if (!states) {
      states = this.network.reserveAll((layout) => this.layoutStates(layout, batch));
      this.#room.set(batch, states);
    }
    return states;
  }

  /** Carries states, zeros unless they are written, of so many rows. */
  carryFor(batch: number): readonly Region[] {
    if (this.carried?.batch !== batch) {
      const states = this.roomFor(batch);
      for (const region of states) this.network.arena.clear(region);
      this.carried = { batch, states };
    }
    return this.carried.states;
  }

  /** Shapes [B, H] of all states, in the order in which they are carried. */
  stateShapes(batch: number): (readonly number[])[] {
    const plan = this.network.preview({ steps: 1, batch: 1, training: false, targets: 'none' });
    return plan.states.map(({ initial }) => [batch, ...initial.shape.slice(1)]);
  }

  layoutStates(layout: Layout, batch: number): Region[] {
    return this.stateShapes(batch).map((shape) => layout.take('carried state', ...shape));
  }

  /** A plan as it will lie; kept: states inside the sequence that there must be room for. */
  preview(steps: number, batch: number, wholeSteps = steps, kept = 0): Plan {
    const carry = this.carries && !this.#room.has(batch);
    const request = { steps, batch, training: true, targets: this.loss.targets, wholeSteps } as const;
    return this.network.preview(request, this.optimizer.slots.length, (layout) => {
      for (let i = carry ? -1 : 0; i < kept; i++) this.layoutStates(layout, batch);
    });
  }

  /** Checks x, y and which steps count. */
  read(x: Given, y: Given, opts: Steps | undefined): void {
    const input = readSequence('x', x, this.network.input, this.options.batch, this.x);
    const target = readSequence('y', y, this.#wanted, this.options.batch, this.y);
    this.#valid = opts === undefined ? undefined : readSteps(opts, input.steps, input.batch);
    fits(
      input,
      target,
      this.model.layers.some(({ reducesSteps }) => reducesSteps),
    );
  }

  /** Checks that the states carried are of the batch that was read, and has memory for them. */
  checkCarried(): void {
    const { batch } = this.x;
    if (!this.carries) return;
    if (this.carried && this.carried.batch !== batch) {
      throw new ShapeError('x', `batch ${this.carried.batch}, as the states carried`, `batch ${batch}`);
    }
    this.roomFor(batch);
  }

  /** States in which the step at hand starts, which it will overwrite; undefined where none are carried. */
  carriedNow(): readonly Region[] | undefined {
    return this.carries ? this.carryFor(this.x.batch) : undefined;
  }

  plan(steps: number, wholeSteps: number, training: boolean, flow = false): Plan {
    const request = this.#asked;
    request.steps = steps;
    request.wholeSteps = wholeSteps;
    request.batch = this.x.batch;
    request.training = training;
    request.ragged = this.#valid !== undefined;
    request.flow = flow;
    return this.network.prepare(request);
  }

  /** The plan of all steps at once, x and y written to it. */
  written(training: boolean, flow = false): Plan {
    const { steps } = this.x;
    const plan = this.plan(steps, steps, training, flow);
    this.network.writeInput('x', plan, this.x, this.#valid);
    this.writeTargets(plan);
    return plan;
  }

  /** From states, or zeros, forward to the loss and the gradient by the output. */
  ahead(plan: Plan, count: number, carried: readonly Region[] | undefined): number {
    const { arena } = this.network;
    for (let i = 0; i < plan.states.length; i++) {
      const { initial, gradient } = plan.states[i]!;
      if (carried) moveState(arena, plan.rows, initial, carried[i]!, 'slot');
      else arena.clear(initial);
      if (gradient) arena.clear(gradient);
    }
    plan.begin();
    plan.forward();
    return this.run(plan, 0, plan.outputRows.count, plan.outputGradient.ptr, count) / count;
  }

  /**
   * Forward, loss, backward and update of all steps at once. `look` sees the plan after the forward pass, what it gives
   * after the backward pass.
   */
  whole(look?: (plan: Plan) => () => void): StepResult {
    const { arena, gradients } = this.network;
    const factor = this.factor();
    const plan = this.written(true, look !== undefined);
    const count = this.count(plan);
    const carried = this.carriedNow();
    const loss = this.ahead(plan, count, carried);
    const seen = look?.(plan);
    arena.clear(gradients);
    plan.backward(false);
    seen?.();
    const result = this.update(loss, plan.penalty, factor);
    for (let i = 0; carried && i < plan.states.length; i++) {
      moveState(arena, plan.rows, plan.states[i]!.final, carried[i]!, 'other');
    }
    return result;
  }

  /** The mean loss of what was read, from zero states. */
  evaluate(): number {
    const plan = this.written(false);
    const count = this.count(plan);
    for (const { initial } of plan.states) this.network.arena.clear(initial);
    plan.forward();
    return this.run(plan, 0, plan.outputRows.count, 0, count) / count;
  }

  /** The factor of the learning rate for the update at hand. */
  factor(): number {
    const { schedule } = this.options;
    return schedule ? number('schedule', schedule(this.optimizer.steps), 0) : 1;
  }

  /** Clips the gradients and updates the parameters. */
  update(loss: number, penalty: number, factor: number): StepResult {
    const network = this.network;
    const { clipNorm, clipValue } = this.options;
    const { gradients, block } = network;
    const { kernels } = network.arena;
    const gradNorm = Math.sqrt(kernels.vec_sum_squares(block.length, gradients.ptr));
    if (clipValue !== undefined) kernels.vec_clamp(block.length, clipValue, gradients.ptr);
    const scale = clipNorm === undefined ? 1 : Math.min(1, clipNorm / (gradNorm + 1e-6));
    this.optimizer.step(kernels, this.#blocks, scale, factor);
    network.version++;
    return { loss, gradNorm, lr: this.optimizer.lr * factor, penalty };
  }

  /** Writes the targets of the rows that a plan is at. */
  writeTargets(plan: Plan): void {
    const network = this.network;
    const { outputSize, arena } = network;
    const { outputRows } = plan;
    const { data } = this.y;
    if (this.loss.targets === 'features') writeRows(arena, outputRows, plan.targets, data, outputSize);
    else network.writeIndices('y', outputRows, plan.targets, data, outputSize, this.loss.ignoreIndex);
  }

  /** Refuses a mean over nothing. */
  some(count: number): number {
    if (count > 0) return count;
    const what = `a target other than ignoreIndex ${this.loss.ignoreIndex}`;
    throw new ArgumentError('y', what, new Verbatim('none'));
  }

  /** What the mean of all the plan's rows is over. */
  count({ outputRows, targets }: Plan): number {
    const { arena, outputSize } = this.network;
    return this.some(this.loss.count(outputRows.count, outputSize, arena.i32, targets.ptr / 4));
  }

  /** The sum over so many rows from row `first` of the plan on; the gradient to theirs at `gradient`, 0 for none. */
  run(plan: Plan, first: number, rows: number, gradient: number, count: number): number {
    const args = this.#arguments;
    const size = this.network.outputSize;
    const target = this.loss.targets === 'features' ? size : 1;
    args.rows = rows;
    args.size = size;
    args.output = plan.output.ptr + first * size * 4;
    args.targets = plan.targets.ptr + first * target * 4;
    args.gradient = gradient && gradient + first * size * 4;
    args.count = count;
    return this.loss.run(this.network.arena.kernels, args);
  }
}

function fits(x: Sequence, y: Sequence, reduced: boolean): void {
  const steps = reduced ? 1 : x.steps;
  if (steps === y.steps && x.batch === y.batch) return;
  const wanted = `${steps} ${steps === 1 ? 'step' : 'steps'} of ${x.batch} rows`;
  throw new ShapeError(
    'y',
    reduced ? `${wanted}, since LastStep gives one` : `${wanted}, as x`,
    `${y.steps} of ${y.batch}`,
  );
}
