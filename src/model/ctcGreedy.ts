import { integer, isSize, options, reading } from '../check.ts';
import { ArgumentError, NonFiniteError, ShapeError } from '../errors.ts';
import { type NDArray, readShaped } from '../ndarray.ts';

/** Options of `ctcGreedy`. */
export interface CTCGreedyOptions {
  /** Index of the blank. Default 0. */
  readonly blank?: number | undefined;
  /** [B] number of steps of each row. Default: all. */
  readonly lengths?: ArrayLike<number> | undefined;
}

/**
 * Greedy decoding of a model trained with `ctc`: the largest logit of each step, repeats joined, blanks left out. logits:
 * [T, B, classes], as `forward` returns them. Returns the labels of each row.
 *
 * @throws {ArgumentError} if blank or a length is out of range, or a logit is not a number
 * @throws {ShapeError} if the shape is not [T, B, classes], or there are other numbers than of the shape
 * @throws {NonFiniteError} if a logit is NaN
 */
export function ctcGreedy(logits: NDArray, opts?: CTCGreedyOptions): Int32Array<ArrayBuffer>[] {
  const { blank = 0, lengths } = options('ctcGreedy', opts, { blank: true, lengths: true });
  const copy = () => ({ data: logits.data, shape: [...logits.shape] });
  const { data: given, shape } = reading('logits', logits, copy, 'numbers of shape [T, B, classes]');
  if (shape.length !== 3 || !shape.every(isSize)) throw new ShapeError('logits', '[T, B, classes]', shape);
  const [steps = 0, batch = 0, classes = 0] = shape;
  const data = readShaped('logits', { data: given, shape }, shape);
  integer('blank', blank, 0, classes - 1);
  if (lengths !== undefined && lengths?.length !== batch)
    throw new ArgumentError('lengths', `${batch} numbers, one per row`, lengths);
  return Array.from({ length: batch }, (_, b) => {
    const length = lengths === undefined ? steps : integer(`lengths[${b}]`, lengths[b], 0, steps);
    const labels: number[] = [];
    let before = blank;
    for (let t = 0; t < length; t++) {
      const from = (t * batch + b) * classes;
      let best = 0;
      for (let c = 0; c < classes; c++) {
        const logit = data[from + c]!;
        if (Number.isNaN(logit))
          throw new NonFiniteError(`ctcGreedy: output ${c} of row ${b} is NaN`, { row: b, index: c });
        if (logit > data[from + best]!) best = c;
      }
      if (best !== blank && best !== before) labels.push(best);
      before = best;
    }
    return Int32Array.from(labels);
  });
}
