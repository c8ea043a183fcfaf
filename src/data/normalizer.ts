import { allocated } from '../allocate.ts';
import { integer, type Names, oneOf, options } from '../check.ts';
import { ArgumentError, FormatError } from '../errors.ts';
import { stepsOf } from './checkNumbers.ts';
import { readMetadata } from './readMetadata.ts';
import { columns, type WindowsOptions } from './windows.ts';

/** Options of `Normalizer.fit`. */
export interface NormalizerOptions {
  /** Features per step. Default 1. */
  readonly features?: number | undefined;
  /** `standard`: mean 0, standard deviation 1; `minmax`: 0 to 1. Default `standard`. */
  readonly kind?: 'standard' | 'minmax' | undefined;
}

const OPTIONS: Names<NormalizerOptions> = { features: true, kind: true };
const KEY = 'normalizer';

/**
 * Scales each feature: (x − offset) / scale. Fit it on the training part only. In a saved model it is the metadata
 * `normalizer`: JSON `{ "offset": […], "scale": […] }`.
 */
export class Normalizer {
  /** Per feature: the mean, or the minimum. */
  readonly offset: readonly number[];
  /** Per feature: the standard deviation (of the population), or the range; 1 for a constant feature. */
  readonly scale: readonly number[];

  private constructor(offset: readonly number[], scale: readonly number[]) {
    this.offset = offset;
    this.scale = scale;
  }

  /**
   * Reads the statistics of [N, features] numbers; the last dimension is the features.
   * @throws {ArgumentError} if there are no numbers, or one, their sum or their range is not finite
   * @throws {ShapeError} if the length is not a multiple of `features`
   */
  static fit(data: ArrayLike<number>, opts?: NormalizerOptions): Normalizer {
    const { features = 1, kind = 'standard' } = options('Normalizer', opts, OPTIONS);
    integer('features', features, 1);
    oneOf('kind', kind, ['standard', 'minmax']);
    const rows = rowsOf(data, features);
    const columns = Array.from({ length: features }, (_, f) => {
      const found = minimumAndRange(data, f, features);
      return kind === 'minmax' ? found : meanAndDeviation(data, f, features, rows, found[1]);
    });
    if (!columns.flat().every(Number.isFinite))
      throw new ArgumentError('data', 'numbers with a finite sum and range', data);
    return new Normalizer(
      columns.map(([offset]) => offset),
      columns.map(([, scale]) => scale || 1),
    );
  }

  /**
   * Reads it from a saved model's metadata.
   * @throws {FormatError} if there is none, or it is not valid
   */
  static fromMetadata(metadata: Readonly<Record<string, string>>): Normalizer {
    const { offset, scale } = readMetadata(metadata, KEY);
    const isList = (list: unknown): list is number[] => Array.isArray(list) && list.every(Number.isFinite);
    if (!isList(offset) || !isList(scale) || offset.length !== scale.length || scale.includes(0))
      throw new FormatError(`metadata: '${KEY}' is not a list of offsets and scales`);
    return new Normalizer(offset, scale);
  }

  /** Metadata for `model.save`. */
  toMetadata(): Record<string, string> {
    return { [KEY]: JSON.stringify({ offset: this.offset, scale: this.scale }) };
  }

  /**
   * Normalized copy.
   * @param opts `targets`: indices of the features that the data have, as those of `windows`; default all
   * @throws {ArgumentError | ShapeError} if they are not numbers, a target is out of range, or the length is not a multiple of
   * the number of features or targets
   */
  apply(data: ArrayLike<number>, opts?: Pick<WindowsOptions, 'targets'>): Float32Array<ArrayBuffer> {
    return this.#mapped(data, opts, (x, offset, scale) => (x - offset) / scale);
  }

  /** The inverse of `apply`, such as for y of `windows` and its forecast, with the same `targets`. @throws {ArgumentError | ShapeError} as apply */
  invert(data: ArrayLike<number>, opts?: Pick<WindowsOptions, 'targets'>): Float32Array<ArrayBuffer> {
    return this.#mapped(data, opts, (x, offset, scale) => x * scale + offset);
  }

  #mapped(
    data: ArrayLike<number>,
    opts: Pick<WindowsOptions, 'targets'> | undefined,
    map: (x: number, offset: number, scale: number) => number,
  ): Float32Array<ArrayBuffer> {
    const { offset, scale } = this;
    const { targets } = options('Normalizer', opts, { targets: true });
    const of = columns(targets, offset.length);
    const n = of.length;
    rowsOf(data, n);
    return allocated(4 * data.length, () =>
      Float32Array.from(data, (x, i) => map(x, offset[of[i % n]!]!, scale[of[i % n]!]!)),
    );
  }
}

function rowsOf(data: ArrayLike<number>, features: number): number {
  const rows = stepsOf('data', data, features);
  if (rows === 0) throw new ArgumentError('data', 'at least one number', data);
  return rows;
}

/** In two passes, which keeps the digits of values far from 0. */
function meanAndDeviation(
  data: ArrayLike<number>,
  first: number,
  features: number,
  rows: number,
  range: number,
): [number, number] {
  let sum = 0;
  for (let i = first; i < data.length; i += features) sum += data[i]!;
  const mean = sum / rows;
  // in a unit whose squares neither overflow nor vanish; by a power of two nothing is rounded
  const unit = 2 ** Math.floor(Math.log2(range)) || 1;
  let squares = 0;
  for (let i = first; i < data.length; i += features) squares += ((data[i]! - mean) / unit) ** 2;
  // the mean of equal values may be rounded
  return [mean, range && Math.sqrt(squares / rows) * unit];
}

function minimumAndRange(data: ArrayLike<number>, first: number, features: number): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (let i = first; i < data.length; i += features) {
    const value = data[i]!;
    if (!Number.isFinite(value)) throw new ArgumentError(`data[${i}]`, 'a finite number', value);
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most - least];
}
