import { isSame } from './backend/shape.ts';
import type { RnnCell, Tensor, TensorFlow } from './tf.ts';

/** Masks of a cell for one call: [B, I] and [B, H]. */
export interface DropoutMasks {
  readonly inputMask?: Tensor | undefined;
  readonly stateMask?: Tensor | undefined;
}

/**
 * The masks of dropout and recurrentDropout, drawn as the cell draws them at its first step: by TF.js, or `dropoutFunc`, as
 * often as there are gates. The first of them counts for all gates. They stay in the cell until its layer is called again.
 * Undefined if one has another shape: `dropoutFunc` gave it, or it was drawn for another batch.
 *
 * @param inputShape [B, I]
 * @param stateShape [B, H]
 * @param isLayer whether it is the cell of an LSTM, GRU or SimpleRNN, which drops the masks before each call; cells inside
 * `rnn` keep them
 */
export function dropoutMasks(
  tf: TensorFlow,
  cell: RnnCell,
  gates: number,
  inputShape: readonly number[],
  stateShape: readonly number[],
  training: boolean,
  isLayer: boolean,
): DropoutMasks | undefined {
  // then the masks would be ones, and nobody would see them
  if (isLayer && !training) return {};
  const inputMask = maskOf(tf, cell, 'dropout', gates, inputShape, training);
  const stateMask = maskOf(tf, cell, 'recurrentDropout', gates, stateShape, training);
  return fits(inputMask, inputShape) && fits(stateMask, stateShape) ? { inputMask, stateMask } : undefined;
}

function fits(mask: Tensor | undefined, shape: readonly number[]): boolean {
  return !mask || isSame(mask.shape, shape);
}

/** The mask of the first gate; undefined without dropout. Draws one for each gate if there are none, of ones unless it trains. */
export function maskOf(
  tf: TensorFlow,
  cell: RnnCell,
  name: 'dropout' | 'recurrentDropout',
  gates: number,
  shape: readonly number[],
  training: boolean,
): Tensor | undefined {
  const { [name]: rate, dropoutFunc } = cell;
  if (!(rate > 0 && rate < 1)) return undefined;
  const field = `${name}Mask` as const;
  cell[field] ??= tf.tidy(() => {
    const masks = Array.from({ length: gates }, () => {
      const ones = tf.ones([...shape]);
      const mask = training ? (dropoutFunc ?? tf.dropout)(ones, rate) : ones;
      return tf.keep(mask.clone());
    });
    return gates === 1 ? masks[0]! : masks;
  });
  return [cell[field]].flat()[0]!;
}
