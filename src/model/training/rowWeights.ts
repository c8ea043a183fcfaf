import { integer, reading } from '../../check.ts';
import type { Steps } from '../../engine/batchIO.ts';
import { ArgumentError, ShapeError, showShape } from '../../errors.ts';
import { settledList } from '../../settled.ts';
import type { Batch } from '../core/batch.ts';
import type { Objective } from '../core/objective.ts';

/** Options that say how much each target counts. */
export interface TargetWeights {
  /**
   * [T, B] (the shape of the targets without their features) how much each target counts, at least 0; 0 is a missing
   * target, which is not read. The loss is the weighted mean: its divisor is the sum of the weights. Not with lengths or
   * mask: give steps that are not there the weight 0.
   */
  readonly weights?:
    | ArrayLike<number>
    | {
        /** T · B weights, row-major. */
        readonly data: ArrayLike<number>;
        /** [T, B]. */
        readonly shape?: readonly number[] | undefined;
      }
    | undefined;
  /** Number of first steps of each row that run, but don't count in the loss. Default: that of the trainer. */
  readonly warmup?: number | undefined;
}

/**
 * Checks how much each target of a batch counts, and writes it to the batch.
 * @param objective with a divisor given, as for a part of a batch, none needs to count
 * @param own warm-up of the trainer
 * @throws {ArgumentError} if a weight is negative or not finite, all are 0, weights are given besides lengths or a mask,
 * or warmup is not below the number of steps
 * @throws {ShapeError} if the shape of the weights is not that of the targets
 */
export function readTargetWeights(
  batch: Batch,
  objective: Objective & { readonly divisor?: number | undefined },
  given: (TargetWeights & Steps) | undefined,
  own: number,
  label = 'weights',
): void {
  const { steps, batch: rows } = batch.y;
  const warmup = given?.warmup ?? own;
  integer('warmup', warmup, 0);
  const mayCountNothing = objective.divisor !== undefined;
  if (warmup >= steps && !mayCountNothing)
    throw new ArgumentError('warmup', `below ${steps}, the steps of the targets`, warmup);
  batch.warmup = warmup;
  batch.weights = undefined;
  if (given?.weights === undefined) return;
  const { weights, lengths, mask } = given;
  const other = lengths === undefined ? mask && 'a mask' : 'lengths';
  if (other)
    throw new ArgumentError(label, `none besides ${other}: give missing steps the weight 0`, weights);
  const copy = reading(label, weights, () => readAll(label, weights, [steps, rows]));
  if (!mayCountNothing && !copy.subarray(warmup * rows).some((weight) => weight > 0)) {
    throw new ArgumentError(label, 'at least one weight above 0 at a step that counts', weights);
  }
  batch.weights = copy;
  hideMissing(batch, copy, objective);
}

/** Targets that don't count are not read: index `ignoreIndex`, or features 0. */
function hideMissing({ y }: Batch, weights: Float32Array, { target, loss }: Objective): void {
  if (!weights.includes(0)) return;
  const [width, missing] = target.kind === 'features' ? [target.size, 0] : [1, loss.ignoreIndex];
  y.data = Array.from(y.data, (value, i) => (weights[Math.floor(i / width)] ? value : missing));
}

function readAll(
  label: string,
  weights: NonNullable<TargetWeights['weights']>,
  wanted: readonly number[],
): Float32Array {
  const { data = weights, shape } = weights as { data?: unknown; shape?: readonly number[] };
  if (!Array.isArray(data) && !ArrayBuffer.isView(data))
    throw new ArgumentError(label, 'numbers [T, B]', weights);
  if (shape !== undefined && `${settledList(shape)}` !== `${wanted}`)
    throw new ShapeError(label, showShape(wanted), showShape([...shape]));
  const values = data as ArrayLike<number>;
  if (values.length !== wanted[0]! * wanted[1]!)
    throw new ShapeError(label, showShape(wanted), `${values.length} numbers`);
  return Float32Array.from(values, (value, i) => {
    if (typeof value === 'number' && value >= 0 && Number.isFinite(Math.fround(value))) return value;
    throw new ArgumentError(`${label}[${i}]`, 'a finite number of at least 0', value);
  });
}

/** @throws {ArgumentError} for a loss of whole rows, whose targets have no times */
export function refuseWeights({ weights, warmup }: TargetWeights = {}, own: number, label = 'weights'): void {
  if (weights !== undefined) throw new ArgumentError(label, 'none with a loss of whole rows', weights);
  if (warmup ?? own) throw new ArgumentError('warmup', '0 with a loss of whole rows', warmup ?? own);
}
