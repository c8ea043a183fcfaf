import { beforeAll, describe, expect, test } from 'vitest';
import { Conv1d, Embedding, GRU, init, type Layer, Linear, LSTM, RNN, Sequential } from '../../src/index.ts';
import { loadOnnx } from '../../src/onnx/index.ts';
import { saveOnnx } from '../../src/onnxWriter/index.ts';
import { quantize } from '../../src/quant/index.ts';

beforeAll(() => init({ kernels: 'simd' }));

const [T, B] = [6, 3];
const features = {
  data: Float32Array.from({ length: T * B * 5 }, (_, i) => Math.sin(i * 1.7)),
  shape: [T, B, 5],
};
const indices = { data: Int32Array.from({ length: T * B }, (_, i) => (i * 7) % 11), shape: [T, B] };
const MODELS: readonly [string, typeof features | typeof indices, () => Layer[]][] = [
  ['LSTM', features, () => [new LSTM(5, 8, { numLayers: 2, bidirectional: true }), new Linear(16, 4)]],
  ['GRU', features, () => [new GRU(5, 8, { bidirectional: true }), new Linear(16, 4)]],
  ['RNN', features, () => [new RNN(5, 8), new Linear(8, 4)]],
  ['text', indices, () => [new Embedding(11, 6), new LSTM(6, 8, { bias: false }), new Linear(8, 11)]],
  ['Conv1d', features, () => [new Conv1d(5, 6, 3, { padding: 'causal' }), new GRU(6, 4)]],
];

describe.each(MODELS)('a quantized model with %s', (name, x, layers) => {
  const make = () => quantize(new Sequential(layers(), { seed: 5 }), { planes: 2 });

  test('written as ONNX computes nearly the same', async () => {
    const model = make();
    const file = saveOnnx(model);
    const y = model.forward(x);
    // for check.py, which compares with ONNX Runtime
    const out = globalThis.process?.env?.UNROLLED_ONNX_OUT;
    if (out) {
      const { writeFileSync } = await import('node:fs');
      const plain = (of: { data: ArrayLike<number>; shape: readonly number[] }, own: string) => [
        { name: own, dims: of.shape, data: Array.from(of.data) },
      ];
      writeFileSync(`${out}/int8-${name}.onnx`, file);
      writeFileSync(
        `${out}/int8-${name}.json`,
        JSON.stringify({ inputs: plain(x, 'x'), outputs: plain(y, 'output') }),
      );
    }
    const session = await loadOnnx(file);
    const found = session.run({ x }).output!;
    expect(found.shape).toEqual(y.shape);
    let [error, signal] = [0, 0];
    for (const [i, value] of y.data.entries()) {
      error += (Number(found.data[i]) - value) ** 2;
      signal += value ** 2;
    }
    // states of DynamicQuantizeLSTM have 8 bits where the model has 14
    expect(error / signal).toBeLessThan(1e-4);
    session.dispose();
  });

  test('keeps its integers: those of the state dict, in another order', async () => {
    const model = make();
    const sorted = (data: ArrayLike<number>) => Array.from(data).sort((a, b) => a - b);
    const ours = Object.values(model.stateDict()).flatMap(({ data }) =>
      (data as unknown) instanceof Int8Array ? Array.from(data) : [],
    );
    const { graph } = (await loadOnnx(saveOnnx(model))).file;
    const theirs = [...graph.initializers.values()].flatMap((own) =>
      own.name.includes('zero_point') || ![2, 3].includes(own.dtype)
        ? []
        : Array.from(own.data, (v) => (own.dtype === 2 ? v - 128 : v)),
    );
    expect(ours.length).toBeGreaterThan(50);
    expect(sorted(theirs)).toEqual(sorted(ours));
  });
});
