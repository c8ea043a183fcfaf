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

/** Zeros elements of [N, n] independently with probability p. */
export function dropoutPass(scope: LayerScope, input: Region, p: number): Pass {
  const { kernels, rows } = scope;
  const n = input.shape.at(-1)!;
  return maskedPass(scope, input, 'dropout', p, (key, threshold, scale, x, y) => {
    kernels.dropout(rows.count * n, key, rows.firstDrawn * n, threshold, scale, x, y);
  });
}

/** Zeros features of [N, n] with probability p, the same ones at all steps of a row (Gal & Ghahramani 2016). */
export function variationalDropoutPass(scope: LayerScope, input: Region, p: number): Pass {
  const { kernels, rows } = scope;
  const n = input.shape.at(-1)!;
  return maskedPass(scope, input, 'dropout', p, (key, threshold, scale, x, y) => {
    kernels.dropout_steps(rows.steps, rows.batch, n, rows.sizes, key, threshold, scale, x, y);
  });
}

/** `apply` takes what x points to through the mask of a key, to y. */
function maskedPass(
  scope: LayerScope,
  input: Region,
  what: string,
  p: number,
  apply: (key: number, threshold: number, scale: number, x: number, y: number) => void,
): Pass {
  const output = scope.output(what, ...input.shape);
  const threshold = Math.floor(p * 2 ** 32);
  const scale = 1 / (1 - p);
  let key = 0;
  return {
    output,
    states: [],
    begin: () => {
      key = scope.generator.next();
    },
    forward: () => apply(key, threshold, scale, input.ptr, output.ptr),
    backward: (dy, dx) => {
      if (dx) apply(key, threshold, scale, dy, dx);
    },
  };
}
