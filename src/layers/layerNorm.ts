import { boolean, integer, number, options } from '../check.ts';
import type { LayerScope, ParameterSpec, Pass } from '../engine/layer.ts';
import { constant } from '../init/initializers.ts';
import type { Region } from '../memory/layout.ts';
import type { Signal } from '../ndarray.ts';
import { requireKernel } from '../wasm/runtime.ts';
import { SingleLayer } from './graph/singleInput.ts';
import type { NameOption } from './layerName.ts';

/** Options of `LayerNorm`. */
export interface LayerNormOptions extends NameOption {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number | undefined;
  /** Whether to add a bias. Default true. */
  readonly bias?: boolean | undefined;
}

/**
 * Layer normalization (Ba et al. 2016), as torch.nn.LayerNorm: at every step of every row, y = (x − mean)/√(variance +
 * eps) ⊙ weight + bias, mean and variance over the features. [T, B, size] to [T, B, size]. Parameters: `weight` [size],
 * initially 1, and `bias` [size], initially 0.
 */
export class LayerNorm extends SingleLayer {
  /** Class name, as in saved models. */
  readonly type = 'LayerNorm';
  /** Its input; `undefined` accepts any number of features. */
  readonly input: Signal;
  /** Its parameters in the order in which they are saved. */
  override readonly parameters: readonly ParameterSpec[];
  /** Number of features. */
  readonly size: number;
  /** Added to the variance. */
  readonly eps: number;
  /** Whether there is a bias. */
  readonly bias: boolean;

  /** @throws {ArgumentError} if size is below 1, eps below 0, or an option is unknown */
  constructor(size: number, opts?: LayerNormOptions) {
    super(opts);
    this.size = integer('size', size, 1);
    const { eps = 1e-5, bias = true } = options('LayerNorm', opts, { eps: true, bias: true, name: true });
    this.eps = number('eps', eps, 0);
    this.bias = boolean('bias', bias);
    this.input = { kind: 'features', size };
    const shape = [size];
    this.parameters = [
      { name: 'weight', shape, init: constant(1) },
      ...(bias ? [{ name: 'bias', shape, init: constant(0) }] : []),
    ];
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { size: this.size, eps: this.eps, bias: this.bias };
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { kernels, rows, steps, batch, training } = scope;
    const { size: n, eps, bias } = this;
    requireKernel(kernels, 'layer_norm');
    const pointer = (name: string) => (bias || name === 'weight' ? scope.parameter(name).ptr : 0);
    const gradient = (name: string) =>
      training && (bias || name === 'weight') ? scope.gradient(name).ptr : 0;
    const [w, b] = [pointer('weight'), pointer('bias')];
    const [dw, db] = [gradient('weight'), gradient('bias')];
    const xhat = training ? scope.keep('normalized input', steps, batch, n).ptr : 0;
    const rstd = training ? scope.keep('1/deviation', steps, batch).ptr : 0;
    const output = scope.output('layer norm', steps, batch, n);
    return [
      {
        output,
        states: [],
        forward: () =>
          kernels.layer_norm(rows.count, n, input.ptr, n, w, b, output.ptr, n, 0, xhat, rstd, eps),
        backward: (dy, dx) => {
          kernels.layer_norm_backward(rows.count, n, dy, n, w, xhat, rstd, dx || xhat, n, dw, db);
        },
      },
    ];
  }
}
