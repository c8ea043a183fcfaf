import * as u from '../../index.ts';
import { Arena } from '../../kernels/arena.ts';
import { gemmWork, linearWork } from '../../memory/workspace.ts';
import { array, B, H, I, T, type Work, wave } from './work.ts';

/** Elements of element-wise work, and of a long sequence's rows. */
const ELEMENTS = 4096;

/** A kernel over regions of an arena of its own, filled with numbers. */
function kernel(
  sizes: readonly number[],
  run: (arena: Arena, at: readonly number[]) => () => void,
): Work['make'] {
  return () => {
    const arena = new Arena(sizes.reduce((sum, size) => sum + 4 * size + 64, 64));
    const at = sizes.map((size) => {
      const region = arena.take(size);
      arena.f32(region).set(wave(size));
      return region.ptr;
    });
    return { run: run(arena, at) };
  };
}

const product = (M: number, N: number, K: number): Work => ({
  ...{ work: 'matmul', shape: { M, N, K }, flops: 2 * M * N * K },
  make: kernel([M * K, K * N, M * N, gemmWork(M, N, K) / 4], ({ kernels }, [a, b, c, work]) => {
    return () => kernels.sgemm_nn(M, N, K, a!, K, b!, N, 0, c!, N, work!);
  }),
});

const packed = (M: number, N: number, K: number): Work => ({
  ...{ work: 'matmul-packed', shape: { M, N, K }, flops: 2 * M * N * K },
  make: kernel([M * K, N * K, M * N, linearWork(N, K) / 4], ({ kernels }, [x, w, y, work]) => {
    kernels.linear_forward(M, N, K, x!, w!, 0, y!, 0, work!);
    return () => kernels.linear_forward(M, N, K, x!, w!, 0, y!, 1, work!);
  }),
});

const elements = (work: string, run: (kernels: Arena['kernels'], x: number, y: number) => void): Work => ({
  ...{ work, shape: { M: 1, N: ELEMENTS, K: 1 }, flops: ELEMENTS, bytes: 8 * ELEMENTS },
  make: kernel(
    [ELEMENTS, ELEMENTS],
    ({ kernels }, [x, y]) =>
      () =>
        run(kernels, x!, y!),
  ),
});

/** Step, forward pass and training pass of a layer from I to H; `multiplies` per step and row. */
function layer(name: string, multiplies: number, make: () => u.Layer, streams = true): Work[] {
  const flops = 2 * T * B * multiplies;
  const shape = { T, B, I, H };
  const model = () => new u.Sequential([make()], { seed: 1 });
  const x = array(T, B, I);
  const passes: Work[] = [
    {
      ...{ work: `${name}-forward`, shape, flops },
      make: () => {
        const made = model();
        return { run: () => made.forward(x), dispose: () => made.dispose() };
      },
    },
    {
      ...{ work: `${name}-train`, shape, flops: 3 * flops },
      make: () => {
        const made = model();
        const dy = array(T, B, H);
        const run = () => {
          made.forward(x, { training: true });
          made.backward(dy);
        };
        return { run, dispose: () => made.dispose() };
      },
    },
  ];
  const step: Work = {
    ...{ work: `${name}-step`, shape: { T: 1, B: 1, I, H }, flops: 2 * multiplies },
    make: () => {
      const made = model();
      const stream = made.stream();
      const row = wave(I);
      return { run: () => void stream.step(row), dispose: () => made.dispose() };
    },
  };
  return streams ? [step, ...passes] : passes;
}

const attention = (): Work => ({
  ...{ work: 'attention-forward', shape: { T, B, I, H: I }, flops: 4 * T * T * B * I },
  make: () => {
    const [query, value] = [u.input({ features: I }), u.input({ features: I })];
    const output = new u.Attention({ kind: 'scaled' }).apply(query, value);
    const model = new u.Model({ inputs: { query, value }, outputs: { output } }, { seed: 1 });
    const x = { query: array(T, B, I), value: array(T, B, I) };
    return { run: () => void model.forward(x), dispose: () => model.dispose() };
  },
});

/** What the program's own copy of the package runs, in order. */
export const WORKS: readonly Work[] = [
  ...[64, 256, 512].map((n) => product(n, n, n)),
  ...[1, 4, 32].map((rows) => packed(rows, 512, 128)),
  ...layer('rnn', (I + H) * H, () => new u.RNN(I, H)),
  ...layer('lstm', 4 * (I + H) * H, () => new u.LSTM(I, H)),
  ...layer('gru', 3 * (I + H) * H, () => new u.GRU(I, H)),
  ...layer('mingru', 2 * I * H, () => new u.MinGRU(I, H)),
  ...layer('minlstm', 3 * I * H, () => new u.MinLSTM(I, H)),
  ...layer('indrnn', I * H, () => new u.IndRNN(I, H)),
  ...layer('sru', 4 * I * H, () => new u.SRU(I, H)),
  ...layer('conv1d-k5', 5 * I * H, () => new u.Conv1d(I, H, 5, { padding: 'same' }), false),
  attention(),
  elements('exp', (kernels, x, y) => kernels.vec_exp(ELEMENTS, x, y)),
  elements('tanh', (kernels, x, y) => kernels.vec_tanh(ELEMENTS, x, y)),
  elements('sigmoid', (kernels, x, y) => kernels.vec_sigmoid(ELEMENTS, x, y)),
  elements('tensor-square', (kernels, x, y) => kernels.tensor_unary(2, 0, 0, ELEMENTS, x, y)),
  elements('tensor-add', (kernels, x, y) => kernels.tensor_binary(0, 1, ELEMENTS, x, 0, 1, x, 0, 1, y)),
  elements('tensor-sum', (kernels, x, y) => kernels.tensor_sum(64, ELEMENTS / 64, 1, x, y)),
  elements('transpose', (kernels, x, y) => kernels.transpose(64, 64, x, 64, y, 64)),
];
