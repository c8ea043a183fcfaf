import { elements } from '../allocate.ts';
import type { Port, Value } from './opened.ts';

/** Multiplier, increment of a linear congruential generator: Numerical Recipes, 2nd edition, chapter 7.1. */
const [MULTIPLIER, INCREMENT] = [1664525, 1013904223];
const STEPS = 16;
/** Samples of audio: 512 and the 64 before them, as Silero's models read. */
const SAMPLES = 576;

/** Numbers for inputs of a model that is run without any: the same ones each time. */
export function drawn(inputs: readonly Port[]): Value[] {
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, MULTIPLIER) + INCREMENT) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  return inputs.map(({ name, type, dims }) => {
    const sizes = dims.map((size, i) => (typeof size === 'number' ? size : freeSize(size, dims, i)));
    const length = elements(sizes);
    const data = Array.from({ length }, () => (type.startsWith('float') ? Math.fround(next()) : 0));
    return { name, type, dims: sizes, data };
  });
}

/** The number of steps, where a free size is named so or is the second one; of samples, in a row of them; else 1. */
function freeSize(size: string | null, dims: Port['dims'], i: number): number {
  if (size === 'T') return STEPS;
  if (i !== 1 || /^[bn]$|batch/i.test(size ?? '')) return 1;
  return dims.length === 3 ? STEPS : dims.length === 2 ? SAMPLES : 1;
}
