import type { CustomLayer, LayerBackward, LayerForward } from '../custom/layer.ts';
import { constant } from '../init/initializers.ts';
import { check } from './arguments.ts';

/** A layer that does something else to each feature of a step. */
export abstract class PerFeature implements CustomLayer {
  abstract readonly type: string;
  /** Each step is independent. */
  readonly states = {};

  outputSize(inputSize: number): number {
    return inputSize;
  }

  abstract config(): Record<string, unknown>;
  abstract forward(pass: LayerForward): void;
  abstract backward(pass: LayerBackward): void;
}

/** Options of `Affine`. */
export interface AffineOptions {
  /** [F] factors. */
  readonly scale: readonly number[];
  /** [F] added. */
  readonly offset: readonly number[];
}

/** x · scale + offset of each feature, which are not trained: Keras's Normalization. */
export class Affine extends PerFeature {
  /** Class name, as in saved models. */
  readonly type = 'Affine';
  /** F. */
  readonly inputSize: number;
  readonly #opts: AffineOptions;

  /** @throws {ArgumentError} unless both are lists of as many numbers */
  constructor(opts: AffineOptions) {
    super();
    const { length } = check.numbers('scale', opts.scale);
    check.equal('length of offset', check.numbers('offset', opts.offset).length, length);
    this.inputSize = length;
    this.#opts = opts;
  }

  /** The constructor's argument as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { ...this.#opts };
  }

  /** Writes the output. */
  forward({ input, output }: LayerForward): void {
    const { scale, offset } = this.#opts;
    for (let i = 0, n = scale.length; i < input.length; i++)
      output[i] = input[i]! * scale[i % n]! + offset[i % n]!;
  }

  /** Writes the gradient of the input. */
  backward({ outputGradient, inputGradient }: LayerBackward): void {
    const { scale } = this.#opts;
    for (let i = 0; i < inputGradient.length; i++)
      inputGradient[i] = outputGradient[i]! * scale[i % scale.length]!;
  }
}

/** Options of `PReLU`. */
export interface PReLUOptions {
  /** F, features of a step. */
  readonly size: number;
}

/**
 * x, or weight · x where x is below 0, with a weight of each feature (He et al. 2015). Parameter: `weight` [F].
 */
export class PReLU extends PerFeature {
  /** Class name, as in saved models. */
  readonly type = 'PReLU';
  /** F. */
  readonly inputSize: number;
  readonly parameters;

  /** @throws {ArgumentError} if size is below 1 */
  constructor({ size }: PReLUOptions) {
    super();
    this.inputSize = check.size('size', size);
    this.parameters = [{ name: 'weight', shape: [size], init: constant(0.25) }];
  }

  /** The constructor's argument as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { size: this.inputSize };
  }

  /** Writes the output. */
  forward({ input, output, parameters: { weight } }: LayerForward): void {
    for (let i = 0; i < input.length; i++) {
      const x = input[i]!;
      output[i] = x < 0 ? x * weight![i % this.inputSize]! : x;
    }
  }

  /** Writes the gradient of the input and adds that of the weight. */
  backward({ input, outputGradient, inputGradient, parameters, gradients }: LayerBackward): void {
    const { weight } = parameters;
    for (let i = 0; i < input.length; i++) {
      const [x, dy, j] = [input[i]!, outputGradient[i]!, i % this.inputSize];
      inputGradient[i] = x < 0 ? dy * weight![j]! : dy;
      if (x < 0) gradients.weight![j]! += dy * x;
    }
  }
}
