import type { Network } from '../../engine/network.ts';
import type { PlanOutput } from '../../engine/plan.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import type { Loss } from '../../losses/loss.ts';
import type { Batch } from '../core/batch.ts';
import { Objective } from '../core/objective.ts';
import type { OutputRegion } from '../fit/outputRows.ts';

/** Writes the constants of a loss to memory of their own. Returns where, 0 for none. */
function writeConstants(network: Network, loss: Loss, size: number): number {
  const constants = loss.constants?.(size);
  if (!constants) return 0;
  const region = network.reserve('constants of the loss', constants.length);
  network.arena.write(region, constants);
  return region.ptr;
}

/** An objective whose targets may count more or less, or not at all; its loss may have constants. */
export class WeightedObjective extends Objective {
  /** Divisor of the mean where a batch is a shard of a larger one; otherwise it is that of its own targets. */
  divisor: number | undefined;

  /** @throws {ShapeError} if the constants of the loss do not match the outputs */
  constructor(network: Network, loss: Loss, size = network.outputSize, label = 'y') {
    super(network, loss, size, label);
    this.constants = writeConstants(network, loss, size);
  }

  override some(count: number): number {
    if (count > 0) return count;
    const { targets, ignoreIndex } = this.loss;
    const other = targets === 'indices' ? ` other than ignoreIndex ${ignoreIndex}` : '';
    throw new ArgumentError(this.label, `a target${other} whose weight is above 0`, new Verbatim('none'));
  }

  override count(batch: Batch, plan: PlanOutput): number {
    if (this.divisor !== undefined) return this.divisor;
    const { outputCount, targets } = plan;
    const { i32 } = this.network.arena;
    const skipped = this.#uncounted(batch, plan);
    return this.some(this.#counted(batch, outputCount, 0, i32, targets.ptr / 4, skipped));
  }

  override counted(
    batch: Batch,
    rows: number,
    first: number,
    targets: ArrayLike<number>,
    at = first,
  ): number {
    return this.divisor ?? this.#counted(batch, rows, first, targets, at, this.#uncounted(batch));
  }

  #counted(
    batch: Batch,
    rows: number,
    first: number,
    targets: ArrayLike<number>,
    at: number,
    uncounted: number,
  ): number {
    const { weights } = batch;
    const skipped = Math.min(rows, Math.max(0, uncounted - first));
    if (!weights) return super.counted(batch, rows - skipped, first + skipped, targets, at + skipped);
    let sum = 0;
    for (let i = skipped; i < rows; i++) {
      const weight = weights[first + i]!;
      if (weight > 0) sum += weight * super.counted(batch, 1, first + i, targets, at + i);
    }
    return sum;
  }

  override run(
    batch: Batch,
    plan: PlanOutput,
    first: number,
    rows: number,
    gradient: number,
    count: number,
  ): number {
    const { weights } = batch;
    const at = plan.outputRows.first + first;
    const skipped = Math.min(rows, Math.max(0, this.#uncounted(batch, plan) - at));
    if (gradient) this.#clear(gradient, first, skipped);
    if (!weights) return super.run(batch, plan, first + skipped, rows - skipped, gradient, count);
    let sum = 0;
    for (let i = skipped; i < rows; i++) {
      const weight = weights[at + i]!;
      // the gradient of the mean is that of the row's loss times weight / count
      if (weight > 0) sum += weight * super.run(batch, plan, first + i, 1, gradient, count / weight);
      else if (gradient) this.#clear(gradient, first + i, 1);
    }
    return sum;
  }

  /** Where the outputs and targets of a plan of all steps are, by output. */
  regions(batch: Batch, plan: PlanOutput): OutputRegion[] {
    const { loss, size, target } = this;
    const region = {
      output: plan.output.ptr,
      targets: plan.targets.ptr,
      rows: plan.outputCount,
      size,
      kind: target.kind,
      targetSize: target.size,
      ignoreIndex: loss.ignoreIndex,
      skipped: this.#uncounted(batch, plan),
      weights: batch.weights,
    };
    return [region];
  }

  /** Rows of the whole sequence that only warm up: the first ones. */
  #uncounted({ warmup = 0, valid, y }: Batch, plan?: PlanOutput): number {
    const sizes = plan?.outputRows.sizes;
    if (!warmup || !valid || !sizes) return warmup * y.batch;
    const { i32 } = this.network.arena;
    let rows = 0;
    for (let t = 0; t < warmup; t++) rows += i32[sizes / 4 + t]!;
    return rows;
  }

  #clear(gradient: number, first: number, rows: number): void {
    this.network.arena.kernels.vec_fill(rows * this.size, 0, gradient + first * this.size * 4);
  }
}
