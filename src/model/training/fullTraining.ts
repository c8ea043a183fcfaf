import { integer, isSize, reading } from '../../check.ts';
import type { Steps } from '../../engine/batchIO.ts';
import type { Plan } from '../../engine/plan.ts';
import { ArgumentError, FormatError, ShapeError, StateError, show } from '../../errors.ts';
import type { Region } from '../../memory/layout.ts';
import { type Given, type Numbers, readShaped } from '../../ndarray.ts';
import { followsMetric, resumed } from '../../optim/plateau.ts';
import { CarryingTraining } from '../carryingTraining.ts';
import type { Batch } from '../core/batch.ts';
import type { ModelBase } from '../core/modelBase.ts';
import type { Objective } from '../core/objective.ts';
import type { Files } from '../core/save.ts';
import type { TrainerOptions } from '../core/trainerTypes.ts';
import { FILES, withoutFit } from '../files.ts';
import type { BestWeights } from '../fit/bestWeights.ts';
import { outputRows } from '../fit/outputRows.ts';
import type { Named } from '../graph/named.ts';
import { Accumulator } from './accumulator.ts';
import type { CheckedOptions } from './fullOptions.ts';
import type { BatchOptions, FitInFile, Measured, Measuring } from './fullTypes.ts';
import { readStates, type States } from './givenStates.ts';
import { lowestPass, namesOfStates } from './passes.ts';
import { readTargetWeights, refuseWeights, type TargetWeights } from './rowWeights.ts';
import type { FullProgress, FullStepResult } from './types.ts';
import { WeightAverage } from './weightAverage.ts';
import type { WeightedObjective } from './weightedObjective.ts';

/** What a trainer of the whole package does updates with. */
export class FullTraining extends CarryingTraining {
  readonly averages: WeightAverage | undefined;
  readonly accumulator: Accumulator | undefined;
  readonly #more: CheckedOptions;
  readonly #names: readonly string[];
  /** The gradients of what is trained, in the order of the parameters. */
  readonly #trained: readonly Region[];
  readonly #trainedNames: readonly string[];
  /** The highest learning rate of a group. */
  readonly #highest: number;
  #planned: Plan | undefined;
  readonly #given = this.stateRoom();
  readonly #evaluation = this.stateRoom();
  /** Rows and updates at the end of the last evaluation that carries its states. */
  #evaluated: { readonly batch: number; readonly steps: number } | undefined;
  /** Of a fit under way, while its checkpoint is written or read. */
  fit: FitInFile | undefined;
  /** Memory for the best weights of a fit. */
  bestWeights: BestWeights | undefined;
  override readonly files: Files = {
    ...FILES,
    parse: (bytes) => (this.fit ? FILES.parse(bytes) : withoutFit(FILES.parse(bytes))),
  };
  /** Where gradients are asked for instead of an update. */
  #into: Float32Array | undefined;

  constructor(
    owner: object,
    model: ModelBase,
    objective: Objective,
    options: TrainerOptions,
    more: CheckedOptions,
  ) {
    super(owner, model, objective, options);
    const { network } = model;
    const { accumulate, averages, frozen, parts } = more;
    this.#more = more;
    this.#highest = Math.max(0, ...parts.map(({ lr = 0 }) => lr));
    if (accumulate > 1) this.accumulator = new Accumulator(network, accumulate);
    if (averages !== undefined) this.averages = new WeightAverage(network, averages);
    this.#names = namesOfStates(this.preview(1, 1));
    const trained = [...network.parameters].filter(([name]) => !frozen.has(name));
    this.#trainedNames = trained.map(([name]) => name);
    this.#trained = trained.map(([, region]) => network.partOf(network.gradients, region));
    const [whole] = this.blocks;
    if (!parts.length) return;
    const unchanged = parts.length === 1 && !frozen.size;
    this.blocks = parts.map(({ first, last, lr, weightDecay }) => {
      const offset = unchanged ? 0 : first.ptr - whole!.parameters;
      return {
        n: unchanged ? whole!.n : (last.ptr - first.ptr) / 4 + last.length,
        parameters: whole!.parameters + offset,
        gradients: whole!.gradients + offset,
        slots: whole!.slots.map((slot) => slot + offset),
        lr,
        weightDecay,
      };
    });
  }

  /** Number of parameters that are trained. */
  get trainedCount(): number {
    return this.#trained.reduce((sum, { length }) => sum + length, 0);
  }

  /** First steps that don't count. */
  protected get warmup(): number {
    return this.#more.warmup;
  }

  /** Steps from update to update. */
  get accumulate(): number {
    return this.#more.accumulate;
  }

  /** Number of batches whose gradients were taken or skipped. */
  get batches(): number {
    return this.optimizer.steps * this.accumulate + (this.accumulator?.count ?? 0) + this.skipped;
  }

  override read(into: Batch, x: Given, y: Given, given: BatchOptions | undefined): Batch {
    super.read(into, x, y, given as Steps);
    const { batch } = into.x;
    if (into.labels) refuseWeights(given as TargetWeights, this.warmup);
    else if (given || this.warmup) {
      readTargetWeights(into, this.objective, given as TargetWeights & Steps, this.warmup);
    } else {
      into.warmup = 0;
      into.weights = undefined;
    }
    this.readInitial(into, given?.states, batch);
    return into;
  }

  /** Checks the states that a batch starts from. @throws {ArgumentError | ShapeError} as `Trainer.step` */
  protected readInitial(into: Batch, states: States | undefined, batch: number): void {
    if (states !== undefined && this.carries && this.parts)
      throw new ArgumentError('states', 'none with carryState and a trainer that cuts the sequence', states);
    into.states = states === undefined ? undefined : readStates(states, this.#names, this.stateShapes(batch));
  }

  override roomNow(batch: Batch): readonly Region[] | undefined {
    if (batch.states) this.#given.take(batch.x.batch);
    return super.roomNow(batch);
  }

  override initialStates(batch: Batch): readonly Region[] | undefined {
    return this.#mixed(batch, super.initialStates(batch));
  }

  /** The given states of a batch, and others where none are given. */
  #mixed({ states, x }: Batch, others: readonly Region[] | undefined): readonly Region[] | undefined {
    if (!states) return others;
    const { arena } = this.network;
    const regions = this.#given.take(x.batch)[0]!;
    for (const [i, region] of regions.entries()) {
      const given: Numbers | undefined = states[i];
      if (given) arena.write(region, given);
      else if (others) arena.copy(others[i]!, region);
      else arena.clear(region);
    }
    return regions;
  }

  override plan(batch: Batch, steps: number, whole: number, training: boolean, flow = false): Plan {
    return this.trainedOnly(super.plan(batch, steps, whole, training, flow), training, flow);
  }

  /** A plan that runs backward only as far as there are parameters that are trained. */
  protected trainedOnly<P extends Plan>(plan: P, training: boolean, flow: boolean): P {
    if (plan === this.#planned || !training) return plan;
    this.#planned = plan;
    // what is diagnosed runs backward; another trainer of the model may have left its own
    const trained = this.#more.frozen.size && !flow ? this.#trainedNames : undefined;
    if (plan.train) plan.train(trained);
    else plan.lowest = trained ? lowestPass(plan, this.network.prefixes, trained) : 0;
    return plan;
  }

  /**
   * The mean loss of a batch and its divisor. With `carry` from the states in which the last evaluation with `carry` ended,
   * if no update was made since; unless `restart`.
   */
  measure(x: Named<Given>, y: Named<Given>, given: BatchOptions | undefined, how: Measuring): Measured {
    const { network, objective } = this;
    const { carry, restart = false, outputs = false } = how;
    return network.during('evaluate', () => {
      const batch = this.read(this.other, x as Given, y as Given, given);
      const rows = batch.x.batch;
      const { steps } = this.optimizer;
      const known = carry && !restart && this.#evaluated?.steps === steps;
      const last = known ? this.#evaluated : undefined;
      if (last && last.batch !== rows)
        throw new ShapeError('x', `batch ${last.batch}, as before`, `batch ${rows}`);
      if (batch.states) this.#given.take(rows);
      const room = carry ? this.#evaluation.take(rows)[0] : undefined;
      const plan = this.written(batch, false);
      this.startFrom(plan, this.#mixed(batch, last && room));
      const count = objective.count(batch, plan);
      plan.forward();
      const loss = objective.run(batch, plan, 0, plan.outputCount, 0, count) / count;
      if (room) this.endIn(plan, room);
      if (carry) this.#evaluated = { batch: rows, steps };
      const regions = outputs ? (objective as WeightedObjective).regions(batch, plan) : [];
      return { loss, count, outputs: regions.map((region) => outputRows(network.arena, region)) };
    });
  }

  /** Has rows of the next step, or all, start from zero states. @throws {ArgumentError} a row outside the batch */
  override resetState(rows?: ArrayLike<number>): void {
    if (rows === undefined) {
      super.resetState();
      this.#evaluated = undefined;
      return;
    }
    this.network.free('resetState');
    const most = this.carried ? this.carried.batch - 1 : Infinity;
    const chosen = reading('rows', rows, () => {
      if (!Array.isArray(rows) && !ArrayBuffer.isView(rows))
        throw new ArgumentError('rows', 'a list of rows', rows);
      return Array.from(rows as ArrayLike<number>, (row, i) => integer(`rows[${i}]`, row, 0, most));
    });
    for (const { ptr, shape } of this.carried?.states ?? []) {
      const width = shape[1]!;
      for (const row of chosen) this.network.arena.kernels.vec_fill(width, 0, ptr + row * width * 4);
    }
  }

  protected override get highestRate(): number {
    return Math.max(super.highestRate, this.#highest);
  }

  override get skips(): boolean {
    return super.skips && !this.#into;
  }

  override update(loss: number, penalty: number, factor: number): FullStepResult {
    const { accumulator, averages, optimizer } = this;
    if (this.#into || (accumulator && !accumulator.isLast)) {
      const gradNorm = this.norm(loss, penalty);
      const result = { loss, gradNorm, lr: optimizer.lr * factor, penalty };
      if (this.#into) {
        this.#readGradients(this.#into);
        return result;
      }
      accumulator!.add();
      return { ...result, accumulated: accumulator!.count };
    }
    accumulator?.merge();
    const result = super.update(loss, penalty, factor);
    accumulator?.reset();
    averages?.add(optimizer.steps === 1);
    return result;
  }

  override kept(): (readonly [string, Region])[] {
    const { accumulator, averages } = this;
    const kept = super.kept();
    // names that no slot of a user's own optimizer can have
    if (accumulator) kept.push(['accumulated-gradient', accumulator.sum]);
    if (averages) kept.push(['moving-average', averages.values]);
    return this.fit ? [...kept, ...this.fit.kept()] : kept;
  }

  override progress(): FullProgress {
    const { accumulator } = this;
    const schedule = followsMetric(this.options.schedule)?.state();
    return {
      ...super.progress(),
      ...(accumulator?.count ? { accumulated: accumulator.count } : {}),
      ...(schedule ? { schedule } : {}),
      ...(this.fit ? { fit: this.fit.state() } : {}),
    };
  }

  override resume(progress: FullProgress): () => void {
    const { accumulator } = this;
    const set = super.resume(progress);
    const { accumulated = 0 } = progress;
    const most = this.#more.accumulate - 1;
    if (!isSize(accumulated) || accumulated > most)
      throw new FormatError(`checkpoint: accumulated ${show(accumulated)} is not an integer in 0..${most}`);
    const setSchedule = resumed(this.options.schedule, progress.schedule);
    const setFit = this.fit?.resume();
    return () => {
      set();
      setFit?.();
      setSchedule();
      if (accumulator) accumulator.count = accumulated;
      this.#evaluated = undefined;
    };
  }

  #readGradients(into: Float32Array): void {
    const { f32 } = this.network.arena;
    let at = 0;
    for (const { ptr, length } of this.#trained) {
      into.set(f32.subarray(ptr / 4, ptr / 4 + length), at);
      at += length;
    }
  }

  /** A step that writes the gradients instead of making the update. */
  gradientsOf(into: Float32Array, x: Given, y: Given, given: BatchOptions | undefined): FullStepResult {
    this.#into = into;
    try {
      return this.step(x, y, given as Steps);
    } finally {
      this.#into = undefined;
    }
  }

  /** Makes an update with gradients from elsewhere, of a batch with the given loss and penalty. */
  applyGradients(gradients: ArrayLike<number>, loss = 0, penalty = 0): FullStepResult {
    const { network } = this;
    this.serves();
    network.free('apply');
    const values = new Float32Array(readShaped('gradients', gradients as Given, [this.trainedCount]));
    const factors: number[] = [];
    this.askSchedule(factors, 1);
    return network.during('apply', () => {
      network.arena.clear(network.gradients);
      let at = 0;
      for (const region of this.#trained) {
        network.arena.write(region, values.subarray(at, at + region.length));
        at += region.length;
      }
      return this.update(loss, penalty, factors[0]!);
    });
  }

  /** @throws {StateError} with options that make several updates of a step, or one of several steps */
  single(call: string): void {
    const other = this.accumulator
      ? 'accumulate'
      : this.parts && this.parts.updates(2 ** 30) > 1 && 'truncation';
    if (other) throw new StateError(`${call}: not with the trainer's ${other}`);
  }
}
