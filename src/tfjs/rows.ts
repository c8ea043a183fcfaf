import { blockOf, type Heap } from './heap.ts';
import type { Values } from './tf.ts';

/**
 * Which steps of a batch are run, and where their rows are: TF.js has [B, T] batch first, the kernels N rows of steps,
 * longest row first (assembly/sequence/ragged.ts). Steps that a mask excludes are not run. Pointers are of Int32 arrays.
 */
export interface Rows {
  readonly B: number;
  /** Steps of the batch. */
  readonly T: number;
  /** Steps that are run: those of the longest row. */
  readonly steps: number;
  /** N. */
  readonly count: number;
  /** Rows of each step; undefined for all B. */
  readonly sizes: Int32Array | undefined;
  readonly sizesAt: number;
  /** [N]: of each row that is run, its place b·T + t in the input; 0 if it is the same. */
  readonly inputAt: number;
  /** [B·T]: of each place of the output, its row in [B + N] states with the initial ones first; 0 if it is B + place. */
  readonly outputAt: number;
  /** [B]: of each b, the row of its last state, likewise. */
  readonly lastAt: number;
  /** [B]: the b of each row of a step, and the reverse; 0 if it is the same. */
  readonly orderAt: number;
  readonly rankAt: number;
  /** All steps are run, from the first on. */
  readonly isPlain: boolean;
  release(): void;
}

/** Rows of a batch. reverse: the input is read from its end; mask [B, T]: not 0 where a step is run; reverseMask: it is read so. */
export function rowsOf(
  heap: Heap,
  B: number,
  T: number,
  reverse: boolean,
  mask: Values = new Uint8Array(B * T).fill(1),
  reverseMask = false,
): Rows {
  const from = (t: number, back: boolean) => (back ? T - 1 - t : t);
  const lengths = new Int32Array(B);
  for (let i = 0; i < B * T; i++) if (mask[i]) lengths[Math.floor(i / T)]!++;
  const order = Int32Array.from(lengths.keys()).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const rank = new Int32Array(B);
  for (const [p, b] of order.entries()) rank[b] = p;
  const steps = lengths[order[0]!]!;
  const sizes = new Int32Array(steps);
  for (const n of lengths) for (let k = 0; k < n; k++) sizes[k]!++;
  const first = new Int32Array(steps + 1);
  for (let k = 0; k < steps; k++) first[k + 1] = first[k]! + sizes[k]!;
  const input = new Int32Array(first[steps]!);
  const output = new Int32Array(B * T);
  const last = new Int32Array(B);
  for (let b = 0; b < B; b++) {
    const p = rank[b]!;
    let row = p;
    let k = 0;
    for (let t = 0; t < T; t++) {
      if (mask[b * T + from(t, reverseMask)]) {
        const n = first[k++]! + p;
        input[n] = b * T + from(t, reverse);
        row = B + n;
      }
      output[b * T + t] = row;
    }
    last[b] = row;
  }
  const count = input.length;
  const isWhole = count === B * T;
  // but for those that change nothing
  const needed = {
    sizesAt: isWhole ? undefined : sizes,
    inputAt: isWhole ? unlessRising(input) : input,
    outputAt: unlessRising(output, B),
    lastAt: last,
    orderAt: unlessRising(order),
    rankAt: unlessRising(rank),
  };
  const all = Object.entries(needed);
  const floats = Object.fromEntries(all.map(([name, values]) => [name, values ? values.length || 1 : 0]));
  const { at, release } = blockOf(heap, floats as Record<keyof typeof needed, number>);
  for (const [name, values] of all)
    if (values) heap.arena.i32.set(values, at[name as keyof typeof needed] / 4);
  return { B, T, steps, count, sizes: needed.sizesAt, isPlain: isWhole && !reverse, ...at, release };
}

/** The values, unless they are first, first + 1, … */
function unlessRising(values: Int32Array, first = 0): Int32Array | undefined {
  return values.some((value, i) => value !== first + i) ? values : undefined;
}
