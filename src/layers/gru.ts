import { options } from '../check.ts';
import { align } from '../memory/layout.ts';
import { backwardWork, gruWork } from '../memory/workspace.ts';
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

export type GRUOptions = RecurrentOptions;

/**
 * Gated recurrent unit (Cho et al. 2014), as torch.nn.GRU: gates r z n, the reset gate after the product with W_hn;
 * h = (1 − z) ⊙ n + z ⊙ h0. State h [numLayers, B, hiddenSize].
 */
export class GRU extends Recurrent {
  readonly type = 'GRU';

  /** @throws {ArgumentError} sizes below 1, unknown options */
  constructor(inputSize: number, hiddenSize: number, opts?: GRUOptions) {
    super(3, inputSize, hiddenSize, options('GRU', opts, RECURRENT_OPTIONS));
  }

  protected override inferencePass(scope: Scope, shape: LayerShape, from: Source, w: Pointers): Pass {
    const { kernels } = scope;
    const { T, B, I, H, V } = shape;
    const { x, index } = from;
    const h = scope.keep('h', B, H);
    const output = scope.output('gru', T, B, H);
    const chunk = chunkSteps(shape, 4 * H);
    const packedBytes = align(gruWork(I, H, V));
    const work = scope.work(packedBytes + chunk * B * 4 * H * 4);
    return {
      output,
      states: [{ name: 'h', initial: h, final: h, gradient: undefined }],
      forward: (packed) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.gru_forward(
          T, B, I, H, V, x.ptr, index, w.weightIh, w.weightHh, w.biasIh, w.biasHh,
          h.ptr, output.ptr, work.ptr + packedBytes, chunk, packed ? 1 : 0, work.ptr,
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
    const h = scope.keep('gru h', T + 1, B, H);
    const gates = scope.keep('gru gates', T, B, 4 * H);
    const dh = scope.keep('gru dh', B, H);
    const work = scope.work(Math.max(gruWork(I, H, V), backwardWork(3, T, B, I, H, V)));
    return {
      output: outputOf(h, shape),
      states: [{ name: 'h', initial: stateAt(h, 0, shape), final: stateAt(h, T, shape), gradient: dh }],
      forward: () => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.gru_forward_train(
          T, B, I, H, V, x.ptr, index, w.weightIh, w.weightHh, w.biasIh, w.biasHh, h.ptr, gates.ptr, work.ptr,
        );
      },
      backward: (dy, dx) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.gru_backward(
          T, B, I, H, V, x.ptr, index, w.weightIh, w.weightHh, h.ptr, gates.ptr,
          dy, dh.ptr, dTable || dx, d.weightIh, d.weightHh, d.biasIh, d.biasHh, work.ptr,
        );
      },
    };
  }
}
