import { number } from '../check.ts';
import type { Layer, LayerScope, ParameterSpec, Pass } from '../engine/layer.ts';
import type { Region } from '../memory/layout.ts';
import { SummarizedLayer } from '../summary.ts';

/**
 * Zeros each element with probability p while training and scales the others by 1/(1 − p), as torch.nn.Dropout. Masks
 * come from the model's seeded generator, so a seed gives the same masks on every engine. Has no effect outside
 * training.
 */
export class Dropout extends SummarizedLayer implements Layer {
  /** Class name, as in saved models. */
  readonly type = 'Dropout';
  readonly input = undefined;
  readonly parameters: readonly ParameterSpec[] = [];
  /** @internal */
  readonly elementwise = true;
  /** Probability of an element to be zeroed. */
  readonly p: number;

  /** @throws {ArgumentError} unless 0 <= p < 1 */
  constructor(p = 0.5) {
    super();
    this.p = number('p', p, 0, 1, true);
  }

  outputSize(inputSize: number): number {
    return inputSize;
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { p: this.p };
  }

  /** @internal */
  isIdle(training: boolean): boolean {
    return !training || this.p === 0;
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    return [dropoutPass(scope, input, this.p)];
  }
}

/**
 * Zeros elements of [N, n] independently with probability p; with `variational` features, the same ones at all steps of a row
 * (Gal & Ghahramani 2016).
 */
export function dropoutPass(scope: LayerScope, input: Region, p: number, variational = false): Pass {
  const { generator, rows } = scope;
  const output = scope.output('dropout', ...input.shape);
  const n = input.shape.at(-1)!;
  const threshold = Math.floor(p * 2 ** 32);
  const scale = 1 / (1 - p);
  let key = 0;
  const apply = (x: number, y: number) => {
    const kernels = generator.part?.kernels(rows) ?? scope.kernels;
    if (variational)
      kernels.dropout_steps(rows.steps, rows.batch, n, rows.sizes, key, threshold, scale, x, y);
    else kernels.dropout(rows.count * n, key, rows.firstDrawn * n, threshold, scale, x, y);
  };
  return {
    output,
    states: [],
    begin: () => {
      key = generator.next();
    },
    forward: () => apply(input.ptr, output.ptr),
    backward: (dy, dx) => {
      if (dx) apply(dy, dx);
    },
  };
}
