import { linearWork } from '../memory/workspace.ts';
import { instantiate, type Runtime } from '../wasm/runtime.ts';

/** Measured speed of a GEMM tile of rows × columns. */
export interface Candidate {
  readonly name: string;
  readonly gflops: number;
  /** Whether the kernels use it for large products. */
  readonly used: boolean;
}

const N = 240;
const K = 256;
const ROUNDS = 25;
const WARM_UP_MS = 40;

/** Rows of the highest tile with 8 and with 16 columns, per build (assembly/gemm/tiles.ts). */
const HIGHEST = { simd: { 8: 4, 16: 5 }, relaxed: { 8: 6, 16: 6 } };
const ROWS = {
  simd: { 8: [1, 2, 3, 4], 16: [2, 3, 4, 5] },
  relaxed: { 8: [1, 2, 3, 4, 6], 16: [2, 3, 4, 5, 6] },
};

/**
 * Times every tile of the loaded kernels, on a product whose rows are a multiple of the tile's; best of many rounds.
 */
export function candidates({ kernels, module, revectorized }: Runtime): Candidate[] {
  return ([8, 16] as const).flatMap((columns) => {
    const measure = bench(module, columns === 16);
    return ROWS[kernels][columns].map((rows) => ({
      name: `${rows}x${columns}`,
      gflops: measure(rows),
      used: revectorized === (columns === 16) && rows === HIGHEST[kernels][columns],
    }));
  });
}

function bench(module: WebAssembly.Module, wide: boolean): (rows: number) => number {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 32 });
  const { linear_forward: forward } = instantiate(module, memory, wide);
  new Float32Array(memory.buffer).fill(1e-3, 65_536 / 4);
  const x = 65_536;
  const w = x + 8 * K * 4;
  const y = w + N * K * 4;
  const work = y + 8 * N * 4;
  if (work + linearWork(N, K) > memory.buffer.byteLength) throw new Error('bench memory too small');
  return (rows) => {
    forward(rows, N, K, x, w, 0, y, 0, work);
    const repeats = Math.ceil(2e6 / (2 * rows * N * K));
    const round = () => {
      const start = performance.now();
      for (let i = 0; i < repeats; i++) forward(rows, N, K, x, w, 0, y, 1, work);
      return performance.now() - start;
    };
    for (const start = performance.now(); performance.now() - start < WARM_UP_MS; ) round();
    const best = Math.min(...Array.from({ length: ROUNDS }, round));
    return (2 * rows * N * K * repeats) / best / 1e6;
  };
}
