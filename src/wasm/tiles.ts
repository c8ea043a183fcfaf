import type { KernelCalls } from './generated/kernelCalls.ts';

/** Place of the tile flag among the words of a memory (assembly/gemm/tiles.ts). */
export const WIDE_AT = 16_368;

/** A memory, as words, and the kernels on it. */
interface Tiled {
  readonly kernels: Pick<KernelCalls, 'linear_forward'>;
  readonly i32: Int32Array;
}

/** Time of calls before each round of trials, in ms: the engine compiles meanwhile what it found to run often. */
const PAUSE_MS = 20;
/** No more rounds after as many ms of trials: the last one takes twice 0.3 ms where the clock changes every 0.1 ms. */
const MOST_MS = 2.3;
/** Products per trial, more where the clock has not changed often enough: 8 take 40 µs. */
const CALLS = 8;
const MOST_CALLS = 60;
/** Changes of the clock per trial. */
const TICKS = 3;
/** Rounds by which one set must lead. */
const LEAD = 3;
/** Square of ln 3. Code that V8 has not optimized takes 6 to 12 times as long; other such ratios are what the machine did meanwhile. */
const UNLIKELY = 1.2;

/** Whether tiles of 16 columns are faster; undefined until that is known. Worklets, which have no timers, try none. */
let found: boolean | undefined = typeof setTimeout === 'undefined' ? false : undefined;
/** Rounds in which they were, less those in which they were not. */
let votes = 0;
let worked = 0;
let spent = 0;

/** Selects tiles of 16 columns (`wide`) or 8 for a memory. */
export function selectTiles(memory: WebAssembly.Memory, wide: boolean): void {
  new Int32Array(memory.buffer)[WIDE_AT] = +wide;
}

/** Call before kernels run. The time; 0 once it is known which tiles are faster. */
export function begin(): number {
  return found === undefined ? performance.now() : 0;
}

/**
 * Call after kernels have run, with the result of `begin`. After some time between them, tries both sets of tiles, a moment at a time, and selects the
 * faster one for this and other memories. No bit of a result depends on it.
 */
export function choose(memory: Tiled, since: number): void {
  const { i32 } = memory;
  if (since && !i32[WIDE_AT])
    for (worked += performance.now() - since; worked > PAUSE_MS && found === undefined; worked -= PAUSE_MS) {
      const gain = Math.log(trial(memory, 0) / trial(memory, 1));
      if (gain ** 2 < UNLIKELY) votes += Math.sign(gain);
      if (Math.abs(votes) >= LEAD || spent > MOST_MS) found = votes > 0;
    }
  if (found) i32[WIDE_AT] = 1;
}

/**
 * Products of zeros in page 0. ms per product. The first one, which finds neither code nor zeros in the caches, does not count.
 */
function trial({ kernels, i32 }: Tiled, wide: number): number {
  i32[WIDE_AT] = wide;
  let start = 0;
  let took = 0;
  let ticks = 0;
  let calls = -1;
  for (; (calls < CALLS || ticks < TICKS) && calls < MOST_CALLS && took < 0.35; calls++) {
    kernels.linear_forward(60, 32, 96, 16_384, 0, 0, 16_384, 1, 16_384);
    const now = performance.now();
    start ||= now;
    if (now - start > took) ticks++;
    took = now - start;
  }
  i32[WIDE_AT] = 0;
  // more is what the machine did meanwhile, or a coarse clock, which may also not have moved
  spent += Math.min(took || 1, 0.5);
  return took / calls;
}
