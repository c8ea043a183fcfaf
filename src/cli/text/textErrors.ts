import type { Sequential } from '../../index.ts';

/** Steps per call of the model. */
const BLOCK = 64;

/**
 * How a model predicts each index from all before it, from zero states: mean cross-entropy in nats, and the share of
 * indices that it held for the likeliest.
 */
export function textErrors(model: Sequential, tokens: Int32Array): { loss: number; accuracy: number } {
  const { kernels } = model.network.arena;
  const V = model.network.outputSize;
  using stream = model.stream({ block: BLOCK });
  let [sum, right] = [0, 0];
  const last = tokens.length - 1;
  for (let from = 0; from < last; from += BLOCK) {
    const to = Math.min(from + BLOCK, last);
    const logits = stream.steps(tokens.subarray(from, to));
    for (let t = from; t < to; t++) {
      const at = (t - from) * V;
      const next = tokens[t + 1]!;
      const row = logits.byteOffset + 4 * at;
      sum += kernels.log_sum_exp(V, row) - logits[at + next]!;
      if (kernels.index_of_max(V, row) === next) right++;
    }
  }
  return { loss: sum / last, accuracy: right / last };
}
