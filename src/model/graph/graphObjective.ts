import { writeRows } from '../../engine/batchIO.ts';
import type { GraphNetwork } from '../../engine/graphNetwork.ts';
import type { GraphPlan } from '../../engine/graphPlan.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import type { Loss } from '../../losses/loss.ts';
import type { Sequence, Signal } from '../../ndarray.ts';
import type { Batch } from '../core/batch.ts';
import type { OutputRegion } from '../fit/outputRows.ts';
import { WeightedObjective, writeConstants } from '../training/weightedObjective.ts';
import type { Model } from './model.ts';
import { isMultiLoss, type Part } from './multiLoss.ts';

/** A loss per output of a graph: the weighted sum of their means. With one output, targets may count more or less. */
export class GraphObjective extends WeightedObjective {
  declare readonly network: GraphNetwork;
  /** The targets of each output. */
  readonly signals: readonly Signal[];
  readonly kinds: readonly Loss['targets'][];
  /** Targets of a batch by output; set when it is read. */
  readonly targets = new WeakMap<Batch, readonly Sequence[]>();
  readonly #parts: readonly Part[];
  /** Outputs of each. */
  readonly #sizes: readonly number[];
  /** Where each loss has its constants. */
  readonly #constants: readonly number[];
  /** Divisor of each output's mean. */
  readonly #counts: number[] = [];
  readonly #args = { rows: 0, size: 0, output: 0, targets: 0, gradient: 0, count: 0, constants: 0 };

  /** @throws {ArgumentError} if there is no loss for each output */
  constructor({ graph, network }: Model, loss: Loss) {
    const { outputs, values, single } = graph;
    if (!single.output && !isMultiLoss(loss)) {
      const names = outputs.map(({ name }) => name).join(', ');
      throw new ArgumentError('loss', `losses for ${names}`, new Verbatim('one'));
    }
    const parts = isMultiLoss(loss) ? loss.parts : [{ loss, weight: 1 }];
    super(network, parts.length === 1 ? parts[0]!.loss : loss);
    this.#parts = parts;
    const sizes = outputs.map(({ value }) => values[value]!.shape.size);
    this.#sizes = sizes;
    this.kinds = this.#parts.map(({ loss }) => loss.targets);
    this.signals = this.#parts.map(({ loss }, i) => {
      return { kind: loss.targets, size: loss.targetSize?.(sizes[i]!) ?? sizes[i]! };
    });
    this.#constants =
      parts.length === 1
        ? [this.constants]
        : parts.map(({ loss }, i) => writeConstants(network, loss, sizes[i]!));
  }

  override writeTargets(plan: GraphPlan, batch: Batch): void {
    const { network } = this;
    const targets = this.targets.get(batch)!;
    const { outputs } = network.graph;
    for (let i = 0; i < targets.length; i++) {
      const { rows, targets: region } = plan.outputs[i]!;
      const { data } = targets[i]!;
      const { kind, size } = this.signals[i]!;
      const count = rows.countWithSteps;
      if (kind === 'features') writeRows(network.arena, rows, region, data, size, 'f32', count);
      else {
        network.writeIndices(
          outputs[i]!.label,
          rows,
          region,
          data,
          size,
          this.#parts[i]!.loss.ignoreIndex,
          count,
        );
      }
    }
  }

  /** Whether there is one output, whose targets may count more or less. */
  get isSingle(): boolean {
    return this.#parts.length === 1;
  }

  override counted(
    batch: Batch,
    rows: number,
    first: number,
    targets: ArrayLike<number>,
    at = first,
  ): number {
    return super.counted(batch, rows, first, targets, at) / this.#parts[0]!.weight;
  }

  /** Counts what the mean of each output is over; the sum of several means is over 1. */
  override count(batch: Batch, plan: GraphPlan): number {
    if (this.isSingle) return super.count(batch, plan) / this.#parts[0]!.weight;
    const { i32 } = this.network.arena;
    for (let i = 0; i < this.#parts.length; i++) {
      const { loss } = this.#parts[i]!;
      const { rows, targets } = plan.outputs[i]!;
      const size = this.#sizes[i]!;
      this.#counts[i] = this.some(loss.count(rows.countWithSteps, size, i32, targets.ptr / 4), i);
    }
    return 1;
  }

  override some(count: number, output = 0): number {
    if (count > 0 || this.isSingle) return super.some(count);
    const { name } = this.network.graph.outputs[output]!;
    const what = `a target other than ignoreIndex ${this.#parts[output]!.loss.ignoreIndex}`;
    throw new ArgumentError(`y.${name}`, what, new Verbatim('none'));
  }

  override regions(batch: Batch, plan: GraphPlan): OutputRegion[] {
    if (this.isSingle) return super.regions(batch, plan);
    return plan.outputs.map(({ rows, region, targets }, i) => {
      const { kind, size } = this.signals[i]!;
      return {
        output: region.ptr,
        targets: targets.ptr,
        rows: rows.countWithSteps,
        size: this.#sizes[i]!,
        kind,
        targetSize: size,
        ignoreIndex: this.#parts[i]!.loss.ignoreIndex,
        skipped: 0,
        weights: undefined,
      };
    });
  }

  override run(
    batch: Batch,
    plan: GraphPlan,
    first: number,
    rows: number,
    gradient: number,
    count: number,
  ): number {
    if (this.isSingle) return super.run(batch, plan, first, rows, gradient, count);
    const { arena } = this.network;
    const args = this.#args;
    let sum = 0;
    for (let i = 0; i < this.#parts.length; i++) {
      const { loss, weight } = this.#parts[i]!;
      const { rows, region, targets, gradient: to } = plan.outputs[i]!;
      args.rows = rows.countWithSteps;
      args.size = this.#sizes[i]!;
      args.output = region.ptr;
      args.targets = targets.ptr;
      args.gradient = gradient && to.ptr;
      args.count = this.#counts[i]! / weight;
      args.constants = this.#constants[i]!;
      if (gradient && args.rows < rows.count) arena.clear(to);
      sum += loss.run(arena.kernels, args) / args.count;
    }
    return sum;
  }
}
