import { beforeAll, describe, expect, test } from 'vitest';
import {
  Add,
  Attention,
  BatchNorm,
  Conv1d,
  Dropout,
  Embedding,
  GRU,
  IndRNN,
  init,
  input,
  LayerNorm,
  Linear,
  LSTM,
  MaxPool1d,
  MinGRU,
  Model,
  RNN,
  Sequential,
  SLSTM,
  SRU,
} from '../../src/index.ts';
import { loadQuantized, quantize } from '../../src/quant/index.ts';
import { B, esr, sequence, T, tokens } from './data.ts';

beforeAll(() => init({ kernels: 'simd' }));

const CHAINS = {
  'layers that stay float32 between quantized ones': () => [
    new Linear(5, 9),
    new LayerNorm(9),
    new LSTM(9, 8, { peephole: true }),
    new GRU(8, 7),
    new BatchNorm(7),
    new SRU(7, 7),
    new Linear(7, 3),
  ],
  'LSTM with projection and layer normalization': () => [
    new LSTM(5, 12, { projSize: 4 }),
    new LSTM(4, 6, { layerNorm: true }),
    new Linear(6, 3),
  ],
  'stacked, both directions, names': () => [
    new GRU(5, 6, { numLayers: 3, bidirectional: true, name: 'body' }),
    new LSTM(12, 5, { numLayers: 2, bidirectional: true, bias: 'single' }),
    new Linear(10, 3, { name: 'head' }),
  ],
  'cells of other kinds': () => [
    new IndRNN(5, 8),
    new Linear(8, 6),
    new MinGRU(6, 8),
    new SLSTM(8, 8, { heads: 2 }),
    new Linear(8, 3),
  ],
  'convolutions: groups, same, stride and dilation, pooling': () => [
    new Conv1d(5, 10, 3, { padding: 'same' }),
    new Conv1d(10, 10, 3, { groups: 5, padding: 'same' }),
    new MaxPool1d(2, { stride: 1 }),
    new Conv1d(10, 8, 2, { dilation: 2, activation: 'tanh' }),
    new RNN(8, 4),
    new Linear(4, 3, { activation: 'softplus' }),
  ],
  'a single unit': () => [new LSTM(5, 1), new Linear(1, 1), new Dropout(0.5)],
};

describe.each(Object.entries(CHAINS))('%s', (_, make) => {
  test.each([1, 2] as const)('planes %i: near the float model; batches, streams, pools, files', (planes) => {
    const x = sequence(5);
    const model = new Sequential(make(), { seed: 3 });
    const expected = model.forward(x).data;
    const quantized = quantize(model, { planes });
    const { data } = quantized.forward(x);
    expect(esr(expected, data)).toBeLessThan(planes === 1 ? 2e-2 : 2e-3);
    expect(model.forward(x).data).toEqual(expected);
    const file = quantized.save();
    const again = loadQuantized(file) as Sequential;
    expect(again.forward(x).data).toEqual(data);
    expect(again.save()).toEqual(file);
    if (!quantized.layers.some((layer) => layer.needsFuture || layer.outputRows)) {
      const stream = again.stream({ batch: B });
      const size = data.length / T;
      for (let t = 0; t < T; t++)
        expect(stream.step(x.data.subarray(t * B * 5, (t + 1) * B * 5))).toEqual(
          data.subarray(t * size, (t + 1) * size),
        );
    }
    for (const one of [model, quantized, again]) one.dispose();
  });
});

/** An encoder of two layers, attention over its steps, and a decoder that shares its Embedding. */
function translator(): Model {
  const [source, target] = [input({ indices: 11 }), input({ indices: 11 })];
  const embedding = new Embedding(11, 6);
  const first = new LSTM(6, 8, { name: 'first' }).apply(embedding.apply(source));
  const both = new GRU(8, 8, { bidirectional: true, mergeMode: 'sum', name: 'both' }).apply(first.output);
  const state = { h0: new Linear(8, 8, { name: 'bridge' }).apply(first.hN), c0: first.cN };
  const decoded = new LSTM(6, 8, { name: 'decoder' }).apply(embedding.apply(target), state);
  const attention = new Attention({ kind: 'additive', units: 5, name: 'attention' });
  const sum = new Add().apply(decoded.output, attention.apply(decoded.output, both.output));
  const narrow = new Linear(8, 6, { name: 'narrow' }).apply(sum);
  const logits = new Linear({ tied: embedding, name: 'logits' }).apply(narrow);
  return new Model({ inputs: { source, target }, outputs: logits }, { seed: 5 });
}

test('encoder and decoder with attention, a shared Embedding and a tied Linear', () => {
  const model = translator();
  const x = { source: tokens, target: { data: tokens.data.toReversed(), shape: [T, B] } };
  const lengths = { source: [6, 2, 4] };
  for (const planes of [1, 2] as const) {
    const quantized = quantize(model, { planes });
    const forward = (one: Model) => (one.forward(x, { lengths }) as unknown as { data: Float32Array }).data;
    const got = forward(quantized as never);
    expect(esr(forward(model), got)).toBeLessThan(planes === 1 ? 1e-2 : 1e-3);
    const file = quantized.save();
    const again = loadQuantized(file);
    expect(forward(again as never)).toEqual(got);
    expect(again.save()).toEqual(file);
  }
});

describe('a row with a number that is not finite', () => {
  const layers = {
    Linear: () => [new Linear(5, 3)],
    'Conv1d with kernel 1': () => [new Conv1d(5, 3, 1)],
    LSTM: () => [new LSTM(5, 6), new Linear(6, 3)],
    GRU: () => [new GRU(5, 6), new Linear(6, 3)],
    'RNN relu': () => [new RNN(5, 6, { nonlinearity: 'relu' }), new Linear(6, 3)],
  };
  test.each(Object.entries(layers))('%s: NaN from there on in its row, others as before', (name, make) => {
    const model = new Sequential(make(), { seed: 1 });
    for (const planes of [1, 2] as const) {
      const quantized = quantize(model, { planes });
      const expected = quantized.forward(sequence(5)).data;
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const x = sequence(5);
        // step 2 of row 1
        x.data[(2 * B + 1) * 5 + 3] = value;
        const got = quantized.forward(x).data;
        for (let t = 0; t < T; t++)
          for (let b = 0; b < B; b++)
            for (let i = 0; i < 3; i++) {
              const at = (t * B + b) * 3 + i;
              const isMissing = b === 1 && (t === 2 || (t > 2 && /LSTM|GRU|RNN/.test(name)));
              expect(got[at], `${value} ${t} ${b} ${i}`).toBe(isMissing ? Number.NaN : expected[at]);
            }
      }
    }
  });
});
