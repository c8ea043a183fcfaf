import { finite } from '../../check.ts';
import { type Steps, writeRows } from '../../engine/batchIO.ts';
import { outputSteps } from '../../engine/chain.ts';
import type { Network } from '../../engine/network.ts';
import type { Plan, PlanRequest } from '../../engine/plan.ts';
import { ArgumentError, NonFiniteError, StateError, Verbatim } from '../../errors.ts';
import type { Loss } from '../../losses/loss.ts';
import type { Layout } from '../../memory/layout.ts';
import type { Given } from '../../ndarray.ts';
import type { Blocks, Optimizer } from '../../optim/optimizer.ts';
import { type Batch, type BatchShape, emptyBatch, readBatch } from './batch.ts';
import type { ModelBase } from './modelBase.ts';
import type { InParts, Look, StepResult, TrainerOptions } from './trainerTypes.ts';

/**
 * What a trainer does updates with. A step reads the batch, then asks the schedule, then runs: what is the user's own is
 * called in the first two, and no other call on the model is let in while one of the other two is under way.
 */
export class Training {
  readonly model: ModelBase;
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly options: TrainerOptions;
  /** What a batch must have. */
  readonly shape: BatchShape;
  /** Set where sequences are taken in parts. */
  parts: InParts | undefined;
  /** Ends the messages about numbers that are not finite. */
  hint = '';
  /** Updates left out with `nonFinite: 'skip'`. */
  skipped = 0;
  readonly #owner: object;
  readonly #asked: { -readonly [K in keyof PlanRequest]: PlanRequest[K] };
  readonly #arguments = { rows: 0, size: 0, output: 0, targets: 0, gradient: 0, count: 0 };
  /** Where they lie for good. */
  readonly #blocks: Blocks;
  // overwritten by every call, so that a step makes none: its own, and that of what a schedule may call
  readonly #batch = emptyBatch();
  readonly #other = emptyBatch();
  #stepping = false;

  /**
   * @param owner the trainer, which is the model's as long as it has no other
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(owner: object, model: ModelBase, loss: Loss, options: TrainerOptions) {
    const { network } = model;
    network.free('new Trainer');
    this.#owner = owner;
    this.model = model;
    this.network = network;
    this.optimizer = options.optimizer;
    this.loss = loss;
    this.options = options;
    this.shape = {
      input: network.input,
      target: { kind: loss.targets, size: network.outputSize },
      rows: options.batch,
      outputSteps: (steps, ragged) => outputSteps(model.layers, steps, ragged),
    };
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

  /** @throws {StateError} where the model has another trainer */
  serves(): void {
    if (this.model.trainer !== this.#owner) throw new StateError('the model has another trainer');
  }

  /** One update, or with parts several. A step that is refused leaves all as it was. */
  step(x: Given, y: Given, steps?: Steps, look?: Look): StepResult {
    this.serves();
    if (this.#stepping) throw new StateError('step: called during a step of the same trainer');
    const { network } = this;
    const batch = this.#batch;
    this.#stepping = true;
    try {
      network.enter('step');
      try {
        this.read(batch, x, y, steps);
      } finally {
        network.leave();
      }
      this.#askSchedule(batch);
      this.serves();
      network.enter('step');
      try {
        return this.#run(batch, look);
      } finally {
        network.leave();
      }
    } finally {
      this.#stepping = false;
    }
  }

  /** Checks a batch and writes it to `into`. @throws {ArgumentError | ShapeError} as `Trainer.step` */
  read(into: Batch, x: Given, y: Given, steps: Steps | undefined): Batch {
    return readBatch(into, this.shape, x, y, steps);
  }

  #run(batch: Batch, look: Look | undefined): StepResult {
    const { generator } = this.network;
    generator.mark();
    try {
      return this.parts ? this.parts.step(batch) : this.whole(batch, look);
    } catch (error) {
      generator.rewind();
      if (!(error instanceof NonFiniteError && this.options.nonFinite === 'skip')) throw error;
      this.skipped++;
      const { loss = Number.NaN, gradNorm = Number.NaN } = error;
      return { loss, gradNorm, lr: this.optimizer.lr * batch.factors[0]!, penalty: 0, skipped: true };
    }
  }

  /** The mean loss of a batch from zero states. */
  evaluate(x: Given, y: Given, steps?: Steps): number {
    const { network } = this;
    network.enter('evaluate');
    try {
      const batch = this.read(this.#other, x, y, steps);
      const plan = this.written(batch, false);
      const count = this.count(plan);
      for (const { initial } of plan.states) network.arena.clear(initial);
      plan.forward();
      return this.run(plan, 0, plan.outputCount, 0, count) / count;
    } finally {
      network.leave();
    }
  }

  /** Asks the schedule for every update of a batch. */
  #askSchedule({ x, factors }: Batch): void {
    const { schedule } = this.options;
    const { lr, steps } = this.optimizer;
    const updates = this.parts?.updates(x.steps) ?? 1;
    factors.length = updates;
    for (let i = 0; i < updates; i++) {
      const factor = schedule ? finite('schedule', schedule(steps + i), 0) : 1;
      if (!Number.isFinite(Math.fround(lr * factor))) {
        throw new ArgumentError('schedule', 'a learning rate within float32', lr * factor);
      }
      factors[i] = factor;
    }
  }

  /** Before a step: reserves what it needs besides its plan. */
  protected reserve(_batch: Batch): void {}

  /** Memory behind what is reserved, which a step of so many rows reserves. */
  protected layout(_layout: Layout, _batch: number): void {}

  /** Sets the states that a step starts from: zeros. */
  protected start({ states }: Plan): void {
    for (const { initial } of states) this.network.arena.clear(initial);
  }

  /** After an update: keeps the states that it ended in. */
  protected finish(_plan: Plan, _batch: Batch): void {}

  /** A plan as it will lie, behind what a step reserves and what `reserve` takes. */
  preview(steps: number, batch: number, wholeSteps = steps, reserve?: (layout: Layout) => unknown): Plan {
    const request = { steps, batch, training: true, targets: this.loss.targets, wholeSteps } as const;
    return this.network.preview(request, this.optimizer.slots.length, (layout) => {
      this.layout(layout, batch);
      reserve?.(layout);
    });
  }

  /** The plan for `steps` steps of a batch at a time. */
  plan(
    { x: { batch }, valid }: Batch,
    steps: number,
    wholeSteps: number,
    training: boolean,
    flow = false,
  ): Plan {
    const request = this.#asked;
    request.steps = steps;
    request.wholeSteps = wholeSteps;
    request.batch = batch;
    request.training = training;
    request.ragged = valid !== undefined;
    request.flow = flow;
    return this.network.prepare(request);
  }

  /** The plan of all steps at once, x and y written to it. */
  written(batch: Batch, training: boolean, flow = false): Plan {
    const { steps } = batch.x;
    const plan = this.plan(batch, steps, steps, training, flow);
    this.network.writeInput('x', plan, batch.x, batch.valid);
    this.writeTargets(plan, batch);
    return plan;
  }

  /** Forward to the loss and the gradient by the output. */
  ahead(plan: Plan, count: number): number {
    const { arena } = this.network;
    this.start(plan);
    for (const { gradient } of plan.states) if (gradient) arena.clear(gradient);
    plan.begin();
    plan.forward();
    if (plan.outputCount < plan.outputRows.count) arena.clear(plan.outputGradient);
    return this.run(plan, 0, plan.outputCount, plan.outputGradient.ptr, count) / count;
  }

  /** Forward, loss, backward and update of all steps at once. */
  whole(batch: Batch, look?: Look): StepResult {
    const { arena, gradients } = this.network;
    this.reserve(batch);
    const plan = this.written(batch, true, look !== undefined);
    const count = this.count(plan);
    const loss = this.ahead(plan, count);
    const seen = look?.(plan);
    arena.clear(gradients);
    plan.backward(false);
    seen?.();
    const result = this.update(loss, plan.penalty, batch.factors[0]!);
    this.finish(plan, batch);
    return result;
  }

  /** Clips the gradients and updates the parameters. @throws {NonFiniteError} unless all is finite, or anything goes */
  update(loss: number, penalty: number, factor: number): StepResult {
    const network = this.network;
    const { clipNorm, clipValue } = this.options;
    const { gradients, block } = network;
    const { kernels } = network.arena;
    const gradNorm = Math.sqrt(kernels.vec_sum_squares(block.length, gradients.ptr));
    if (this.checksFinite && !(Number.isFinite(loss + penalty) && Number.isFinite(gradNorm))) {
      network.arena.clear(gradients);
      throw this.nonFinite(`the loss is ${loss}, the norm of the gradients ${gradNorm}`, loss, gradNorm);
    }
    if (clipValue !== undefined) kernels.vec_clamp(block.length, clipValue, gradients.ptr);
    const scale = clipNorm === undefined ? 1 : Math.min(1, clipNorm / (gradNorm + 1e-6));
    this.optimizer.step(kernels, this.#blocks, scale, factor);
    network.version++;
    return { loss, gradNorm, lr: this.optimizer.lr * factor, penalty };
  }

  /** Whether an update of numbers that are not finite is refused. */
  get checksFinite(): boolean {
    return this.options.nonFinite !== 'allow';
  }

  nonFinite(what: string, loss = Number.NaN, gradNorm = Number.NaN): NonFiniteError {
    const step = this.optimizer.steps;
    return new NonFiniteError(`step ${step}: ${what}; no weight was changed${this.hint}`, {
      step,
      loss,
      gradNorm,
    });
  }

  /** Writes the targets of the rows that a plan is at. */
  writeTargets(plan: Plan, { y: { data } }: Batch): void {
    const network = this.network;
    const { outputSize, arena } = network;
    const { outputRows, outputCount, targets } = plan;
    if (this.loss.targets === 'features')
      writeRows(arena, outputRows, targets, data, outputSize, 'f32', outputCount);
    else network.writeIndices('y', outputRows, targets, data, outputSize, this.loss.ignoreIndex, outputCount);
  }

  /** Refuses a mean over nothing. */
  some(count: number): number {
    if (count > 0) return count;
    const what = `a target other than ignoreIndex ${this.loss.ignoreIndex}`;
    throw new ArgumentError('y', what, new Verbatim('none'));
  }

  /** What the mean of all the plan's rows is over. */
  count({ outputCount, targets }: Plan): number {
    const { arena, outputSize } = this.network;
    return this.some(this.loss.count(outputCount, outputSize, arena.i32, targets.ptr / 4));
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
