import { availableParallelism } from 'node:os';
import type * as Whole from '../../index.ts';
import type * as Kernels from '../../kernels/index.ts';
import type * as Quant from '../../quant/index.ts';
import { array, B, H, I, type Options, T, type Work, wave } from './work.ts';

/** As an importing program loads them: the program is built without threads and without the kernels of int8 weights. */
const ENTRIES = ['unrolled', 'unrolled/kernels', 'unrolled/quant'] as const;

let u: typeof Whole;
let onArena: typeof Kernels;
let quant: typeof Quant;

/** Threads of the works that are on several; 1 where there is one core. */
const THREADS = Math.min(availableParallelism(), 4);

async function load(options: Options): Promise<void> {
  [u, onArena, quant] = await Promise.all(ENTRIES.map((entry) => import(/* @vite-ignore */ entry)));
  await Promise.all([u.init(options), onArena.init(options)]);
}

const int8Product = (M: number, N: number, K: number): Work => ({
  ...{ work: 'int8-matmul', shape: { M, N, K }, flops: 2 * M * N * K, load },
  make: () => {
    const arena = onArena.quantArena(4 * (M * K + N * K + M * N) + onArena.quantWork(K, 1) + 4096);
    const [x, w] = [arena.put(wave(M * K)), arena.put(onArena.packQuant(wave(N * K), N, K))];
    const y = arena.take(M, N);
    const work = arena.scratch(onArena.quantWork(K, 1));
    const run = () => arena.quant.quant_linear(M, N, K, 1, x.ptr, w.ptr, 0, y.ptr, work);
    return { run, dispose: () => arena.dispose() };
  },
});

const int8Step = (name: string, gates: number, layer: () => Whole.Layer): Work => ({
  ...{ work: `int8-${name}-step`, shape: { T: 1, B: 1, I, H }, flops: 2 * gates * (I + H) * H, load },
  make: () => {
    const model = quant.quantize(new u.Sequential([layer()], { seed: 1 }), { planes: 1 });
    const [stream, row] = [model.stream(), wave(I)];
    return { run: () => void stream.step(row), dispose: () => model.dispose() };
  },
});

/** An LSTM's passes on several threads, which the percent counts. */
const onThreads = (pass: 'forward' | 'train', times: number): Work => ({
  ...{ work: `threads${THREADS}-lstm-${pass}`, shape: { T, B, I, H }, threads: THREADS },
  flops: times * 2 * T * B * 4 * (I + H) * H,
  load: (options) => load({ ...options, threads: THREADS }),
  make: () => {
    const model = new u.Sequential([new u.LSTM(I, H)], { seed: 1 });
    const [x, dy] = [array(T, B, I), array(T, B, H)];
    const run = () => {
      model.forward(x, { training: pass === 'train' });
      if (pass === 'train') model.backward(dy);
    };
    return { run, dispose: () => model.dispose() };
  },
});

/** What the package has and the program's own copy of it lacks. */
export const PACKAGE_WORKS: readonly Work[] = [
  ...[1, 32].map((rows) => int8Product(rows, 512, 128)),
  int8Step('lstm', 4, () => new u.LSTM(I, H)),
  int8Step('gru', 3, () => new u.GRU(I, H)),
  ...(THREADS > 1 ? [onThreads('forward', 1), onThreads('train', 3)] : []),
];
