import { linearWork } from '../memory/workspace.ts';
import { instantiate, type Runtime } from '../wasm/runtime.ts';
import { selectTiles } from '../wasm/tiles.ts';

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

/**
 * Rows and columns of the tiles that some number of rows takes, per build (assembly/gemm/tiles.ts), and those that it takes for 256-bit
 * code only. The last one is that of large products.
 */
const TILES = {
  simd: {
    narrow: [
      [1, 8],
      [3, 8],
      [2, 16],
    ],
    wide: [[5, 16]],
  },
  relaxed: {
    narrow: [
      [1, 8],
      [2, 16],
      [3, 8],
      [4, 8],
      [6, 8],
    ],
    wide: [
      [3, 16],
      [4, 16],
      [6, 16],
    ],
  },
} as const;

/**
 * Times every tile of the loaded kernels, on a product whose rows are a multiple of the tile's; best of many rounds.
 */
export function candidates({ kernels, module, revectorized }: Runtime): Candidate[] {
  return (['narrow', 'wide'] as const).flatMap((set) => {
    const measure = bench(module, set === 'wide');
    const tiles = TILES[kernels][set];
    return tiles.map(([rows, columns], i) => ({
      name: `${rows}x${columns}`,
      gflops: measure(rows),
      used: revectorized === (set === 'wide') && i === tiles.length - 1,
    }));
  });
}

function bench(module: WebAssembly.Module, wide: boolean): (rows: number) => number {
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 32 });
  const { linear_forward: forward } = instantiate(module, memory);
  selectTiles(memory, wide);
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
