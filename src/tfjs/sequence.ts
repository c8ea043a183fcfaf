import { StateError } from '../errors.ts';
import { backward, type InputGradients } from './backward.ts';
import { forward, type Kept, type SequenceOutput } from './forward.ts';
import type { Heap } from './heap.ts';
import type { Rows } from './rows.ts';
import type { Backend, Engine, LazyGradients, Tensor, TensorInfo, Values } from './tf.ts';
import type { CellWeights, WeightStore } from './weights.ts';

/** What a sequence needs besides tensors. */
export interface SequenceSetting {
  readonly heap: Heap;
  readonly store: WeightStore;
  readonly engine: Engine;
  readonly makeTensor: (values: Float32Array, shape: number[]) => Tensor;
  readonly weights: CellWeights;
  readonly rows: Rows;
  /** Frees the rows, unless they are kept for other sequences. */
  readonly releaseRows: () => void;
  readonly inputMask: Values | undefined;
  readonly stateMask: Values | undefined;
  /** Outputs, in this order. */
  readonly outputs: readonly ('y' | 'h' | 'c')[];
  /** Whether there may be a backward pass. */
  readonly training: boolean;
}

/** One pass of a cell over a batch, run as a kernel of TF.js: `forward` once, then `gradient` at most once, then `release`. */
export class Sequence {
  readonly #setting: SequenceSetting;
  #inputs: Record<string, TensorInfo> = {};
  #kept: Kept | undefined;
  #gradients: InputGradients | undefined;
  #released = false;

  constructor(setting: SequenceSetting) {
    this.#setting = setting;
  }

  /** inputs: x, and if there are any h0 and c0. */
  forward(inputs: Record<string, TensorInfo>, backend: Backend): TensorInfo[] {
    const { heap, engine, weights, rows, inputMask, stateMask, outputs, training } = this.#setting;
    const valuesOf = (tensor: TensorInfo | undefined) => tensor && engine.readSync(tensor.dataId);
    this.#inputs = inputs;
    const { output, kept } = forward(
      heap,
      weights,
      rows,
      { x: valuesOf(inputs.x)!, h0: valuesOf(inputs.h0), c0: valuesOf(inputs.c0), inputMask, stateMask },
      outputs.includes('y'),
      training,
    );
    this.#kept = kept;
    const shapes = { y: [rows.B, rows.T, weights.H], h: [rows.B, weights.H], c: [rows.B, weights.H] };
    return outputs.map((name) => {
      const values = output[name satisfies keyof SequenceOutput]!;
      const shape = shapes[name];
      return { dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32' };
    });
  }

  /**
   * Gradients by input. TF.js calls those it needs, x first, if at all.
   * @throws {StateError} for a second time, or after its tape has ended
   */
  gradient(dys: Tensor | Tensor[]): LazyGradients {
    const { heap, engine, weights, rows, outputs, makeTensor } = this.#setting;
    const kept = this.#kept;
    if (this.#released || this.#gradients || !kept) {
      throw new StateError(
        'unrolled/tfjs: the gradient of a recurrent layer can be taken once, before its tape ends',
      );
    }
    const given = Array.isArray(dys) ? dys : [dys];
    const dyOf = (name: 'y' | 'h' | 'c') => {
      const dy = given[outputs.indexOf(name)];
      return dy && engine.readSync(dy.dataId);
    };
    const dy = { y: dyOf('y'), h: dyOf('h'), c: dyOf('c') };
    const run = (needsX: boolean): InputGradients => {
      this.#gradients ??= backward(heap, weights, rows, kept, dy, needsX);
      return this.#gradients;
    };
    const names = ['kernel', 'recurrentKernel', 'bias', 'h0', 'c0'] as const;
    return {
      x: () => makeTensor(run(true).x(), this.#inputs.x!.shape),
      ...Object.fromEntries(
        names.map((name) => [name, () => makeTensor(run(false)[name](), this.#inputs[name]!.shape)]),
      ),
    };
  }

  /** Frees what the pass has kept. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    const { heap, store, weights, releaseRows } = this.#setting;
    if (this.#kept) heap.release(this.#kept.block, this.#kept.bytes);
    this.#gradients?.release();
    releaseRows();
    store.release(weights);
  }
}
