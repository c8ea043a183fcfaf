import { boolean, integer, number, options } from '../check.ts';
import type { Flow } from '../diagnostics/flow.ts';
import { Observer } from '../diagnostics/observe.ts';
import { ArgumentError, ShapeError, StateError, Words } from '../errors.ts';
import { moveState, readSteps, type Steps, writeRows } from '../layers/border.ts';
import type { Network } from '../layers/network.ts';
import type { Plan, PlanRequest } from '../layers/plan.ts';
import type { Valid } from '../layers/rows.ts';
import type { Loss } from '../losses/loss.ts';
import { Layout, type Region } from '../memory/layout.ts';
import { type Given, readSequence, type Sequence, type Signal } from '../ndarray.ts';
import { type Blocks, Optimizer } from '../optim/optimizer.ts';
import type { Schedule } from '../optim/schedules.ts';
import { type CheckpointReport, planCheckpoints, splitAt } from './bptt/checkpoints.ts';
import { readCheckpoint, writeCheckpoint } from './save.ts';
import { Sequential } from './sequential.ts';

/** What a `Trainer` takes beside the model. */
export interface TrainerOptions {
  /** `crossEntropy`, or with its options `crossEntropy({ ignoreIndex: 0 })`; likewise `mse`, `bceWithLogits`. */
  readonly loss: Loss | (() => Loss);
  /** It serves this trainer alone. */
  readonly optimizer: Optimizer;
  /** The global norm of the gradients is brought down to this, as torch.nn.utils.clip_grad_norm_. */
  readonly clipNorm?: number;
  /** Each gradient is brought into ± this, as torch.nn.utils.clip_grad_value_. */
  readonly clipValue?: number;
  /** Factor of the learning rate at each step. */
  readonly schedule?: Schedule;
  /** Each step starts from the states in which the last one ended, detached. Default false. */
  readonly carryState?: boolean;
  /** Truncated BPTT inside a step (Williams & Peng 1990): an update every k1 steps, back through the last k2. */
  readonly truncation?: Truncation;
  /**
   * Bytes that the plan of a step may take: of a longer sequence states are kept here and there, and the activations
   * between them computed again (Gruslys et al. 2016). Gradients are the same to the bit. `model.plan()` tells what it
   * costs.
   */
  readonly memoryBudget?: number;
  /** Rows of sequences that are given as bare numbers. Default 1. */
  readonly batch?: number;
}

/** Truncated BPTT: an update every k1 steps, back through k2 (Williams & Peng 1990). */
export interface Truncation {
  /** Steps from update to update. */
  readonly k1: number;
  /** A multiple of k1. */
  readonly k2: number;
}

/** What a step takes beside x and y. */
export interface StepOptions extends Steps {
  /** Tells how the gradient flows through the recurrent layers. Default false. */
  readonly flow?: boolean;
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
  /** With `flow`. */
  readonly flow?: Flow;
}

/** What an evaluation tells. */
export interface Evaluation {
  /** Mean loss over the targets that count. */
  readonly loss: number;
}

/** Last states of a step, one region a state slot. */
interface Carried {
  readonly batch: number;
  readonly states: readonly Region[];
}

/** Optimizers that serve a trainer: each counts the updates of one. */
const taken = new WeakSet<Optimizer>();

const KNOWN = [
  ...['loss', 'optimizer', 'clipNorm', 'clipValue', 'schedule', 'carryState', 'batch'],
  ...['truncation', 'memoryBudget'],
];

/** Trains a model: forward, loss, BPTT, clipping and update over one plan, nothing allocated in a step. */
export class Trainer {
  /** What it trains. */
  readonly model: Sequential;
  /** What makes the updates. */
  readonly optimizer: Optimizer;
  /** What it lowers. */
  readonly loss: Loss;
  readonly #network: Network;
  /** Where they lie for good. */
  readonly #blocks: Blocks;
  readonly #wanted: Signal;
  // overwritten by every step, so that it makes no new ones
  readonly #x: Sequence = { data: [], steps: 0, batch: 0 };
  readonly #y: Sequence = { data: [], steps: 0, batch: 0 };
  readonly #asked: { -readonly [K in keyof PlanRequest]: PlanRequest[K] };
  readonly #arguments = { rows: 0, size: 0, output: 0, targets: 0, gradient: 0, count: 0 };
  #valid: Valid | undefined;
  readonly #reports = new Map<string, CheckpointReport>();
  /** Room for states inside a step by batch. */
  readonly #kept = new Map<number, readonly (readonly Region[])[]>();
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
    if (given.memoryBudget !== undefined) integer('memoryBudget', given.memoryBudget, 1);
    if (given.truncation !== undefined) checkTruncation(given.truncation, given.memoryBudget);
    for (const name of ['truncation', 'memoryBudget'] as const) {
      const whole = model.layers.findIndex((layer) => layer.needsFuture || layer.reducesSteps);
      if (given[name] === undefined || whole < 0) continue;
      const { type, needsFuture } = model.layers[whole]!;
      const what = `layers[${whole}] (${needsFuture ? 'bidirectional ' : ''}${type})`;
      throw new ArgumentError(name, `none with ${what}, which needs the sequence whole`, given[name]);
    }
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
   * One update on a batch, or with `truncation` one every k1 steps. x: [T, B] indices or [T, B, inputSize]; y: [T, B]
   * indices or [T, B, outputSize], as the loss takes them, of one step after a `LastStep`; time-major. Targets of steps
   * that do not count do not count.
   *
   * @throws {ArgumentError} no numbers, an index outside the vocabulary, no target that counts, a schedule's bad factor, a
   * length outside 0..T, options that the trainer's contradict
   * @throws {ShapeError} a wrong rank, shape or length, x and y that do not fit, another batch than the states carried
   * @throws {MemoryError} beyond 2 GiB, or beyond the budget
   */
  step(x: Given, y: Given, opts?: StepOptions): StepResult {
    this.#serves();
    const { truncation, memoryBudget } = this.#options;
    const flow = opts ? this.#checkStep(opts).flow === true : false;
    this.#read(x, y, opts, true);
    if (truncation) return this.#truncated(truncation);
    const { steps, batch } = this.#x;
    if (memoryBudget !== undefined) {
      const report = this.#checkpoints(steps, batch, memoryBudget);
      if (report.segments > 1) return this.#checkpointed(report);
    }
    return this.#whole(flow);
  }

  /**
   * The mean loss on a batch from zero states; nothing changes, dropout is off. Arguments and errors as `step`, without
   * flow.
   */
  evaluate(x: Given, y: Given, opts?: Steps): Evaluation {
    if (opts) options('evaluate', opts, ['lengths', 'mask']);
    this.#read(x, y, opts, false);
    const plan = this.#plan(this.#x.steps, this.#x.steps, false, false);
    this.#network.writeInput('x', plan, this.#x, this.#valid);
    this.#writeTargets(plan);
    const count = this.#count(plan);
    for (const { initial } of plan.states) this.#network.arena.clear(initial);
    plan.forward();
    return { loss: this.#loss(plan, 0, plan.outputRows.count, 0, count) / count };
  }

  /**
   * How the gradient of a batch flows through the recurrent layers, from the states in which the next step would start:
   * what that step would tell with `flow`. Training goes on as if nothing had been, except that gradients are 0. Arguments
   * and errors as `step`.
   */
  flow(x: Given, y: Given, opts?: Steps): Flow {
    this.#serves();
    if (opts) options('flow', opts, ['lengths', 'mask']);
    this.#checkStep({ ...opts, flow: true });
    this.#read(x, y, opts, true);
    const { arena, gradients, generator } = this.#network;
    const plan = this.#written(true);
    const count = this.#count(plan);
    const drawn = generator.state;
    this.#ahead(plan, count, this.#carried?.states);
    const observer = new Observer(arena, plan);
    arena.clear(gradients);
    plan.backward(false);
    arena.clear(gradients);
    generator.state = drawn;
    return observer.summarize();
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
  plan(steps: number, batch: number): { plan: Plan; checkpoints?: CheckpointReport } {
    const { memoryBudget, truncation } = this.#options;
    if (truncation) {
      const length = Math.min(steps, truncation.k2);
      return { plan: this.#preview(length, batch, length, Math.ceil(length / truncation.k1)) };
    }
    if (memoryBudget === undefined) return { plan: this.#preview(steps, batch, steps) };
    const checkpoints = this.#checkpoints(steps, batch, memoryBudget);
    const { segmentSteps } = checkpoints;
    return { plan: this.#preview(segmentSteps, batch, steps, checkpoints.checkpoints), checkpoints };
  }

  /** kept: states inside the sequence that there must be room for. */
  #preview(steps: number, batch: number, wholeSteps: number, kept = 0): Plan {
    const carry = this.#options.carryState && !this.#room.has(batch);
    const missing = kept - (this.#kept.get(batch)?.length ?? 0);
    const request = { steps, batch, training: true, targets: this.loss.targets, wholeSteps } as const;
    return this.#network.preview(request, this.optimizer.slots.length, (layout) => {
      if (carry) this.#layoutStates(layout, batch);
      for (let i = 0; i < missing; i++) this.#layoutStates(layout, batch);
    });
  }

  #checkpoints(steps: number, batch: number, budget: number): CheckpointReport {
    const key = `${steps} ${batch}`;
    let report = this.#reports.get(key);
    if (!report) {
      const layout = new Layout(0);
      this.#layoutStates(layout, batch);
      report = planCheckpoints({
        steps,
        budget,
        stateBytes: layout.end,
        planBytes: (segment) => {
          const plan = this.#preview(segment, batch, steps);
          return plan.end - plan.start;
        },
      });
      this.#reports.set(key, report);
    }
    return report;
  }

  /** Forward, loss, backward and update of all steps at once. */
  #whole(flow: boolean): StepResult {
    const network = this.#network;
    const { arena } = network;
    const factor = this.#factor();
    const plan = this.#written(flow);
    const count = this.#count(plan);
    const carried = this.#options.carryState ? this.carryFor(plan.batch) : undefined;
    const loss = this.#ahead(plan, count, carried);
    const observer = flow ? new Observer(arena, plan) : undefined;
    arena.clear(network.gradients);
    plan.backward(false);
    const told = observer?.summarize();
    const result = this.#update(loss, plan.penalty, factor);
    for (let i = 0; carried && i < plan.states.length; i++) {
      moveState(arena, plan.rows, plan.states[i]!.final, carried[i]!, 'other');
    }
    return told ? { ...result, flow: told } : result;
  }

  /** The plan of all steps at once, x and y written to it. */
  #written(flow: boolean): Plan {
    const { steps } = this.#x;
    const plan = this.#plan(steps, steps, true, flow);
    this.#network.writeInput('x', plan, this.#x, this.#valid);
    this.#writeTargets(plan);
    return plan;
  }

  /** From states, or zeros, forward to the loss and the gradient by the output. */
  #ahead(plan: Plan, count: number, carried: readonly Region[] | undefined): number {
    const { arena } = this.#network;
    for (let i = 0; i < plan.states.length; i++) {
      const { initial, gradient } = plan.states[i]!;
      if (carried) moveState(arena, plan.rows, initial, carried[i]!, 'slot');
      else arena.clear(initial);
      arena.clear(gradient!);
    }
    plan.begin();
    plan.forward();
    return this.#loss(plan, 0, plan.outputRows.count, plan.outputGradient.ptr, count) / count;
  }

  /** Truncated backpropagation: every k1 steps an update from the loss of these, through the last k2 steps. */
  #truncated({ k1, k2 }: Truncation): StepResult {
    const network = this.#network;
    const { arena } = network;
    const x = this.#x;
    const { steps, batch } = x;
    const length = Math.min(k2, steps);
    const kept = Math.ceil(length / k1);
    const carried = this.#options.carryState ? this.carryFor(batch) : undefined;
    const ring = this.#keep(batch, kept);
    const plan = this.#plan(length, length, true, false);
    network.writeInput('x', plan, { data: x.data, steps: length, batch });
    let loss = 0;
    let counted = 0;
    let worst: StepResult | undefined;
    for (let end = 0, update = 0; end < steps; update++) {
      const from = end;
      end = Math.min(end + k1, steps);
      const back = Math.min(update, kept - 1);
      const start = (update - back) * k1;
      plan.rows.window(start, end - start, 'alone');
      network.writePart('x', plan, x);
      this.#writeTargets(plan);
      for (let i = 0; i < plan.states.length; i++) {
        const { initial, gradient } = plan.states[i]!;
        if (start > 0) arena.copy(ring[(update - back) % kept]![i]!, initial);
        else if (carried) arena.copy(carried[i]!, initial);
        else arena.clear(initial);
        arena.clear(gradient!);
      }
      const skipped = (from - start) * batch;
      const rows = (end - from) * batch;
      const size = network.outputSize;
      const count = this.loss.count(rows, size, this.#y.data, from * batch);
      arena.clear({ ...plan.outputGradient, length: skipped * size });
      plan.begin();
      plan.forward();
      const sum = this.#loss(plan, skipped, rows, plan.outputGradient.ptr, Math.max(count, 1));
      arena.clear(network.gradients);
      plan.backward(false);
      const result = this.#update(count ? sum / count : 0, plan.penalty, this.#factor());
      loss += count ? sum : 0;
      counted += count;
      if (!worst || result.gradNorm > worst.gradNorm) worst = result;
      for (let i = 0; i < plan.states.length; i++)
        arena.copy(plan.states[i]!.final, ring[(update + 1) % kept]![i]!);
    }
    for (let i = 0; carried && i < plan.states.length; i++) arena.copy(plan.states[i]!.final, carried[i]!);
    return { ...worst!, loss: loss / counted };
  }

  /** Forward to the end keeping states alone, then segment by segment forward again and back. */
  #checkpointed({ segmentSteps, segments, checkpoints }: CheckpointReport): StepResult {
    const network = this.#network;
    const { arena } = network;
    const x = this.#x;
    const { steps, batch } = x;
    const factor = this.#factor();
    const carried = this.#options.carryState ? this.carryFor(batch) : undefined;
    const kept = this.#keep(batch, checkpoints);
    const plan = this.#plan(segmentSteps, steps, true, false);
    network.writeInput('x', plan, { data: x.data, steps: segmentSteps, batch });
    const count = this.loss.count(steps * batch, network.outputSize, this.#y.data, 0);
    for (let i = 0; i < plan.states.length; i++) {
      const { initial, gradient } = plan.states[i]!;
      if (carried) arena.copy(carried[i]!, initial);
      else arena.clear(initial);
      arena.copy(initial, kept[0]![i]!);
      arena.clear(gradient!);
    }
    arena.clear(network.gradients);
    plan.begin();
    let loss = 0;
    const ahead = (segment: number) => {
      const t = segment * segmentSteps;
      plan.rows.window(t, Math.min(segmentSteps, steps - t), 'together');
      network.writePart('x', plan, x);
      plan.forward();
    };
    const back = (segment: number) => {
      ahead(segment);
      if (segment === segments - 1) {
        for (let i = 0; carried && i < plan.states.length; i++)
          arena.copy(plan.states[i]!.final, carried[i]!);
      }
      this.#writeTargets(plan);
      loss += this.#loss(plan, 0, plan.rows.count, plan.outputGradient.ptr, count);
      plan.backward(false, segment === 0);
    };
    const load = (slot: number) => {
      for (let i = 0; i < plan.states.length; i++) arena.copy(kept[slot]![i]!, plan.states[i]!.initial);
    };
    // segments from..to−1, whose first one's state is kept in `slot`
    const solve = (from: number, to: number, slot: number): void => {
      load(slot);
      if (to - from === 1) {
        back(from);
        return;
      }
      const free = checkpoints - slot;
      const split = splitAt(to - from, free);
      for (let k = from; k < from + split; k++) {
        ahead(k);
        for (const { initial, final } of plan.states) arena.copy(final, initial);
      }
      if (free === 1) {
        back(to - 1);
        solve(from, to - 1, slot);
        return;
      }
      for (let i = 0; i < plan.states.length; i++) arena.copy(plan.states[i]!.initial, kept[slot + 1]![i]!);
      solve(from + split, to, slot + 1);
      solve(from, from + split, slot);
    };
    solve(0, segments, 0);
    return this.#update(loss / count, plan.penalty, factor);
  }

  /** The factor of the learning rate for the update at hand. */
  #factor(): number {
    const { schedule } = this.#options;
    return schedule ? number('schedule', schedule(this.optimizer.steps), 0) : 1;
  }

  /** Clips the gradients and updates the parameters. */
  #update(loss: number, penalty: number, factor: number): StepResult {
    const network = this.#network;
    const { clipNorm, clipValue } = this.#options;
    const { gradients, block } = network;
    const { kernels } = network.arena;
    const gradNorm = Math.sqrt(kernels.vec_sum_squares(block.length, gradients.ptr));
    if (clipValue !== undefined) kernels.vec_clamp(block.length, clipValue, gradients.ptr);
    const scale = clipNorm === undefined ? 1 : Math.min(1, clipNorm / (gradNorm + 1e-6));
    this.optimizer.step(kernels, this.#blocks, scale, factor);
    network.version++;
    return { loss, gradNorm, lr: this.optimizer.lr * factor, penalty };
  }

  /** Room for the states of so many steps. */
  #keep(batch: number, count: number): readonly (readonly Region[])[] {
    let found = this.#kept.get(batch);
    if (!found || found.length < count) {
      const missing = count - (found?.length ?? 0);
      const added = Array.from({ length: missing }, () =>
        this.#network.reserveAll((layout) => this.#layoutStates(layout, batch)),
      );
      found = [...(found ?? []), ...added];
      this.#kept.set(batch, found);
    }
    return found;
  }

  #serves(): void {
    if (this.model.trainer !== this) throw new StateError('the model has another trainer by now');
  }

  #layoutStates(layout: Layout, batch: number): Region[] {
    return this.stateShapes(batch).map((shape) => layout.take('carried state', ...shape));
  }

  #checkStep(opts: StepOptions): StepOptions {
    options('step', opts, ['lengths', 'mask', 'flow']);
    const { truncation, memoryBudget } = this.#options;
    const other = truncation ? 'truncation' : memoryBudget === undefined ? undefined : 'memoryBudget';
    for (const name of ['lengths', 'mask', 'flow'] as const) {
      const value = opts[name];
      if (other && value !== undefined && value !== false)
        throw new ArgumentError(name, `none with the trainer's ${other}, which cuts the sequence`, value);
    }
    if (opts.flow !== undefined) boolean('flow', opts.flow);
    return opts;
  }

  /** Checks x, y and which steps count. */
  #read(x: Given, y: Given, opts: Steps | undefined, training: boolean): void {
    const network = this.#network;
    const { batch = 1, carryState, truncation, memoryBudget } = this.#options;
    const input = readSequence('x', x, network.input, batch, this.#x);
    const target = readSequence('y', y, this.#wanted, batch, this.#y);
    this.#valid = opts && readSteps(opts, input.steps, input.batch);
    const reduced = this.model.layers.some(({ reducesSteps }) => reducesSteps);
    fits(input, target, reduced);
    if (training && (truncation || memoryBudget !== undefined)) {
      // all of it before anything changes: parts are written when others have led to an update
      if (network.input.kind === 'indices') inRange('x', input, network.input.size);
      if (this.loss.targets === 'indices') inRange('y', target, network.outputSize, this.loss.ignoreIndex);
      this.#some(this.loss.count(target.steps * target.batch, network.outputSize, target.data, 0));
    }
    if (training && carryState) {
      if (this.#carried && this.#carried.batch !== input.batch) {
        throw new ShapeError(
          'x',
          `batch ${this.#carried.batch}, as the states carried`,
          `batch ${input.batch}`,
        );
      }
      this.roomFor(input.batch);
    }
  }

  #plan(steps: number, wholeSteps: number, training: boolean, flow: boolean): Plan {
    const request = this.#asked;
    request.steps = steps;
    request.wholeSteps = wholeSteps;
    request.batch = this.#x.batch;
    request.training = training;
    request.ragged = this.#valid !== undefined;
    request.flow = flow;
    return this.#network.prepare(request);
  }

  /** Writes the targets of the rows that a plan is at. */
  #writeTargets(plan: Plan): void {
    const network = this.#network;
    const { outputSize, arena } = network;
    const { outputRows } = plan;
    const { data } = this.#y;
    if (this.loss.targets === 'features') writeRows(arena, outputRows, plan.targets, data, outputSize);
    else network.writeIndices('y', outputRows, plan.targets, data, outputSize, this.loss.ignoreIndex);
  }

  /** Refuses a mean over nothing. */
  #some(count: number): number {
    if (count > 0) return count;
    const what = `a target other than ignoreIndex ${this.loss.ignoreIndex}`;
    throw new ArgumentError('y', what, new Words('none'));
  }

  /** What the mean of all the plan's rows is over. */
  #count({ outputRows, targets }: Plan): number {
    const { arena, outputSize } = this.#network;
    return this.#some(this.loss.count(outputRows.count, outputSize, arena.i32, targets.ptr / 4));
  }

  /** The sum over so many rows from row `first` of the plan on; the gradient to theirs at `gradient`, 0 for none. */
  #loss(plan: Plan, first: number, rows: number, gradient: number, count: number): number {
    const args = this.#arguments;
    const size = this.#network.outputSize;
    const target = this.loss.targets === 'features' ? size : 1;
    args.rows = rows;
    args.size = size;
    args.output = plan.output.ptr + first * size * 4;
    args.targets = plan.targets.ptr + first * target * 4;
    args.gradient = gradient && gradient + first * size * 4;
    args.count = count;
    return this.loss.run(this.#network.arena.kernels, args);
  }
}

function inRange(name: string, { data, batch }: Sequence, limit: number, ignore?: number): void {
  for (let i = 0; i < data.length; i++) {
    const index = data[i]!;
    if ((index >= 0 && index < limit) || index === ignore) continue;
    const where = `step ${Math.floor(i / batch)}, row ${i % batch}`;
    throw new ArgumentError(`${name} (${where})`, `an index in 0..${limit - 1}`, index);
  }
}

function checkTruncation(given: Truncation, memoryBudget: number | undefined): void {
  const { k1, k2 } = options('truncation', given, ['k1', 'k2']);
  integer('truncation.k1', k1, 1);
  integer('truncation.k2', k2, k1);
  if (k2 % k1) throw new ArgumentError('truncation.k2', `a multiple of k1 ${k1}`, k2);
  if (memoryBudget !== undefined)
    throw new ArgumentError('memoryBudget', 'none with truncation, whose k2 bounds the memory', memoryBudget);
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
