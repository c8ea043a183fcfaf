import { boolean, integer, type Names, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { NDArray } from '../ndarray.ts';
import { type Padded, pad, type SequenceLike } from './pad.ts';
import { shuffled } from './shuffle.ts';

/** An input sequence and its target. */
export interface Example {
  /** The input, as for `pad`. */
  readonly x: SequenceLike;
  /** A class index, or a sequence as long as x or of one step. */
  readonly y: number | SequenceLike;
}

/** Options of `batches`. */
export interface BatchesOptions {
  /** Examples per batch; the last one may have fewer. */
  readonly batch: number;
  /** Shuffles with this seed; use another one per epoch. Default: no shuffling. */
  readonly seed?: number | undefined;
  /** Puts examples of similar lengths into the same batch, which saves time. Default true. */
  readonly bucket?: boolean | undefined;
}

/** A padded batch, for `trainer.step(x, y, options)` and `fit`. */
export interface DataBatch {
  /** [T, B] indices or [T, B, F] features. */
  readonly x: Padded['x'];
  /** Targets: [1, B] class indices, or padded as x. */
  readonly y: Padded['x'];
  /** The lengths of x. */
  readonly options: {
    /** [B] steps of each example. */
    readonly lengths: Int32Array<ArrayBuffer>;
  };
}

const OPTIONS: Names<BatchesOptions> = { batch: true, seed: true, bucket: true };

/**
 * Padded batches of examples of different lengths. With `bucket`, shuffled examples are sorted by length and cut into
 * batches, whose order is shuffled; examples of one length stay shuffled.
 *
 * @throws {ArgumentError} if there are no examples, or an option is out of range
 * @throws {ShapeError} if examples of one batch have different numbers of features
 */
export function batches(examples: Iterable<Example>, opts: BatchesOptions): Iterable<DataBatch> {
  const { batch, seed, bucket = true } = options('batches', opts, OPTIONS);
  integer('batch', batch, 1);
  boolean('bucket', bucket);
  if (seed !== undefined) integer('seed', seed, 0);
  let all = [...examples];
  if (all.length === 0) throw new ArgumentError('examples', 'at least one example', all);
  if (seed !== undefined) all = shuffled(all, seed);
  if (bucket) all.sort((a, b) => stepsOf(b.x) - stepsOf(a.x));
  const groups: Example[][] = [];
  for (let i = 0; i < all.length; i += batch) groups.push(all.slice(i, i + batch));
  const order = seed === undefined ? groups : shuffled(groups, seed);
  return {
    *[Symbol.iterator]() {
      for (const group of order) yield collate(group);
    },
  };
}

function collate(group: readonly Example[]): DataBatch {
  const { x, lengths } = pad(group.map((example) => example.x));
  const labels = group.map((example) => example.y);
  const isLabels = labels.every((y) => typeof y === 'number');
  const y = isLabels ? labelsOf(labels) : pad(labels as SequenceLike[]).x;
  return { x, y, options: { lengths } };
}

function labelsOf(labels: readonly number[]): NDArray<Int32Array<ArrayBuffer>> {
  const wrong = labels.findIndex((y) => (y | 0) !== y);
  if (wrong >= 0) throw new ArgumentError('y', 'class indices', labels[wrong]);
  return { data: Int32Array.from(labels), shape: [1, labels.length] };
}

function stepsOf(sequence: SequenceLike): number {
  return 'shape' in sequence ? sequence.shape[0]! : sequence.length;
}
