import type { CustomLayer, LayerBackward, LayerForward } from '../custom/layer.ts';
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
   * read from; `into` is the number of features of the output. Sums with stride 0, and padding.
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
  readonly #count: number;
  /** For each index of the sizes the feature, once it is needed. */
  #index: Int32Array | undefined;

  /** @throws {ArgumentError} if sizes or strides are no lists of integers of the same length, or too large */
  constructor(opts: StridedOptions) {
    const { offset = 0, sizes, strides, into } = opts;
    this.#count = check.sizes('sizes', sizes);
    check.integers('strides', strides, sizes.length);
    check.integers('offset', [offset], 1);
    this.#opts = opts;
    if (into !== undefined) this.#checkRange(check.size('into', into));
  }

  /** Output features for the given input features. @throws {ArgumentError} if it reads others */
  outputSize(inputSize: number): number {
    const { into } = this.#opts;
    if (into === undefined) this.#checkRange(inputSize);
    else check.equal('input features', inputSize, this.#count);
    return into ?? this.#count;
  }

  #checkRange(size: number): void {
    const { offset = 0, sizes, strides } = this.#opts;
    const spans = sizes.map((n, i) => (n - 1) * strides[i]!);
    for (const pick of [Math.min, Math.max])
      check.between('index', offset + spans.reduce((sum, span) => sum + pick(span, 0), 0), size);
  }

  #indices(): Int32Array {
    const { offset = 0, sizes, strides } = this.#opts;
    return Int32Array.from({ length: this.#count }, (_, i) => {
      let at = offset;
      for (let d = sizes.length, rest = i; d--; rest = Math.floor(rest / sizes[d]!))
        at += (rest % sizes[d]!) * strides[d]!;
      return at;
    });
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
    this.#index ??= this.#indices();
    const index = this.#index;
    const [f, t] = [from.length / rows, to.length / rows];
    for (let r = 0; r < rows; r++)
      for (let i = 0; i < index.length; i++) {
        if (reads) to[r * t + i] = from[r * f + index[i]!]!;
        else to[r * t + index[i]!]! += from[r * f + i]!;
      }
  }
}
