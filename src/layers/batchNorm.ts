import { integer, number, options } from '../check.ts';
import type { LayerScope, ParameterSpec, Pass } from '../engine/layer.ts';
import { ArgumentError, Verbatim } from '../errors.ts';
import { constant } from '../init/initializers.ts';
import type { Region } from '../memory/layout.ts';
import { batchNormWork } from '../memory/workspace.ts';
import type { Signal } from '../ndarray.ts';
import { requireKernel } from '../wasm/runtime.ts';
import { SingleLayer } from './graph/singleInput.ts';
import type { NameOption } from './layerName.ts';

/** Options of `BatchNorm`. */
export interface BatchNormOptions extends NameOption {
  /** Share of a batch's statistics in the new running ones. Default 0.1, as torch's; Keras's momentum is 1 minus it. */
  readonly momentum?: number | undefined;
  /** Added to the variance. Default 1e-5; Keras's is 1e-3. */
  readonly eps?: number | undefined;
}

/**
 * Batch normalization (Ioffe & Szegedy 2015), as torch.nn.BatchNorm1d over the features of a sequence: y = (x −
 * mean)/√(variance + eps) ⊙ weight + bias for each feature. In training, mean and variance are those of all steps of the
 * batch that count, and the running ones move toward them; otherwise, and in streams, the running ones are used. [T, B,
 * size] to [T, B, size].
 *
 * Parameters: `weight` [size], initially 1, and `bias` [size], initially 0. Buffers, saved with the model but not
 * trained: `running_mean`, initially 0, and `running_var`, initially 1. torch's `num_batches_tracked` is not kept.
 * A refused training step leaves the buffers as they were.
 */
export class BatchNorm extends SingleLayer {
  /** Class name, as in saved models. */
  readonly type = 'BatchNorm';
  /** Its input; `undefined` accepts any number of features. */
  readonly input: Signal;
  /** Its parameters in the order in which they are saved. */
  override readonly parameters: readonly ParameterSpec[];
  /** Number of features. */
  readonly size: number;
  /** Share of a batch's statistics in the new running ones. */
  readonly momentum: number;
  /** Added to the variance. */
  readonly eps: number;
  /** @internal */
  readonly trainsWhole = true;

  /** @throws {ArgumentError} if size is below 1, momentum outside 0..1, eps below 0, or an option is unknown */
  constructor(size: number, opts?: BatchNormOptions) {
    super(opts);
    this.size = integer('size', size, 1);
    const { momentum = 0.1, eps = 1e-5 } = options('BatchNorm', opts, {
      momentum: true,
      eps: true,
      name: true,
    });
    this.momentum = number('momentum', momentum, 0, 1);
    this.eps = number('eps', eps, 0);
    this.input = { kind: 'features', size };
    const shape = [size];
    this.parameters = [
      { name: 'weight', shape, init: constant(1) },
      { name: 'bias', shape, init: constant(0) },
      { name: 'running_mean', shape, init: constant(0), buffer: true },
      { name: 'running_var', shape, init: constant(1), buffer: true },
    ];
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { size: this.size, momentum: this.momentum, eps: this.eps };
  }

  /** @internal */
  reserve(scope: LayerScope, input: Region): Pass[] {
    const { arena, kernels, rows, steps, batch, training } = scope;
    const { size: n, eps, momentum } = this;
    requireKernel(kernels, 'batch_norm');
    const [w, b, mean, variance] = this.parameters.map(({ name }) => scope.parameter(name).ptr);
    const output = scope.output('batch norm', steps, batch, n);
    const work = scope.work(batchNormWork(n));
    if (!training) {
      const forward = () =>
        kernels.batch_norm(rows.count, n, input.ptr, mean!, variance!, w!, b!, eps, output.ptr, work.ptr);
      return [{ output, states: [], forward, backward: () => {} }];
    }
    const [dw, db] = [scope.gradient('weight').ptr, scope.gradient('bias').ptr];
    const xhat = scope.keep('normalized input', steps, batch, n);
    const rstd = scope.keep('1/deviation', n);
    return [
      {
        output,
        states: [],
        begin: () => {
          if (rows.countWithSteps > 1) return;
          throw new ArgumentError(
            'x',
            'at least two steps that count, to train a BatchNorm',
            new Verbatim('1'),
          );
        },
        forward: () => {
          if (rows.countWithSteps < rows.count) arena.clear(output);
          kernels.batch_norm_train(
            rows.countWithSteps,
            n,
            input.ptr,
            w!,
            b!,
            eps,
            momentum,
            mean!,
            variance!,
            output.ptr,
            xhat.ptr,
            rstd.ptr,
            work.ptr,
          );
        },
        backward: (dy, dx) => {
          const count = rows.countWithSteps;
          if (dx && count < rows.count) kernels.vec_fill((rows.count - count) * n, 0, dx + 4 * count * n);
          kernels.batch_norm_backward(count, n, dy, w!, xhat.ptr, rstd.ptr, dx, dw, db, work.ptr);
        },
      },
    ];
  }
}
