import type { Steps } from '../../engine/batchIO.ts';
import type { Network } from '../../engine/network.ts';
import type { PlanOutput } from '../../engine/plan.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import type { Loss } from '../../losses/loss.ts';
import { type Given, type Signal, widthOf } from '../../ndarray.ts';
import { type Batch, type BatchShape, readBatch } from './batch.ts';

/** A loss over the rows of a plan: its targets, the divisor of its mean, sums and gradients. */
export class Objective {
  readonly network: Network;
  readonly loss: Loss;
  /** The targets of a batch. */
  readonly target: Signal;
  /** Outputs per row. */
  protected readonly size: number;
  /** Name of the targets in errors. */
  readonly label: string;
  /** Where the loss has its constants. */
  protected constants = 0;
  readonly #arguments = { rows: 0, size: 0, output: 0, targets: 0, gradient: 0, count: 0, constants: 0 };

  constructor(network: Network, loss: Loss, size = network.outputSize, label = 'y') {
    this.network = network;
    this.loss = loss;
    this.size = size;
    this.label = label;
    this.target = { kind: loss.targets, size: loss.targetSize?.(size) ?? size };
  }

  /** Checks a batch. @throws {ArgumentError | ShapeError} as `Trainer.step` */
  read(into: Batch, shape: BatchShape, x: Given, y: Given, steps: Steps | undefined): Batch {
    return readBatch(into, shape, x, y, steps);
  }

  /** Writes the targets of the rows that a plan is at. */
  writeTargets(plan: PlanOutput, { y: { data } }: Batch): void {
    const { network, target, loss, label } = this;
    const { outputRows, outputCount, targets } = plan;
    network.writeSignal(label, target, outputRows, targets, data, loss.ignoreIndex, outputCount);
  }

  /** Refuses a mean over nothing. */
  some(count: number): number {
    if (count > 0) return count;
    const what = `a target other than ignoreIndex ${this.loss.ignoreIndex}`;
    throw new ArgumentError(this.label, what, new Verbatim('none'));
  }

  /** The divisor of the mean over `rows` rows of a batch from row `first` on; their targets start at targets[at]. */
  counted(_batch: Batch, rows: number, first: number, targets: ArrayLike<number>, at = first): number {
    return this.loss.count(rows, this.size, targets, at);
  }

  /** The divisor of the mean over all rows of a plan. */
  count(batch: Batch, { outputCount, targets }: PlanOutput): number {
    return this.some(this.counted(batch, outputCount, 0, this.network.arena.i32, targets.ptr / 4));
  }

  /** The sum over the given number of rows from row `first` of the plan on; the gradient to theirs at `gradient`, 0 for none. */
  run(_batch: Batch, plan: PlanOutput, first: number, rows: number, gradient: number, count: number): number {
    const args = this.#arguments;
    const { network, target, size } = this;
    args.rows = rows;
    args.size = size;
    args.output = plan.output.ptr + first * size * 4;
    args.targets = plan.targets.ptr + first * widthOf(target) * 4;
    args.gradient = gradient && gradient + first * size * 4;
    args.count = count;
    args.constants = this.constants;
    return this.loss.run(network.arena.kernels, args);
  }
}
