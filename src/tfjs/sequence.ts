import type { ActivationKind } from '../activations.ts';
import { StateError } from '../errors.ts';
import { backward, type InputGradients } from './backward.ts';
import { exchangeWith } from './exchange.ts';
import { forward, type Kept, type SequenceOutput } from './forward.ts';
import type { Heap } from './heap.ts';
import type { Rows } from './rows.ts';
import type { Engine, LazyGradients, Tensor, TensorInfo } from './tf.ts';
import type { CellWeights, WeightStore } from './weights.ts';

/** What a sequence needs besides tensors. */
export interface SequenceSetting {
  readonly heap: Heap;
  readonly store: WeightStore;
  readonly engine: Engine;
  readonly weights: CellWeights;
  /** Activations of the cell. */
  readonly kinds: readonly ActivationKind[];
  readonly rows: Rows;
  /** Frees the rows, unless they are kept for other sequences. */
  readonly releaseRows: () => void;
  readonly inputMask: Tensor | undefined;
  readonly stateMask: Tensor | undefined;
  /** Outputs, in this order. */
  readonly outputs: readonly SequenceOutput[];
  /** Whether there may be a backward pass. */
  readonly training: boolean;
}

/** One pass of a cell over a batch, run as a kernel of TF.js: `forward` once, then `gradient` at most once, then `release`. */
export class Sequence {
  readonly #setting: SequenceSetting;
  #kept: Kept | undefined;
  #gradients: InputGradients | undefined;
  #released = false;

  constructor(setting: SequenceSetting) {
    this.#setting = setting;
  }

  /** inputs: x, and if there are any h0 and c0. */
  forward({ x, h0, c0 }: Record<string, TensorInfo>): TensorInfo[] {
    const { heap, engine, weights, kinds, rows, inputMask, stateMask, outputs, training } = this.#setting;
    const exchange = exchangeWith(engine, heap);
    const input = { x: x!, h0, c0, inputMask, stateMask, kinds };
    const { output, kept } = forward(heap, exchange, weights, rows, input, outputs, training);
    this.#kept = kept;
    return output;
  }

  /**
   * Gradients by input. TF.js calls those it needs, x first, if at all.
   * @throws {StateError} for a second time, or after its tape has ended
   */
  gradient(dys: Tensor | Tensor[]): LazyGradients {
    const { heap, engine, weights, rows, outputs } = this.#setting;
    const kept = this.#kept;
    if (this.#released || this.#gradients || !kept) {
      throw new StateError(
        'unrolled/tfjs: the gradient of a recurrent layer can be taken once, before its tape ends',
      );
    }
    const given = Array.isArray(dys) ? dys : [dys];
    const dyOf = (name: SequenceOutput) => given[outputs.indexOf(name)];
    const dy = { y: dyOf('y'), h: dyOf('h'), c: dyOf('c') };
    const run = (needsX: boolean): InputGradients =>
      (this.#gradients ??= backward(heap, exchangeWith(engine, heap), weights, rows, kept, dy, needsX));
    const gradients: LazyGradients = {};
    for (const name of ['x', 'kernel', 'recurrentKernel', 'bias', 'h0', 'c0'] as const) {
      gradients[name] = () => engine.makeTensorFromTensorInfo(run(name === 'x')[name]());
    }
    return gradients;
  }

  /** Frees what the pass has kept. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    const { store, weights, releaseRows } = this.#setting;
    this.#kept?.release();
    this.#gradients?.release();
    releaseRows();
    store.release(weights);
  }
}
