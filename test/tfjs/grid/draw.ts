import { generator } from '../../reference/random.ts';

/** Draws of one model, by its seed. */
export interface Draw {
  /** In [0, 1). */
  next(): number;
  /** An integer from least to most, both included. */
  integer(least: number, most: number): number;
  /** Whether something of this probability happens. */
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

export function drawOf(seed: number): Draw {
  const next = generator(Math.imul(seed + 1, 0x9e3779b1));
  return {
    next,
    integer: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (probability) => next() < probability,
    pick: (choices) => choices[Math.floor(next() * choices.length)]!,
  };
}
