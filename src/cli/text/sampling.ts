import type { Generator } from '../../index.ts';
import { checkFinite } from '../../model/core/runner.ts';
import { exp } from '../../model/streaming/power.ts';

/** e to the power of anything lower has no part in a sum with 1. */
const LOWEST = -100;

/** How characters are drawn. */
export interface Sampling {
  /** 0 always picks the most likely character. */
  readonly temperature: number;
  /** How many of the most likely characters to draw from. */
  readonly topK?: number | undefined;
  /** Draws only from the most likely characters whose probabilities add up to this share (Holtzman et al. 2020). */
  readonly topP?: number | undefined;
}

/** Last outputs of a stream, or of a row of a pool. */
export interface Drawn {
  /** As `Stream.sample`. */
  sample(generator: Generator, temperature: number): number;
  readonly logits: Float32Array;
}

/**
 * Draws an index: logits / temperature, then the `topK` most likely, then the fewest whose probabilities among those
 * add up to `topP`, as in Hugging Face transformers. Ties: the lower index is the likelier. Computed from + − × ÷, so
 * that a seed gives the same indices on every engine.
 */
export function draw(from: Drawn, { temperature, topK, topP }: Sampling, generator: Generator): number {
  // 1 / temperature times an output must not overflow
  if ((topK === undefined && topP === undefined) || temperature < 1e-30) {
    return from.sample(generator, temperature);
  }
  const { logits } = from;
  checkFinite('sample', logits, 0, logits.length, 0);
  const order = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const kept = order.slice(0, topK);
  const highest = logits[kept[0]!]!;
  const weights = kept.map((index) => {
    const x = (logits[index]! - highest) / temperature;
    return x < LOWEST ? 0 : exp(x);
  });
  const count = topP === undefined ? kept.length : nucleus(weights, topP);
  let left = generator.uniform() * sum(weights.slice(0, count));
  for (let i = 0; i < count; i++) {
    left -= weights[i]!;
    if (left < 0) return kept[i]!;
  }
  return kept[count - 1]!;
}

/** How many of the weights, the largest first, add up to `share` of their sum; at least one. */
function nucleus(weights: readonly number[], share: number): number {
  const least = share * sum(weights);
  let total = 0;
  for (const [i, weight] of weights.entries()) {
    total += weight;
    if (total >= least) return i + 1;
  }
  return weights.length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
