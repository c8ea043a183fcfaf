import { options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { backwardWork, rnnWork } from '../memory/workspace.ts';
import type { Pass, Scope } from './layer.ts';
import {
  type LayerShape,
  outputOf,
  type Pointers,
  RECURRENT_OPTIONS,
  Recurrent,
  type RecurrentOptions,
  type Source,
  stateAt,
} from './recurrent.ts';

export interface RNNOptions extends RecurrentOptions {
  /** φ. Default `tanh`. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

/**
 * Elman's recurrent network (1990), as torch.nn.RNN: h = φ(x·W_ihᵀ + b_ih + h0·W_hhᵀ + b_hh).
 * State h [numLayers, B, hiddenSize].
 */
export class RNN extends Recurrent {
  readonly type = 'RNN';
  readonly nonlinearity: 'tanh' | 'relu';

  /** @throws {ArgumentError} sizes below 1, unknown options, a nonlinearity other than tanh and relu */
  constructor(inputSize: number, hiddenSize: number, opts?: RNNOptions) {
    const given = options('RNN', opts, [...RECURRENT_OPTIONS, 'nonlinearity']);
    super(1, inputSize, hiddenSize, given);
    const { nonlinearity = 'tanh' } = given;
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu') {
      throw new ArgumentError('nonlinearity', "'tanh' or 'relu'", nonlinearity);
    }
    this.nonlinearity = nonlinearity;
  }

  override config(): Record<string, unknown> {
    return { ...super.config(), nonlinearity: this.nonlinearity };
  }

  protected override inferencePass(scope: Scope, shape: LayerShape, from: Source, w: Pointers): Pass {
    const { kernels } = scope;
    const { T, B, I, H, V } = shape;
    const { x, index } = from;
    const relu = this.nonlinearity === 'relu' ? 1 : 0;
    const h = scope.keep('h', B, H);
    const output = scope.output('rnn', T, B, H);
    const work = scope.work(rnnWork(I, H, V));
    return {
      output,
      states: [{ name: 'h', initial: h, final: h, gradient: undefined }],
      forward: (packed) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.rnn_forward(
          T, B, I, H, V, relu, x.ptr, index, w.weightIh, w.weightHh, w.biasIh, w.biasHh,
          h.ptr, output.ptr, packed ? 1 : 0, work.ptr,
        );
      },
      backward: () => {},
    };
  }

  protected override trainingPass(
    scope: Scope,
    shape: LayerShape,
    from: Source,
    w: Pointers,
    d: Pointers,
  ): Pass {
    const { kernels } = scope;
    const { T, B, I, H, V } = shape;
    const { x, index, dTable } = from;
    const relu = this.nonlinearity === 'relu' ? 1 : 0;
    const h = scope.keep('rnn h', T + 1, B, H);
    const slope = scope.keep('rnn slope', T, B, H);
    const dh = scope.keep('rnn dh', B, H);
    const work = scope.work(Math.max(rnnWork(I, H, V), backwardWork(1, T, B, I, H, V)));
    return {
      output: outputOf(h, shape),
      states: [{ name: 'h', initial: stateAt(h, 0, shape), final: stateAt(h, T, shape), gradient: dh }],
      forward: () => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.rnn_forward_train(
          T, B, I, H, V, relu, x.ptr, index, w.weightIh, w.weightHh, w.biasIh, w.biasHh, h.ptr, slope.ptr, work.ptr,
        );
      },
      backward: (dy, dx) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.rnn_backward(
          T, B, I, H, V, x.ptr, index, w.weightIh, w.weightHh, h.ptr, slope.ptr,
          dy, dh.ptr, dTable || dx, d.weightIh, d.weightHh, d.biasIh, d.biasHh, work.ptr,
        );
      },
    };
  }
}
