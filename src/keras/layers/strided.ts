import type { CustomLayer, LayerBackward, LayerForward } from '../../custom/layer.ts';
import { check } from './arguments.ts';

/** Options of `Strided`. */
export interface StridedOptions {
  /** Index of the first feature that is read. Default 0. */
  readonly offset?: number | undefined;
  /** Sizes of the output, row-major; their product is its number of features. */
  readonly sizes: readonly number[];
  /** Features of the input from one index of each size to the next: 0 repeats, below 0 goes backwards. */
  readonly strides: readonly number[];
  /**
   * The reverse: the input has these sizes, and each of its features is added to that of the output which it would be
   * read from; the output has so many features. Sums with stride 0, and padding.
   */
  readonly into?: number | undefined;
}

/**
 * Features of each step in another order, as torch.as_strided: a transposition, slice or repetition of a tensor whose
 * numbers are the features. Keras's Permute, slices, broadcasts, and with `into` sums and padding.
 */
export class Strided implements CustomLayer {
  /** Class name, as in saved models. */
  readonly type = 'Strided';
  /** Each step is independent. */
  readonly states = {};
  readonly #opts: StridedOptions;
  /** For each index of the sizes the feature. */
  readonly #index: Int32Array;

  /** @throws {ArgumentError} if sizes or strides are no lists of integers of the same length, or too large */
  constructor(opts: StridedOptions) {
    const { offset = 0, sizes, strides, into } = opts;
    const count = check.sizes('sizes', sizes);
    check.integers('strides', strides, sizes.length);
    this.#index = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      let at = offset;
      for (let d = sizes.length, rest = i; d--; rest = Math.floor(rest / sizes[d]!))
        at += (rest % sizes[d]!) * strides[d]!;
      this.#index[i] = at;
    }
    if (into !== undefined) this.#checkRange(check.size('into', into));
    this.#opts = opts;
  }

  /** Output features for the given input features. @throws {ArgumentError} if it reads others */
  outputSize(inputSize: number): number {
    const { into } = this.#opts;
    if (into === undefined) this.#checkRange(inputSize);
    else check.equal('input features', inputSize, this.#index.length);
    return into ?? this.#index.length;
  }

  #checkRange(size: number): void {
    for (const at of this.#index) check.between('index', at, size);
  }

  /** The constructor's argument as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { ...this.#opts };
  }

  /** Writes the output. */
  forward({ input, output, batchSizes }: LayerForward): void {
    this.#move(input, output, batchSizes[0]!, this.#opts.into === undefined);
  }

  /** Writes the gradient of the input. */
  backward({ outputGradient, inputGradient, batchSizes }: LayerBackward): void {
    this.#move(outputGradient, inputGradient, batchSizes[0]!, this.#opts.into !== undefined);
  }

  /** Reads where the index says, or adds there. */
  #move(from: Float32Array, to: Float32Array, rows: number, reads: boolean): void {
    const index = this.#index;
    const [f, t] = [from.length / rows, to.length / rows];
    for (let r = 0; r < rows; r++)
      for (let i = 0; i < index.length; i++) {
        if (reads) to[r * t + i] = from[r * f + index[i]!]!;
        else to[r * t + index[i]!]! += from[r * f + i]!;
      }
  }
}
