import type { ActivationKind } from '../activations.ts';
import { StateError } from '../errors.ts';
import { each } from './backend/elementwise.ts';
import { backward, type InputGradients, type OutputGradients } from './backward.ts';
import { exchangeWith } from './exchange.ts';
import { forward, type Kept, type SequenceOutput } from './forward.ts';
import type { Heap } from './heap.ts';
import { lazily, type Operation } from './kernel.ts';
import type { Rows } from './rows.ts';
import type { Engine, Tensor } from './tf.ts';
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
  readonly inputMask?: Tensor | undefined;
  readonly stateMask?: Tensor | undefined;
  /** Outputs, in this order. */
  readonly outputs: readonly SequenceOutput[];
  /** Whether there may be a backward pass. */
  readonly training: boolean;
}

/** One pass of a cell over a batch, run as a kernel of TF.js: `forward` once, then `gradient` at most once, then `release`. */
export interface Sequence extends Operation {
  /** Frees what the pass has kept. */
  release(): void;
}

/** A pass that is yet to be run. */
export function sequence(setting: SequenceSetting): Sequence {
  // biome-ignore format: one name after the other
  const { heap, store, engine, weights, kinds, rows, inputMask, stateMask, outputs, training } = setting;
  let kept: Kept | undefined;
  let gradients: InputGradients | undefined;
  return {
    /** inputs: x, and if there are any h0 and c0. */
    forward({ x, h0, c0 }) {
      const input = { x: x!, h0, c0, inputMask, stateMask, kinds };
      const made = forward(heap, exchangeWith(engine, heap), weights, rows, input, outputs, training);
      kept = made.kept;
      return made.output;
    },

    /**
     * Gradients by input. TF.js calls those it needs, x first, if at all.
     * @throws {StateError} for a second time, after its tape has ended, or while one records: its own gradient would be missing
     */
    gradient(dys) {
      const from = kept;
      if (gradients || !from || engine.state.gradientDepth) {
        throw new StateError(
          'unrolled/tfjs: a recurrent layer has one gradient, of the function that calls it, before its tape ends',
        );
      }
      const given = [dys].flat();
      const dy: OutputGradients = Object.fromEntries(outputs.map((name, i) => [name, given[i]]));
      const run = (needsX: boolean): InputGradients =>
        (gradients ??= backward(heap, exchangeWith(engine, heap), weights, rows, from, dy, needsX));
      return each(['x', 'kernel', 'recurrentKernel', 'bias', 'h0', 'c0'] as const, (_, name) =>
        lazily(engine, heap, () => run(name === 'x')[name]()),
      );
    },

    release() {
      kept?.release();
      kept = undefined;
      gradients?.release();
      rows.release();
      store.release(weights);
    },
  };
}
