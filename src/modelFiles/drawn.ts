import type { Port, Value } from './opened.ts';

/** Multiplier, increment of a linear congruential generator: Numerical Recipes, 2nd edition, chapter 7.1. */
const [MULTIPLIER, INCREMENT] = [1664525, 1013904223];
const STEPS = 16;

/** Numbers for inputs of a model that is run without any: the same ones each time. */
export function drawn(inputs: readonly Port[]): Value[] {
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, MULTIPLIER) + INCREMENT) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return inputs.map(({ name, type, dims }) => {
    const sizes = dims.map((size, i) =>
      typeof size === 'number' ? size : isSteps(size, dims, i) ? STEPS : 1,
    );
    const length = sizes.reduce((a, b) => a * b, 1);
    const data = Array.from({ length }, () => (type.startsWith('float') ? Math.fround(next()) : 0));
    return { name, type, dims: sizes, data };
  });
}

/** Whether a free size is the number of steps: the one named so, else the second one. */
function isSteps(size: string | null, dims: Port['dims'], i: number): boolean {
  return size === 'T' || (size !== 'B' && i === 1 && dims.length === 3);
}
