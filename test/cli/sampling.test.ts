import { describe, expect, test } from 'vitest';
import { draw, type Sampling } from '../../src/cli/text/sampling.ts';
import { Generator, NonFiniteError } from '../../src/index.ts';

/** ln of the weights 8, 4, 2, 1, 1, in another order; exp of each is a probability times 16. */
const WEIGHTS = [1, 4, 8, 1, 2];
const logits = Float32Array.from(WEIGHTS, Math.log);

/** How often each index is drawn. */
function counts(sampling: Sampling, draws = 4000, from = logits): number[] {
  const generator = new Generator(5);
  const found = WEIGHTS.map(() => 0);
  const sample = () => expect.unreachable('draws by itself');
  for (let i = 0; i < draws; i++) found[draw({ sample, logits: from }, sampling, generator)]!++;
  return found;
}

/** Expected shares of the draws within 4 standard deviations. */
function expectShares(found: readonly number[], weights: readonly number[]): void {
  const all = weights.reduce((a, b) => a + b, 0);
  const draws = found.reduce((a, b) => a + b, 0);
  for (const [i, weight] of weights.entries()) {
    const p = weight / all;
    const margin = 4 * Math.sqrt(draws * p * (1 - p));
    expect(Math.abs(found[i]! - draws * p), `index ${i}`).toBeLessThanOrEqual(margin);
  }
}

describe('draws', () => {
  test('topK: only the k likeliest, in proportion; of equal ones the lower index', () => {
    expectShares(counts({ temperature: 1, topK: 2 }), [0, 4, 8, 0, 0]);
    expectShares(counts({ temperature: 1, topK: 4 }), [1, 4, 8, 0, 2]);
    expectShares(counts({ temperature: 1, topK: 100 }), WEIGHTS);
  });

  test('topP: the fewest that add up to the share', () => {
    expectShares(counts({ temperature: 1, topP: 0.4 }), [0, 0, 8, 0, 0]);
    expectShares(counts({ temperature: 1, topP: 0.6 }), [0, 4, 8, 0, 0]);
    expectShares(counts({ temperature: 1, topP: 0.8 }), [0, 4, 8, 0, 2]);
    expectShares(counts({ temperature: 1, topP: 1 }), WEIGHTS);
  });

  test('the temperature comes before both, topK before topP', () => {
    // squares: 64, 16, 4, 1, 1
    expectShares(counts({ temperature: 0.5, topK: 3 }), [0, 16, 64, 0, 4]);
    expectShares(counts({ temperature: 0.5, topP: 0.8 }), [0, 16, 64, 0, 0]);
    // of the three likeliest, 14 in all, the first two are 12/14
    expectShares(counts({ temperature: 1, topK: 3, topP: 0.85 }), [0, 4, 8, 0, 0]);
  });

  test('extreme temperatures and logits', () => {
    const far = Float32Array.of(-3e38, 0, 3e38, 1, 2);
    expect(counts({ temperature: 1e-20, topK: 3 }, 20, far)).toEqual([0, 0, 20, 0, 0]);
    expectShares(counts({ temperature: 1e30, topK: 5 }), [1, 1, 1, 1, 1]);
    const broken = Float32Array.of(0, Number.NaN, 1, 1, 1);
    expect(() => counts({ temperature: 1, topK: 2 }, 1, broken)).toThrow(NonFiniteError);
  });

  test('without both, or at temperature 0, the stream samples', () => {
    for (const sampling of [{ temperature: 0.7 }, { temperature: 0, topK: 2 }]) {
      const sample = (_: Generator, temperature: number) => 100 + temperature;
      expect(draw({ sample, logits }, sampling, new Generator(1))).toBe(100 + sampling.temperature);
    }
  });
});
