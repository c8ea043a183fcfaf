import { writeRows } from '../../engine/batchIO.ts';
import type { GraphRequest } from '../../engine/graph.ts';
import type { GraphNetwork } from '../../engine/graphNetwork.ts';
import type { GraphPlan } from '../../engine/graphPlan.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import type { Loss } from '../../losses/loss.ts';
import { type Given, readSequence, type Sequence, type Signal } from '../../ndarray.ts';
import { CarryingTraining } from '../carryingTraining.ts';
import type { Batch } from '../core/batch.ts';
import type { ModelBase } from '../core/modelBase.ts';
import type { TrainerOptions } from '../core/trainerTypes.ts';
import {
  checkRecord,
  checkTargets,
  emptyFed,
  type Fed,
  type GraphSteps,
  pick,
  readInputs,
  readVector,
} from './feed.ts';
import type { Model } from './model.ts';
import { isMultiLoss, type Part } from './multiLoss.ts';

/** Inputs and targets of a batch. */
interface GraphBatch {
  readonly fed: Fed;
  /** By output. */
  readonly targets: readonly Sequence[];
}

/** What a trainer of a `Model` does updates with: several inputs, and a loss per output. */
export class GraphTraining extends CarryingTraining {
  declare readonly network: GraphNetwork;
  readonly #parts: readonly Part[];
  readonly #batches = new WeakMap<Batch, GraphBatch>();
  readonly #signals: readonly Signal[];
  readonly #request: { -readonly [K in keyof GraphRequest]: GraphRequest[K] };
  /** Divisor of each output's mean. */
  readonly #counts: number[] = [];
  readonly #args = { rows: 0, size: 0, output: 0, targets: 0, gradient: 0, count: 0 };

  /** @throws {ArgumentError} if the options do not fit the graph */
  constructor(owner: object, model: ModelBase, loss: Loss, options: TrainerOptions) {
    const { outputs, values, single } = (model as Model).graph;
    if (!single.output && !isMultiLoss(loss)) {
      throw new ArgumentError(
        'loss',
        `losses for ${outputs.map(({ name }) => name).join(', ')}`,
        new Verbatim('one'),
      );
    }
    super(owner, model, loss, options);
    this.#parts = isMultiLoss(loss) ? loss.parts : [{ loss, weight: 1 }];
    this.#signals = this.#parts.map(({ loss }, i) => {
      return { kind: loss.targets, size: values[outputs[i]!.value]!.shape.size };
    });
    this.#request = {
      steps: 1,
      batch: 1,
      training: true,
      targets: loss.targets,
      kinds: this.#parts.map(({ loss }) => loss.targets),
    };
  }

  override read(into: Batch, x: unknown, y: unknown, steps: GraphSteps | undefined): Batch {
    const { network } = this;
    const { graph } = network;
    let batch = this.#batches.get(into);
    if (!batch) {
      const fed = emptyFed(graph);
      const targets: Sequence[] = graph.outputs.map(() => ({ data: [], steps: 0, batch: 0 }));
      // what goes through a sequence in parts knows one input and one output
      fed.sequences[0] = into.x;
      targets[0] = into.y;
      this.#batches.set(into, (batch = { fed, targets }));
    }
    const rows = this.options.batch;
    const { fed, targets } = batch;
    readInputs(fed, network, x, steps, rows);
    checkRecord('y', y, graph.outputs, graph.single.output);
    for (let i = 0; i < targets.length; i++) {
      const { name, value } = graph.outputs[i]!;
      const { axis } = graph.values[value]!.shape;
      const label = graph.single.output ? 'y' : `y.${name}`;
      const given = pick(label, y, name, graph.single.output) as Given;
      const signal = this.#signals[i]!;
      const target = targets[i]!;
      if (axis) readSequence(label, given, signal, rows, target);
      else readVector(label, given, signal, 0, target);
      checkTargets(label, target, axis ? network.stepsOf(axis, fed.steps) : 1, fed.batch);
    }
    into.valid = fed.ragged ? fed.valid[0] : undefined;
    return into;
  }

  override plan(given: Batch, steps: number, wholeSteps: number, training: boolean, flow = false): GraphPlan {
    const { fed } = this.#of(given);
    const request = this.#request;
    const isWhole = steps === wholeSteps && !this.parts;
    request.steps = isWhole ? (fed.steps[0] ?? 1) : steps;
    request.wholeSteps = isWhole ? request.steps : wholeSteps;
    request.axes = isWhole ? fed.steps : undefined;
    request.batch = fed.batch;
    request.training = training;
    request.ragged = fed.ragged;
    request.flow = flow;
    return this.network.prepare(request);
  }

  override written(batch: Batch, training: boolean, flow = false): GraphPlan {
    const { fed } = this.#of(batch);
    const { steps } = batch.x;
    const plan = this.plan(batch, steps, steps, training, flow);
    this.network.writeInputs(plan, fed.sequences, fed.steps, fed.valid);
    this.writeTargets(plan, batch);
    return plan;
  }

  override writeTargets(plan: GraphPlan, batch: Batch): void {
    const { network } = this;
    const { targets } = this.#of(batch);
    const { outputs, single } = network.graph;
    for (let i = 0; i < targets.length; i++) {
      const { rows, targets: region } = plan.outputs[i]!;
      const { data } = targets[i]!;
      const { kind, size } = this.#signals[i]!;
      const count = rows.countWithSteps;
      if (kind === 'features') writeRows(network.arena, rows, region, data, size, 'f32', count);
      else {
        const label = single.output ? 'y' : `y.${outputs[i]!.name}`;
        network.writeIndices(label, rows, region, data, size, this.#parts[i]!.loss.ignoreIndex, count);
      }
    }
  }

  /** Counts what the mean of each output is over; the sum of the means is over 1. */
  override count(plan: GraphPlan): number {
    const { i32 } = this.network.arena;
    for (let i = 0; i < this.#parts.length; i++) {
      const { loss } = this.#parts[i]!;
      const { rows, targets } = plan.outputs[i]!;
      this.#counts[i] = this.some(
        loss.count(rows.countWithSteps, this.#signals[i]!.size, i32, targets.ptr / 4),
        i,
      );
    }
    return 1;
  }

  override some(count: number, output = 0): number {
    if (count > 0 || this.#parts.length === 1) return super.some(count);
    const { name } = this.network.graph.outputs[output]!;
    const what = `a target other than ignoreIndex ${this.#parts[output]!.loss.ignoreIndex}`;
    throw new ArgumentError(`y.${name}`, what, new Verbatim('none'));
  }

  override run(plan: GraphPlan, first: number, rows: number, gradient: number, count: number): number {
    if (this.parts) return super.run(plan, first, rows, gradient, count);
    const { arena } = this.network;
    const args = this.#args;
    let sum = 0;
    for (let i = 0; i < this.#parts.length; i++) {
      const { loss, weight } = this.#parts[i]!;
      const { rows, region, targets, gradient: to } = plan.outputs[i]!;
      args.rows = rows.countWithSteps;
      args.size = this.#signals[i]!.size;
      args.output = region.ptr;
      args.targets = targets.ptr;
      args.gradient = gradient && to.ptr;
      args.count = this.#counts[i]! / weight;
      if (gradient && args.rows < rows.count) arena.clear(to);
      sum += loss.run(arena.kernels, args) / args.count;
    }
    return sum;
  }

  #of(batch: Batch): GraphBatch {
    return this.#batches.get(batch)!;
  }
}
