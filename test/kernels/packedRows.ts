/** Rows of T steps by lengths, longest first, as the kernels take them: those of a step after those of the step before. */
export class PackedRows {
  readonly T: number;
  readonly B: number;
  /** Rows of each step. */
  readonly sizes: number[];
  /** N. */
  readonly count: number;
  readonly lengths: readonly number[];

  constructor(lengths: readonly number[]) {
    this.lengths = lengths;
    this.B = lengths.length;
    this.T = Math.max(...lengths);
    this.sizes = Array.from({ length: this.T }, (_, t) => lengths.filter((n) => n > t).length);
    this.count = this.sizes.reduce((a, b) => a + b, 0);
  }

  /** [T, B, n] to [N, n]. */
  pack(values: ArrayLike<number>, n: number): Float64Array {
    const out = new Float64Array(this.count * n);
    this.#each((row, t, b) => {
      for (let j = 0; j < n; j++) out[row * n + j] = values[(t * this.B + b) * n + j]!;
    });
    return out;
  }

  /** [N, n] to [T, B, n], zeros past a length. */
  unpack(values: ArrayLike<number>, n: number): Float64Array {
    const out = new Float64Array(this.T * this.B * n);
    this.#each((row, t, b) => {
      for (let j = 0; j < n; j++) out[(t * this.B + b) * n + j] = values[row * n + j]!;
    });
    return out;
  }

  #each(visit: (row: number, t: number, b: number) => void): void {
    let row = 0;
    for (const [t, size] of this.sizes.entries()) for (let b = 0; b < size; b++) visit(row++, t, b);
  }
}

/** Norms [T, 3] of a watch (assembly/sequence/stepHook.ts) from dL/dh(t), by step the rows it has. */
export function normsOf(
  grads: readonly Float64Array[],
  W: number,
  clip: number,
): { arrived: number[]; clipped: Float64Array[] } {
  const clipped = grads.map((grad) => {
    const out = grad.slice();
    for (let at = 0; at < out.length; at += W) {
      const norm = Math.hypot(...out.subarray(at, at + W));
      if (clip > 0 && norm > clip) for (let i = at; i < at + W; i++) out[i]! *= clip / norm;
    }
    return out;
  });
  return { clipped, arrived: clipped.map((grad) => Math.hypot(...grad)) };
}

/** A row of I values per number in −1 … 1, which says where its 1 is. */
export function oneHot(values: Float64Array, I: number): Float64Array {
  const rows = new Float64Array(values.length * I);
  for (const [n, value] of values.entries()) rows[n * I + Math.floor(((value + 1) / 2.001) * I)] = 1;
  return rows;
}

/** [n, m] of [m, n]. */
export function transposed(values: ArrayLike<number>, m: number, n: number): Float32Array {
  return Float32Array.from({ length: m * n }, (_, i) => values[(i % m) * n + Math.floor(i / m)]!);
}
