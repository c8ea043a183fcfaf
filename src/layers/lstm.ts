import { number, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import type { Generator } from '../init/generator.ts';
import { constant, type Initializer, uniform } from '../init/initializers.ts';
import { align } from '../memory/layout.ts';
import { backwardWork, lstmWork } from '../memory/workspace.ts';
import type { Pass, Scope } from './layer.ts';
import {
  chunkSteps,
  type LayerShape,
  outputOf,
  type Pointers,
  RECURRENT_OPTIONS,
  Recurrent,
  type RecurrentOptions,
  type Source,
  stateAt,
} from './recurrent.ts';

export interface LSTMOptions extends RecurrentOptions {
  /** The forget gate's bias to start from (Gers et al. 2000; Keras has 1): its `bias_ih` part; `bias_hh` then is 0. */
  readonly forgetBias?: number;
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997), as torch.nn.LSTM: gates i f g o,
 * c = f ⊙ c0 + i ⊙ g, h = o ⊙ tanh c. States h and c [numLayers, B, hiddenSize].
 */
export class LSTM extends Recurrent {
  readonly type = 'LSTM';

  /** @throws {ArgumentError} sizes below 1, unknown options, forgetBias without biases */
  constructor(inputSize: number, hiddenSize: number, opts?: LSTMOptions) {
    const given = options('LSTM', opts, [...RECURRENT_OPTIONS, 'forgetBias']);
    super(4, inputSize, hiddenSize, withForgetBias(given, hiddenSize));
  }

  protected override inferencePass(scope: Scope, shape: LayerShape, from: Source, w: Pointers): Pass {
    const { kernels } = scope;
    const { T, B, I, H, V } = shape;
    const { x, index } = from;
    const h = scope.keep('h', B, H);
    const c = scope.keep('c', B, H);
    const output = scope.output('lstm', T, B, H);
    const chunk = chunkSteps(shape, 4 * H);
    const packedBytes = align(lstmWork(I, H, V));
    const work = scope.work(packedBytes + chunk * B * 4 * H * 4);
    return {
      output,
      states: [
        { name: 'h', initial: h, final: h, gradient: undefined },
        { name: 'c', initial: c, final: c, gradient: undefined },
      ],
      forward: (packed) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.lstm_forward(
          T, B, I, H, V, x.ptr, index, w.weightIh, w.weightHh, w.biasIh, w.biasHh,
          h.ptr, c.ptr, output.ptr, work.ptr + packedBytes, chunk, packed ? 1 : 0, work.ptr,
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
    const h = scope.keep('lstm h', T + 1, B, H);
    const c = scope.keep('lstm c', T + 1, B, H);
    const gates = scope.keep('lstm gates', T, B, 4 * H);
    const dh = scope.keep('lstm dh', B, H);
    const dc = scope.keep('lstm dc', B, H);
    const work = scope.work(Math.max(lstmWork(I, H, V), backwardWork(4, T, B, I, H, V)));
    return {
      output: outputOf(h, shape),
      states: [
        { name: 'h', initial: stateAt(h, 0, shape), final: stateAt(h, T, shape), gradient: dh },
        { name: 'c', initial: stateAt(c, 0, shape), final: stateAt(c, T, shape), gradient: dc },
      ],
      forward: () => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.lstm_forward_train(
          T, B, I, H, V, x.ptr, index, w.weightIh, w.weightHh, w.biasIh, w.biasHh,
          h.ptr, c.ptr, gates.ptr, work.ptr,
        );
      },
      backward: (dy, dx) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.lstm_backward(
          T, B, I, H, V, x.ptr, index, w.weightIh, w.weightHh, h.ptr, c.ptr, gates.ptr,
          dy, dh.ptr, dc.ptr, dTable || dx, d.weightIh, d.weightHh, d.biasIh, d.biasHh, work.ptr,
        );
      },
    };
  }
}

function withForgetBias(opts: LSTMOptions, hiddenSize: number): RecurrentOptions {
  const { forgetBias, ...rest } = opts;
  if (forgetBias === undefined) return rest;
  number('forgetBias', forgetBias);
  if (opts.bias === false) throw new ArgumentError('forgetBias', 'none where bias is false', forgetBias);
  const part = (value: number, other?: Initializer): Initializer => {
    return (shape: readonly number[], generator: Generator) => {
      const data = (other ?? uniform(1 / Math.sqrt(hiddenSize)))(shape, generator);
      data.set(constant(value)([hiddenSize], generator), hiddenSize);
      return data;
    };
  };
  const init = {
    ...rest.init,
    bias_ih: part(forgetBias, rest.init?.bias_ih),
    bias_hh: part(0, rest.init?.bias_hh),
  };
  return { ...rest, init };
}
