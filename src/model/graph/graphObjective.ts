import type { GraphNetwork } from '../../engine/graphNetwork.ts';
import type { GraphPlan } from '../../engine/graphPlan.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import type { Loss } from '../../losses/loss.ts';
import type { Signal } from '../../ndarray.ts';
import type { Batch } from '../core/batch.ts';
import { Objective } from '../core/objective.ts';
import type { OutputRegion } from '../fit/outputRows.ts';
import { CTCObjective } from '../training/ctcObjective.ts';
import { objectiveOf } from '../training/objectives.ts';
import type { WeightedObjective } from '../training/weightedObjective.ts';
import type { Model } from './model.ts';
import { isMultiLoss } from './multiLoss.ts';

/** A loss per output of a graph: the weighted sum of their means. */
export class GraphObjective extends Objective {
  declare readonly network: GraphNetwork;
  /** By output. */
  readonly parts: readonly (WeightedObjective | CTCObjective)[];
  /** The targets of each output. */
  readonly signals: readonly Signal[];
  readonly kinds: readonly Loss['targets'][];
  /** A batch as each output needs it; set when it is read. With a single output it is the batch. */
  readonly batches = new WeakMap<Batch, readonly Batch[]>();
  /** Of each output in the sum. */
  readonly #weights: readonly number[];
  /** Divisor of each output's mean. */
  readonly #counts: number[] = [];

  /** @throws {ArgumentError} if there is no loss for each output, or one that its output can't have */
  constructor({ graph, network }: Model, loss: Loss) {
    const { outputs, values, single } = graph;
    if (!single.output && !isMultiLoss(loss)) {
      const names = outputs.map(({ name }) => name).join(', ');
      throw new ArgumentError('loss', `losses for ${names}`, new Verbatim('one'));
    }
    const parts = isMultiLoss(loss) ? loss.parts : [{ loss, weight: 1 }];
    super(network, parts[0]!.loss);
    this.parts = parts.map(({ loss }, i) => {
      const { value, name, label } = outputs[i]!;
      const { size, axis } = values[value]!.shape;
      if (loss.blank !== undefined && !axis) {
        const argument = single.output ? 'loss' : `loss.${name}`;
        throw new ArgumentError(
          argument,
          'a loss of vectors',
          new Verbatim(`${loss.name}, which needs steps`),
        );
      }
      return objectiveOf(network, loss, size, label);
    });
    this.kinds = parts.map(({ loss }) => loss.targets);
    this.signals = this.parts.map(({ target }) => target);
    this.#weights = parts.map(({ weight }) => weight);
  }

  override writeTargets(plan: GraphPlan, batch: Batch): void {
    const { parts } = this;
    const batches = this.batches.get(batch)!;
    for (let i = 0; i < parts.length; i++) parts[i]!.writeTargets(plan.planOutputs[i]!, batches[i]!);
  }

  /** Whether there is one output. */
  get isSingle(): boolean {
    return this.parts.length === 1;
  }

  override counted(
    batch: Batch,
    rows: number,
    first: number,
    targets: ArrayLike<number>,
    at = first,
  ): number {
    return this.parts[0]!.counted(batch, rows, first, targets, at) / this.#weights[0]!;
  }

  override some(count: number): number {
    return this.parts[0]!.some(count);
  }

  /** Counts what the mean of each output is over; the sum of several means is over 1. */
  override count(batch: Batch, plan: GraphPlan): number {
    const { parts } = this;
    if (this.isSingle) return parts[0]!.count(batch, plan) / this.#weights[0]!;
    const batches = this.batches.get(batch)!;
    for (let i = 0; i < parts.length; i++) {
      this.#counts[i] = parts[i]!.count(batches[i]!, plan.planOutputs[i]!) / this.#weights[i]!;
    }
    return 1;
  }

  override run(
    batch: Batch,
    plan: GraphPlan,
    first: number,
    rows: number,
    gradient: number,
    count: number,
  ): number {
    const { parts } = this;
    if (this.isSingle) return parts[0]!.run(batch, plan, first, rows, gradient, count);
    const batches = this.batches.get(batch)!;
    let sum = 0;
    for (let i = 0; i < parts.length; i++) {
      const output = plan.planOutputs[i]!;
      const { outputCount, outputGradient: to } = output;
      if (gradient && outputCount < output.outputRows.count) this.network.arena.clear(to);
      const of = this.#counts[i]!;
      sum += parts[i]!.run(batches[i]!, output, 0, outputCount, gradient && to.ptr, of) / of;
    }
    return sum;
  }

  /** Where the outputs and targets of a plan of all steps are, by output; none of labels without times. */
  regions(batch: Batch, plan: GraphPlan): OutputRegion[] {
    const batches = this.batches.get(batch)!;
    return this.parts.flatMap((part, i) => {
      if (!(part instanceof CTCObjective)) return part.regions(batches[i]!, plan.planOutputs[i]!);
      const { loss, target } = part;
      const { output, targets } = plan.planOutputs[i]!;
      const none = { rows: 0, skipped: 0, weights: undefined, size: target.size, targetSize: 1 };
      const { ignoreIndex, targets: kind } = loss;
      return [{ ...none, output: output.ptr, targets: targets.ptr, kind, ignoreIndex }];
    });
  }
}
