import { finite, isSize } from '../../check.ts';
import type { Steps } from '../../engine/batchIO.ts';
import { outputSteps } from '../../engine/chain.ts';
import type { Network } from '../../engine/network.ts';
import type { Plan, PlanRequest } from '../../engine/plan.ts';
import { ArgumentError, FormatError, NonFiniteError, StateError } from '../../errors.ts';
import type { Layout, Region } from '../../memory/layout.ts';
import type { Given } from '../../ndarray.ts';
import type { Blocks, Optimizer } from '../../optim/optimizer.ts';
import { type Batch, type BatchShape, emptyBatch } from './batch.ts';
import type { ModelBase } from './modelBase.ts';
import type { Objective } from './objective.ts';
import type { Progress } from './save.ts';
import type { InParts, Look, StepResult, TrainerOptions } from './trainerTypes.ts';

/**
 * What a trainer does updates with. A step reads the batch, then asks the schedule, then runs: what is the user's own is
 * called in the first two, and no other call on the model is let in while one of the other two is under way.
 */
export class Training {
  readonly model: ModelBase;
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly objective: Objective;
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
  /** What an update changes, in one part or several. */
  protected blocks: readonly Blocks[];
  // overwritten by every call, so that a step makes none: its own, and that of what a schedule may call
  readonly #batch = emptyBatch();
  protected readonly other = emptyBatch();
  #stepping = false;

  /**
   * @param owner the trainer, which is the model's as long as it has no other
   * @throws {MemoryError} beyond 2 GiB
   */
  constructor(owner: object, model: ModelBase, objective: Objective, options: TrainerOptions) {
    const { network } = model;
    network.free('new Trainer');
    this.#owner = owner;
    this.model = model;
    this.network = network;
    this.optimizer = options.optimizer;
    this.objective = objective;
    this.options = options;
    this.shape = {
      input: network.input,
      target: objective.target,
      rows: options.batch,
      outputSteps: (steps, ragged) => outputSteps(model.layers, steps, ragged),
    };
    this.#asked = { steps: 1, batch: 1, training: true, targets: objective.target.kind };
    // a model that was disposed is refused
    network.arena.kernels;
    network.gradients;
    const slots = this.optimizer.slots.map((_, k) => network.slot(k));
    for (const slot of slots) network.arena.clear(slot);
    const { block, gradients } = network;
    this.blocks = [
      {
        n: block.length,
        parameters: block.ptr,
        gradients: gradients.ptr,
        slots: slots.map(({ ptr }) => ptr),
      },
    ];
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
      network.during('step', () => this.read(batch, x, y, steps));
      this.askSchedule(batch.factors, this.parts?.updates(batch.x.steps) ?? 1);
      this.serves();
      return network.during('step', () => this.#run(batch, look));
    } finally {
      this.#stepping = false;
    }
  }

  #run(batch: Batch, look: Look | undefined): StepResult {
    const { generator } = this.network;
    generator.mark();
    try {
      return this.parts ? this.parts.step(batch) : this.whole(batch, look);
    } catch (error) {
      generator.rewind();
      if (!(error instanceof NonFiniteError && this.skips)) throw error;
      this.skipped++;
      const { loss = Number.NaN, gradNorm = Number.NaN } = error;
      return { loss, gradNorm, lr: this.optimizer.lr * batch.factors[0]!, penalty: 0, skipped: true };
    }
  }

  /** The mean loss of a batch from zero states. */
  evaluate(x: Given, y: Given, steps?: Steps): number {
    const { network } = this;
    return network.during('evaluate', () => {
      const batch = this.read(this.other, x, y, steps);
      const plan = this.written(batch, false);
      for (const { initial } of plan.states) network.arena.clear(initial);
      return this.evaluated(batch, plan);
    });
  }

  /** The mean loss of a batch, once its states are set. */
  protected evaluated(batch: Batch, plan: Plan): number {
    const { objective } = this;
    const count = objective.count(batch, plan);
    plan.forward();
    return objective.run(batch, plan, 0, plan.outputCount, 0, count) / count;
  }

  /** Asks the schedule for the factors of the given number of updates. */
  protected askSchedule(factors: number[], updates: number): void {
    const { schedule } = this.options;
    const { steps } = this.optimizer;
    const lr = this.highestRate;
    factors.length = updates;
    for (let i = 0; i < updates; i++) {
      const factor = schedule ? finite('schedule', schedule(steps + i), 0) : 1;
      if (!Number.isFinite(Math.fround(lr * factor))) {
        throw new ArgumentError('schedule', 'a learning rate within float32', lr * factor);
      }
      factors[i] = factor;
    }
  }

  /** Checks a batch. @throws {ArgumentError | ShapeError} as `Trainer.step` */
  read(into: Batch, x: Given, y: Given, steps: Steps | undefined): Batch {
    return this.objective.read(into, this.shape, x, y, steps);
  }

  /** The highest learning rate that the schedule's factor is applied to. */
  protected get highestRate(): number {
    return this.optimizer.lr;
  }

  /** Before a step: reserves what it needs besides its plan. */
  protected reserve(_batch: Batch): void {}

  /** Memory behind what is reserved, which a step of the given number of rows reserves. */
  protected layout(_layout: Layout, _batch: number): void {}

  /** Sets the states that a step starts from: zeros. */
  protected start({ states }: Plan, _batch: Batch): void {
    for (const { initial } of states) this.network.arena.clear(initial);
  }

  /** After an update: keeps the states that it ended in. */
  protected finish(_plan: Plan, _batch: Batch): void {}

  /** A plan as it will lie, behind what a step reserves and what `reserve` takes. */
  preview(steps: number, batch: number, wholeSteps = steps, reserve?: (layout: Layout) => unknown): Plan {
    const request = {
      steps,
      batch,
      training: true,
      targets: this.objective.target.kind,
      wholeSteps,
    } as const;
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
    this.objective.writeTargets(plan, batch);
    return plan;
  }

  /** Forward to the loss and the gradient by the output. */
  ahead(batch: Batch, plan: Plan, count: number): number {
    const { arena } = this.network;
    this.start(plan, batch);
    for (const { gradient } of plan.states) if (gradient) arena.clear(gradient);
    plan.begin();
    plan.forward();
    if (plan.outputCount < plan.outputRows.count) arena.clear(plan.outputGradient);
    return this.objective.run(batch, plan, 0, plan.outputCount, plan.outputGradient.ptr, count) / count;
  }

  /** Forward, loss, backward and update of all steps at once. */
  whole(batch: Batch, look?: Look): StepResult {
    const { arena, gradients } = this.network;
    this.reserve(batch);
    const plan = this.written(batch, true, look !== undefined);
    const count = this.objective.count(batch, plan);
    const loss = this.ahead(batch, plan, count);
    const seen = look?.(plan);
    arena.clear(gradients);
    plan.backward(false);
    seen?.();
    const result = this.update(loss, plan.penalty, batch.factors[0]!);
    this.finish(plan, batch);
    return result;
  }

  /** The 2-norm of the gradients. @throws {NonFiniteError} unless it and the loss are finite, or anything goes */
  norm(loss: number, penalty: number): number {
    const { arena, gradients } = this.network;
    let squares = 0;
    for (const part of this.blocks) squares += arena.kernels.vec_sum_squares(part.n, part.gradients);
    const gradNorm = Math.sqrt(squares);
    if (this.checksFinite && !(Number.isFinite(loss + penalty) && Number.isFinite(gradNorm))) {
      arena.clear(gradients);
      throw this.nonFinite(`the loss is ${loss}, the norm of the gradients ${gradNorm}`, loss, gradNorm);
    }
    return gradNorm;
  }

  /** Clips the gradients and updates the parameters. @throws {NonFiniteError} as `norm` */
  update(loss: number, penalty: number, factor: number): StepResult {
    const { network, optimizer, blocks } = this;
    const { clipNorm, clipValue } = this.options;
    const { kernels } = network.arena;
    const gradNorm = this.norm(loss, penalty);
    const scale = clipNorm === undefined ? 1 : Math.min(1, clipNorm / (gradNorm + 1e-6));
    for (let i = 0; i < blocks.length; i++) {
      const part = blocks[i]!;
      if (clipValue !== undefined) kernels.vec_clamp(part.n, clipValue, part.gradients);
      optimizer.step(kernels, part, scale, factor, i === blocks.length - 1);
    }
    network.version++;
    return { loss, gradNorm, lr: optimizer.lr * factor, penalty };
  }

  /** What an update changes besides the parameters, laid out as these, by name in checkpoints. */
  kept(): (readonly [string, Region])[] {
    return this.optimizer.slots.map((slot, k) => [slot, this.network.slot(k)]);
  }

  /** What else checkpoints tell, as JSON. */
  progress(): Progress {
    return this.skipped ? { skipped: this.skipped } : {};
  }

  /** Checks what `progress` gave; the result sets it. @throws {FormatError} if it is invalid */
  resume({ skipped = 0 }: Progress): () => void {
    if (!isSize(skipped)) {
      throw new FormatError('checkpoint: skipped is not an integer of at least 0');
    }
    return () => {
      this.skipped = skipped;
    };
  }

  /** Whether an update of numbers that are not finite is left out. */
  get skips(): boolean {
    return this.options.nonFinite === 'skip';
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
}
