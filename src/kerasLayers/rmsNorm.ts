import type { LayerBackward, LayerForward } from '../custom/layer.ts';
import { constant } from '../init/initializers.ts';
import { check } from './arguments.ts';
import { PerFeature } from './perFeature.ts';

/** Options of `RMSNorm`. */
export interface RMSNormOptions {
  /** F, features of a step. */
  readonly size: number;
  /** Added to the mean square. Default 1e-6. */
  readonly eps?: number | undefined;
}

/** x / √(mean of x² + eps) · weight (Zhang and Sennrich 2019). Parameter: `weight` [F]. */
export class RMSNorm extends PerFeature {
  /** Class name, as in saved models. */
  readonly type = 'RMSNorm';
  /** F. */
  readonly inputSize: number;
  readonly parameters;
  readonly #eps: number;

  /** @throws {ArgumentError} if size is below 1, or eps is no number */
  constructor({ size, eps = 1e-6 }: RMSNormOptions) {
    super();
    this.inputSize = check.size('size', size);
    [this.#eps] = check.numbers('eps', [eps]) as [number];
    this.parameters = [{ name: 'weight', shape: [size], init: constant(1) }];
  }

  /** The constructor's argument as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { size: this.inputSize, eps: this.#eps };
  }

  /** 1 / √(mean of x² + eps) of the step at an index. */
  #factor(input: Float32Array, at: number): number {
    let sum = 0;
    for (let i = at; i < at + this.inputSize; i++) sum += input[i]! ** 2;
    return 1 / Math.sqrt(sum / this.inputSize + this.#eps);
  }

  /** Writes the output. */
  forward({ input, output, parameters: { weight } }: LayerForward): void {
    const n = this.inputSize;
    for (let at = 0; at < input.length; at += n) {
      const factor = this.#factor(input, at);
      for (let i = 0; i < n; i++) output[at + i] = input[at + i]! * factor * weight![i]!;
    }
  }

  /** Writes the gradient of the input and adds that of the weight. */
  backward({ input, outputGradient, inputGradient, parameters, gradients }: LayerBackward): void {
    const n = this.inputSize;
    const { weight } = parameters;
    for (let at = 0; at < input.length; at += n) {
      const factor = this.#factor(input, at);
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const product = outputGradient[at + i]! * input[at + i]!;
        gradients.weight![i]! += product * factor;
        sum += product * weight![i]!;
      }
      const shared = (sum * factor ** 2) / n;
      for (let i = 0; i < n; i++)
        inputGradient[at + i] = factor * (outputGradient[at + i]! * weight![i]! - shared * input[at + i]!);
    }
  }
}
