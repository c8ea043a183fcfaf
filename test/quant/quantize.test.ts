import { beforeAll, describe, expect, test } from 'vitest';
import {
  Add,
  type ArgumentError,
  BatchNorm,
  Conv1d,
  crossEntropy,
  Dropout,
  Embedding,
  GRU,
  init,
  input,
  LastStep,
  Linear,
  LSTM,
  Model,
  mse,
  RNN,
  Sequential,
  SGD,
  Trainer,
  Updater,
} from '../../src/index.ts';
import { parseSafetensors, serializeSafetensors } from '../../src/io/index.ts';
import { loadQuantized, quantize } from '../../src/quant/index.ts';
import { B, esr, tokens as indices, sequence, T } from './data.ts';

beforeAll(() => init({ kernels: 'simd' }));

const CASES = {
  'LSTM of two layers': () => [new LSTM(5, 19, { numLayers: 2, dropout: 0.5 }), new Linear(19, 3)],
  'LSTM without bias': () => [new LSTM(5, 8, { bias: false }), new Linear(8, 3, { bias: false })],
  'LSTM with a single bias': () => [new LSTM(5, 8, { bias: 'single' }), new Dropout(0.1), new Linear(8, 3)],
  'GRU with names': () => [
    new GRU(5, 13, { name: 'body' }),
    new Linear(13, 3, { activation: 'tanh', name: 'head' }),
  ],
  'GRU without bias': () => [new GRU(5, 13, { bias: false }), new Linear(13, 3)],
  'RNN relu': () => [new RNN(5, 10, { nonlinearity: 'relu' }), new Linear(10, 3)],
  'both directions': () => [new GRU(5, 9, { bidirectional: true }), new RNN(18, 4), new Linear(4, 3)],
  'summed directions, last step': () => [
    new LSTM(5, 9, { bidirectional: true, mergeMode: 'sum' }),
    new LastStep(),
    new Linear(9, 3),
  ],
  'causal convolution': () => [
    new Conv1d(5, 7, 3, { padding: 'causal', dilation: 2, activation: 'relu' }),
    new GRU(7, 9),
    new Linear(9, 3),
  ],
  'convolution with stride': () => [new Conv1d(5, 7, 2, { stride: 2, bias: false }), new Linear(7, 3)],
};

describe.each(Object.entries(CASES))('%s', (_, make) => {
  const x = sequence(5);
  test.each([1, 2] as const)(
    'planes %i: near the float model, saved and loaded with the same bits',
    (planes) => {
      const model = new Sequential(make(), { seed: 3 });
      model.metadata = { kept: 'text' };
      const expected = model.forward(x).data;
      const quantized = quantize(model, { planes });
      const { data } = quantized.forward(x);
      expect(esr(expected, data)).toBeLessThan(planes === 1 ? 3e-3 : 5e-4);
      expect(model.forward(x).data).toEqual(expected);
      expect(quantized.parameterCount).toBe(model.parameterCount);
      const file = quantized.save({ more: 'text' });
      const again = loadQuantized(file) as Sequential;
      expect(again.metadata).toEqual({ kept: 'text', more: 'text' });
      expect(again.forward(x).data).toEqual(data);
      expect(again.save()).toEqual(file);
      expect(again.parameterCount).toBe(model.parameterCount);
      if (quantized.layers.every(({ needsFuture, reducesSteps }) => !needsFuture && !reducesSteps)) {
        const stream = quantized.stream({ batch: B });
        const size = data.length / T;
        for (let t = 0; t < T; t++)
          expect(stream.step(x.data.subarray(t * B * 5, (t + 1) * B * 5))).toEqual(
            data.subarray(t * size, (t + 1) * size),
          );
      }
      for (const one of [model, quantized, again]) one.dispose();
    },
  );
});

test('rows of a batch, with lengths and from a pool have the bits of a row by itself', () => {
  const model = new Sequential([new LSTM(5, 8), new Linear(8, 3)], { seed: 1 });
  const quantized = quantize(model, { planes: 1 });
  const x = sequence(5);
  const lengths = [6, 2, 4];
  const whole = quantized.forward(x).data;
  const ragged = quantized.forward(x, { lengths }).data;
  const pool = quantized.streams({ capacity: 4 });
  const session = pool.open();
  for (let b = 0; b < B; b++) {
    const row = Float32Array.from(
      { length: T * 5 },
      (_, i) => x.data[(Math.floor(i / 5) * B + b) * 5 + (i % 5)]!,
    );
    const byItself = quantized.forward({ data: row, shape: [T, 1, 5] }).data;
    for (let t = 0; t < T; t++) {
      const at = (t * B + b) * 3;
      expect(whole.subarray(at, at + 3)).toEqual(byItself.subarray(t * 3, t * 3 + 3));
      if (t < lengths[b]!) expect(ragged.subarray(at, at + 3)).toEqual(byItself.subarray(t * 3, t * 3 + 3));
      if (b === 0) {
        const output = pool.step([session], row.subarray(t * 5, t * 5 + 5));
        expect(output).toEqual(byItself.subarray(t * 3, t * 3 + 3));
      }
    }
  }
});

test('an Embedding, and a Linear tied to it', () => {
  const embedding = new Embedding(11, 6);
  const model = new Sequential([embedding, new GRU(6, 6), new Linear({ tied: embedding })], { seed: 2 });
  const quantized = quantize(model);
  const [expected, got] = [model.forward(indices).data, quantized.forward(indices).data];
  expect(esr(expected, got)).toBeLessThan(5e-4);
  expect((loadQuantized(quantized.save()) as Sequential).forward(indices).data).toEqual(got);
  expect(Object.keys(quantized.stateDict())).toContain('0.weight.scale');
});

test('a graph with two outputs: loss by output, saved and loaded', () => {
  const x = input({ features: 5 });
  const body = new LSTM(5, 8, { name: 'body' }).apply(x);
  const left = new Linear(8, 2, { name: 'left' }).apply(body.output);
  const right = new Add().apply(new Linear(8, 5, { name: 'right' }).apply(body.output), x);
  const state = new Linear(8, 2, { name: 'state' }).apply(body.hN);
  const model = new Model({ inputs: x, outputs: { left, right, state } }, { seed: 4 });
  const given = sequence(5);
  const y = {
    left: sequence(2),
    right: given,
    state: { data: new Float32Array(B * 2).fill(1), shape: [B, 2] },
  };
  const loss = { left: mse, right: mse, state: mse };
  const quantized = quantize(model, { data: { x: given, y }, loss });
  expect(quantized.report.loss!.float).toBeCloseTo(
    new Trainer(model, { loss, optimizer: new SGD({ lr: 0 }) }).evaluate(given, y).loss,
    5,
  );
  const expected = model.forward(given);
  const got = quantized.forward(given) as typeof expected;
  for (const name of ['left', 'right', 'state'] as const)
    expect(esr(expected[name].data, got[name].data)).toBeLessThan(3e-3);
  const again = loadQuantized(quantized.save()) as unknown as typeof model;
  expect(again.forward(given)).toEqual(got);
});

describe('planes', () => {
  const make = () => new Sequential([new Embedding(11, 8), new LSTM(8, 12), new Linear(12, 11)], { seed: 1 });
  const y = { data: Int32Array.from(indices.data, (v) => (v + 1) % 11), shape: [T, B] };

  test('two without data; one where the loss changes by less than half a percent, and the report says so', () => {
    expect(quantize(make()).report.planes).toBe(2);
    const { report } = quantize(make(), { data: { x: indices, y }, loss: crossEntropy });
    expect(report.planes).toBe(1);
    expect(Math.abs(report.loss!.change)).toBeLessThan(0.005);
    expect(report.loss!.quantized).not.toBe(report.loss!.float);
  });

  test('two where one changes the loss by more', () => {
    const model = new Sequential([new LSTM(5, 8), new Linear(8, 3)], { seed: 1 });
    const x = sequence(5);
    // the loss of the outputs themselves is 0
    const { report } = quantize(model, { data: [{ x, y: model.forward(x) }], loss: mse });
    expect(report.planes).toBe(2);
  });

  test('by the outputs of data without targets; the loss of a trainer, with lengths', () => {
    const model = make();
    new Trainer(model, { loss: crossEntropy, optimizer: new SGD({ lr: 0.1 }) });
    const lengths = [6, 3, 2];
    const { report } = quantize(model, { data: { x: indices, y, lengths } });
    expect(report.loss!.float).toBeCloseTo(
      (model.trainer as unknown as Trainer).evaluate(indices, y, { lengths }).loss,
      6,
    );
    const outputs = quantize(model, { data: { x: indices } }).report;
    expect(outputs.errorToSignal).toBeGreaterThan(0);
    expect(outputs.loss).toBeUndefined();
  });
});

test('the report: what stayed float32 and why, bytes, errors', () => {
  const layers = [
    new LSTM(5, 64, { peephole: true }),
    new BatchNorm(64),
    new GRU(64, 128),
    new RNN(128, 4, { nonlinearity: 'gelu' }),
    new Linear(4, 2),
  ];
  const { report } = quantize(new Sequential(layers));
  expect(report.layers.map(({ name, bits }) => [name, bits])).toEqual([
    ['0', 32],
    ['1', 32],
    ['2', 8],
    ['3', 32],
    ['4', 8],
  ]);
  expect(report.layers.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('peephole'),
    expect.stringContaining('BatchNorm'),
    undefined,
    expect.stringContaining('nonlinearity'),
    undefined,
  ]);
  expect(report.layers[2]!.weightError).toBeLessThan(1e-4);
  expect(report.bytes).toBe(report.layers.reduce((sum, { bytes }) => sum + bytes, 0));
});

test('a file is at most 0.27 of the float one', () => {
  for (const layer of [new LSTM(64, 128), new GRU(64, 128), new LSTM(256, 512)]) {
    const model = new Sequential([layer, new Linear(layer.hiddenSize, 10)]);
    const quantized = quantize(model);
    expect(quantized.save().length / model.save().length).toBeLessThan(0.27);
    quantized.dispose();
    model.dispose();
  }
});

describe('refused', () => {
  const make = () => new Sequential([new GRU(5, 4), new Linear(4, 2)]);

  test('training, in every way, and nothing was changed', () => {
    const quantized = quantize(make());
    const optimizer = new SGD({ lr: 1 });
    const file = quantized.save();
    const message = /quantized/;
    expect(() => new Trainer(quantized, { loss: mse, optimizer })).toThrow(message);
    expect(() => new Updater([quantized], { optimizer })).toThrow(message);
    expect(() => quantized.forward(sequence(5), { training: true })).toThrow(message);
    expect(() => quantized.plan({ steps: 2, batch: 1, training: true })).toThrow(message);
    expect(() => quantized.zeroGradients()).toThrow(message);
    expect(() => quantized.loadStateDict()).toThrow('loadStateDict');
    expect(quantized.save()).toEqual(file);
    expect(quantized.trainer).toBeUndefined();
    // the optimizer is free
    new Trainer(make(), { loss: mse, optimizer });
  });

  test.each([
    ['model', () => quantize({} as never)],
    ['model', () => quantize(quantize(make()))],
    ['model', () => quantize(new Sequential([new BatchNorm(4)]))],
    ['planes', () => quantize(make(), { planes: 3 as never })],
    ['bits', () => quantize(make(), { bits: 4 } as never)],
    ['loss', () => quantize(make(), { data: { x: sequence(5), y: sequence(2) } })],
    ['loss', () => quantize(make(), { data: { x: sequence(5), y: sequence(2) }, loss: null as never })],
    ['loss', () => quantize(make(), { data: { x: sequence(5) }, loss: mse })],
    ['loss', () => quantize(make(), { loss: mse })],
    [
      'data',
      () => quantize(make(), { data: { x: { ...sequence(5), data: sequence(5).data.fill(Number.NaN) } } }),
    ],
    ['data', () => quantize(make(), { data: [] })],
    ['data.x', () => quantize(make(), { data: {} as never })],
    [
      'data[1].y',
      () => quantize(make(), { data: [{ x: sequence(5), y: sequence(2) }, { x: sequence(5) }], loss: mse }),
    ],
  ])('%s', (argument, call) => {
    try {
      call();
    } catch (error) {
      expect((error as ArgumentError).argument ?? (error as Error).message).toContain(argument);
      return;
    }
    expect.fail('nothing was thrown');
  });

  test('weights that are not finite, by name', () => {
    const model = make();
    const state = model.stateDict();
    (state['0.weight_hh_l0']!.data as Float32Array)[3] = Number.NaN;
    model.loadStateDict(state);
    expect(() => quantize(model)).toThrow('0.weight_hh_l0');
  });
});

test('outputs that are 0 have no error', () => {
  const model = new Sequential([new Linear(5, 2)]);
  const zeros = Object.entries(model.stateDict()).map(([name, { data, shape }]) => [
    name,
    { data: data.map(() => 0), shape },
  ]);
  model.loadStateDict(Object.fromEntries(zeros));
  const { planes, errorToSignal } = quantize(model, { data: { x: sequence(5) } }).report;
  expect([planes, errorToSignal]).toEqual([1, 0]);
});

test('running statistics are no parameters', () => {
  const model = new Sequential([new Linear(5, 4), new BatchNorm(4), new Linear(4, 2)]);
  expect(quantize(model).parameterCount).toBe(model.parameterCount);
});

describe('files', () => {
  const file = () => quantize(new Sequential([new GRU(5, 4), new Linear(4, 2)])).save();

  test('a float model and a quantized one are told apart', () => {
    expect(() => loadQuantized(new Sequential([new Linear(2, 2)]).save())).toThrow('not quantized');
    expect(() => Sequential.load(file())).toThrow('loadQuantized');
  });

  test('scales that bfloat16 has not are refused: they would be others when saved again', () => {
    const { tensors, metadata } = parseSafetensors(quantize(new Sequential([new Linear(3, 1)])).save());
    const edited = (value: number) => {
      const scale = { dtype: 'F32' as const, shape: [1], data: Float32Array.of(value) };
      return loadQuantized(serializeSafetensors(new Map([...tensors, ['0.weight.scale', scale]]), metadata));
    };
    expect(() => edited(0.00321)).toThrow(/0\.weight\.scale: expected numbers of bfloat16/);
    expect(edited(0.03125).parameterCount).toBe(4);
  });

  test('truncated anywhere, or with a header changed: an error, nothing else', () => {
    const bytes = file();
    const text = new TextDecoder('latin1').decode(bytes);
    for (let n = 0; n < bytes.length; n += 41) expect(() => loadQuantized(bytes.slice(0, n))).toThrow();
    for (const [from, to] of [
      ['"quantized":2', '"quantized":3'],
      ['weight_ih_l0.scale', 'weight_ih_l0.skale'],
      ['"shape":[12,5]', '"shape":[5,12]'],
      ['"type":"GRU"', '"type":"RNN"'],
    ] as const) {
      expect(text.replaceAll('\\"', '"')).toContain(from);
      const escaped = text.includes(from) ? from : from.replaceAll('"', '\\"');
      const changed = text.replace(escaped, escaped === from ? to : to.replaceAll('"', '\\"'));
      expect(() => loadQuantized(Uint8Array.from(changed, (c) => c.charCodeAt(0)))).toThrow(
        /saved model|safetensors/,
      );
    }
  });
});
