import { boolean, integer, options } from '../check.ts';
import type { Layer, LayerScope, ParameterSpec, Pass } from '../engine/layer.ts';
import { type Initializer, initializer, uniform } from '../init/initializers.ts';
import type { Region } from '../memory/layout.ts';
import { linearBackwardWork, linearWork } from '../memory/workspace.ts';
import type { Signal } from '../ndarray.ts';
import { SummarizedLayer } from '../summary.ts';

/** Options of `Linear`. */
export interface LinearOptions {
  /** Whether to add a bias. Default true. */
  readonly bias?: boolean | undefined;
  /** Initializer of both parameters. Default: uniform in ±1/√inFeatures, as torch.nn.Linear. */
  readonly init?: Initializer | undefined;
}

/**
 * y = x·Wᵀ + b at every step: [T, B, inFeatures] to [T, B, outFeatures], as torch.nn.Linear.
 * Parameters: `weight` [outFeatures, inFeatures], `bias` [outFeatures].
 */
export class Linear extends SummarizedLayer implements Layer {
  /** Class name, as in saved models. */
  readonly type = 'Linear';
  readonly input: Signal;
  readonly parameters: readonly ParameterSpec[];
  /** Input features. */
  readonly inFeatures: number;
  /** Output features. */
  readonly outFeatures: number;
  /** Whether there is a bias. */
  readonly bias: boolean;
  /** @internal */
  declare readonly tied?: Layer | undefined;

  /** @throws {ArgumentError} if a size is below 1 or an option is unknown */
  constructor(inFeatures: number, outFeatures: number, opts?: LinearOptions) {
    super();
    this.inFeatures = integer('inFeatures', inFeatures, 1);
    this.outFeatures = integer('outFeatures', outFeatures, 1);
    const { bias = true, init = uniform(1 / Math.sqrt(inFeatures)) } = options('Linear', opts, {
      bias: true,
      init: true,
    });
    this.bias = boolean('bias', bias);
    initializer('init', init);
    this.input = { kind: 'features', size: inFeatures };
    this.parameters = [
      { name: 'weight', shape: [outFeatures, inFeatures], init },
      ...(bias ? [{ name: 'bias', shape: [outFeatures], init }] : []),
    ];
  }

  outputSize(): number {
    return this.outFeatures;
  }

  config(): Record<string, unknown> {
    return { inFeatures: this.inFeatures, outFeatures: this.outFeatures, bias: this.bias };
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { kernels, steps, batch, rows, training } = scope;
    const k = this.inFeatures;
    const n = this.outFeatures;
    const w = scope.parameter('weight', this.tied).ptr;
    const b = this.bias ? scope.parameter('bias').ptr : 0;
    const dw = training ? scope.gradient('weight', this.tied).ptr : 0;
    const db = training && this.bias ? scope.gradient('bias').ptr : 0;
    const output = scope.output('linear', steps, batch, n);
    const work = scope.work(
      Math.max(linearWork(n, k), training ? linearBackwardWork(steps * batch, n, k) : 0),
    );
    return [
      {
        output,
        states: [],
        forward: (packed) => {
          kernels.linear_forward(rows.count, n, k, input.ptr, w, b, output.ptr, packed ? 1 : 0, work.ptr);
        },
        backward: (dy, dx) => {
          kernels.linear_backward(rows.count, n, k, input.ptr, w, dy, dx, dw, db, work.ptr);
        },
      },
    ];
  }
}
