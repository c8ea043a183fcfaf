import { beforeAll, expect } from 'vitest';
import { init, type Sequential } from '../../src/index.ts';
import { languageModel } from '../model/languageModel.ts';

/** Tokens of the language model. */
export const V = 20;

export function language(): Sequential {
  return languageModel(V, [8, 12, 8], { dropout: 0.1 });
}

/** For a suite: what it needs. */
export function measured(): void {
  beforeAll(async () => {
    expect(globalThis.gc, 'run with --expose-gc').toBeTypeOf('function');
    await init();
  });
}

/** Bytes of the JavaScript heap in use after a collection. */
function used(): number {
  globalThis.gc!();
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

/** A growth of the heap by less than this, in bytes, is not a leak. */
export const FLAT = 200_000;

/** The least growth of the heap over `count` calls, of three times, after as many to warm up: a leak shows in each. */
export function growth(count: number, call: (i: number) => unknown): number {
  for (let i = 0; i < count; i++) call(i);
  const grown = [0, 1, 2].map(() => {
    const before = used();
    for (let i = 0; i < count; i++) call(i);
    return used() - before;
  });
  return Math.min(...grown);
}

/** The smallest object of V8's heap, in bytes. */
export const OBJECT = 12;

/**
 * Bytes of garbage that a call leaves once V8 has optimized it: the least of `rounds` rounds of `count` calls. A round
 * during which V8 collected does not count.
 */
export function garbage(rounds: number, count: number, call: (i: number) => unknown): number {
  const left = Array.from({ length: rounds }, () => {
    const before = used();
    for (let i = 0; i < count; i++) call(i);
    return process.memoryUsage().heapUsed - before;
  });
  return Math.min(...left.filter((bytes) => bytes >= 0)) / count;
}
