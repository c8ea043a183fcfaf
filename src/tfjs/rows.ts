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
  readonly isPlain?: boolean;
  release(): void;
}

interface Order {
  readonly steps: number;
  readonly sizes?: Int32Array | undefined;
  readonly input: Int32Array;
  readonly output: Int32Array;
  readonly last: Int32Array;
  readonly order?: Int32Array | undefined;
  readonly rank?: Int32Array | undefined;
}

/** Rows of a batch without a mask. reverse: the input is read from its end. */
export function plainRows(heap: Heap, B: number, T: number, reverse: boolean): Rows {
  const input = new Int32Array(B * T);
  const output = new Int32Array(B * T);
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      input[t * B + b] = b * T + (reverse ? T - 1 - t : t);
      output[b * T + t] = B + t * B + b;
    }
  }
  const last = Int32Array.from({ length: B }, (_, b) => T * B + b);
  return { ...place(heap, B, T, { steps: T, input, output, last }), isPlain: !reverse };
}

/** Rows of a batch with a mask [B, T]. reverse: the input is read from its end; reverseMask: the mask is. */
export function maskedRows(
  heap: Heap,
  B: number,
  T: number,
  reverse: boolean,
  mask: Values,
  reverseMask: boolean,
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
  return place(heap, B, T, { steps, sizes, input, output, last, order, rank });
}

/** Writes the arrays to memory, but for those that change nothing. */
function place(heap: Heap, B: number, T: number, rows: Order): Rows {
  const { steps, sizes, input, output, last, order, rank } = rows;
  const needed = {
    sizesAt: sizes,
    inputAt: isRising(input, 0) && input.length === B * T ? undefined : input,
    outputAt: isRising(output, B) ? undefined : output,
    lastAt: last,
    orderAt: order && !isRising(order, 0) ? order : undefined,
    rankAt: rank && !isRising(rank, 0) ? rank : undefined,
  };
  const all = Object.entries(needed);
  const lengths = all.map(([name, values]) => [name, values ? values.length || 1 : 0]);
  const { at, release } = blockOf<keyof typeof needed>(heap, Object.fromEntries(lengths));
  for (const [name, values] of all)
    if (values) heap.arena.i32.set(values, at[name as keyof typeof needed] / 4);
  return { B, T, steps, count: input.length, sizes, ...at, release };
}

/** Whether the values are first, first + 1, … */
function isRising(values: Int32Array, first: number): boolean {
  return values.every((value, i) => value === first + i);
}
