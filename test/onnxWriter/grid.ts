import * as u from '../../src/index.ts';

type AnyModel = u.Sequential | u.Model;
type Values = Record<string, { data: Float32Array | Int32Array; shape: number[] }>;

/** A model and inputs for it. */
export interface Case {
  readonly name: string;
  make(): AnyModel;
  readonly x: Values;
}

let state = 1;
const next = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32 - 0.5;
};
const features = (...shape: number[]) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 2 * next()),
  shape,
});
const indices = (size: number, ...shape: number[]) => ({
  data: Int32Array.from({ length: shape.reduce((a, b) => a * b) }, () => Math.floor((next() + 0.5) * size)),
  shape,
});
const chain = (name: string, x: Values[string], make: () => u.Sequential): Case => ({ name, x: { x }, make });
/** A layer of 3 features and 4 units, over 6 steps of 2 rows. */
const single = (name: string, make: () => u.Layer): Case =>
  chain(name, features(6, 2, 3), () => new u.Sequential([make()], { seed: 3 }));
const graph = (name: string, x: Values, make: () => unknown): Case => ({
  name,
  x,
  make: make as () => u.Model,
});

const ACTIVATIONS: (u.ActivationFunction | 'softmax' | 'logSoftmax')[] = [
  ...(['tanh', 'sigmoid', 'relu', 'hardsigmoid', 'softsign', 'softplus', 'silu', 'relu6', 'mish'] as const),
  ...(['gelu', 'gelutanh', 'exponential', 'selu', 'elu', 'leakyrelu', 'softmax', 'logSoftmax'] as const),
  { name: 'elu', alpha: 0.5 },
  { name: 'hardsigmoid', alpha: 1 / 6, beta: 0.5 },
  { name: 'scaledtanh', alpha: 1.7, beta: 0.6 },
  { name: 'affine', alpha: 2, beta: 0.1 },
];

/** Models that ONNX can say. */
export const CASES: readonly Case[] = [
  chain('layers with names', features(4, 2, 3), () => {
    return new u.Sequential([new u.GRU(3, 4, { name: 'encoder' }), new u.Linear(4, 2, { name: 'head' })], {
      seed: 3,
    });
  }),
  chain(
    'text model',
    indices(7, 5, 3),
    () =>
      new u.Sequential([new u.Embedding(7, 4), new u.LSTM(4, 6, { numLayers: 2 }), new u.Linear(6, 7)], {
        seed: 1,
      }),
  ),
  ...(['LSTM', 'GRU', 'RNN'] as const).flatMap((kind) => {
    const layers = { LSTM: u.LSTM, GRU: u.GRU, RNN: u.RNN };
    const one = (name: string, opts: object, size = 4, out = size) =>
      chain(`${kind} ${name}`, features(6, 2, 3), () => {
        const layer = new layers[kind](3, size, opts as never);
        return new u.Sequential([layer, new u.Linear(out, 2)], { seed: 2 });
      });
    return [
      one('plain', {}),
      one('without bias', { bias: false }),
      one('stacked in two directions', { numLayers: 2, bidirectional: true }, 4, 8),
      one('sum of two directions', { bidirectional: true, mergeMode: 'sum' }),
      one('product of two directions', { bidirectional: true, mergeMode: 'mul' }),
      one('mean of two directions', { bidirectional: true, mergeMode: 'ave' }),
      one('clip', { clip: 0.3 }),
    ];
  }),
  single('GRU reset before', () => new u.GRU(3, 4, { resetAfter: false })),
  single('RNN relu', () => new u.RNN(3, 4, { nonlinearity: 'relu' })),
  single('LSTM with peepholes', () => new u.LSTM(3, 4, { peephole: true, bidirectional: true })),
  single('LSTM with coupled gates', () => new u.LSTM(3, 4, { coupled: true })),
  single('LSTM with one bias', () => new u.LSTM(3, 4, { bias: 'single' })),
  chain(
    'LSTM with other activations',
    features(6, 2, 3),
    () =>
      new u.Sequential(
        [
          new u.LSTM(3, 4, {
            activation: 'softsign',
            recurrentActivation: { name: 'hardsigmoid', alpha: 0.2, beta: 0.5 },
          }),
        ],
        { seed: 3 },
      ),
  ),
  ...ACTIVATIONS.map((activation) =>
    chain(`activation ${JSON.stringify(activation)}`, features(3, 2, 4), () => {
      return new u.Sequential([new u.Linear(4, 5, { activation }), new u.Activation(activation)], {
        seed: 4,
      });
    }),
  ),
  ...(['valid', 'same', 'causal', 2] as const).flatMap((padding) =>
    [1, 2].map((stride) =>
      chain(`Conv1d ${padding}, stride ${stride}`, features(9, 2, 4), () => {
        const conv = new u.Conv1d(4, 6, 3, {
          padding,
          stride,
          groups: 2,
          dilation: stride === 1 ? 2 : 1,
          activation: 'relu',
        });
        return new u.Sequential([conv, new u.LSTM(6, 3)], { seed: 5 });
      }),
    ),
  ),
  chain(
    'pooling over windows',
    features(9, 2, 4),
    () =>
      new u.Sequential([new u.Linear(4, 4), new u.MaxPool1d(2), new u.AvgPool1d(2, { stride: 1 })], {
        seed: 5,
      }),
  ),
  ...(['mean', 'max', 'last'] as const).map((kind) =>
    chain(
      `Pool ${kind}`,
      features(5, 2, 4),
      () =>
        new u.Sequential(
          [new u.GRU(4, 3, { bidirectional: true }), new u.Pool({ kind }), new u.Linear(6, 2)],
          {
            seed: 6,
          },
        ),
    ),
  ),
  chain(
    'last step of two directions',
    features(5, 2, 4),
    () =>
      new u.Sequential(
        [new u.LSTM(4, 3, { bidirectional: true }), new u.Dropout(0.5), new u.LastStep(), new u.Linear(6, 2)],
        { seed: 6 },
      ),
  ),
  chain(
    'LayerNorm, BatchNorm, Reverse',
    features(5, 2, 4),
    () =>
      new u.Sequential(
        [new u.LayerNorm(4), new u.BatchNorm(4), new u.Reverse(), new u.LayerNorm(4, { bias: false })],
        {
          seed: 6,
        },
      ),
  ),
  chain(
    'Flatten',
    features(5, 2, 4),
    () =>
      new u.Sequential([new u.Linear(4, 4), new u.Flatten({ steps: 5 }), new u.Linear(20, 3)], { seed: 6 }),
  ),
  graph('encoder and decoder with attention', { source: indices(5, 6, 2), target: indices(4, 3, 2) }, () => {
    const [source, target] = [u.input({ indices: 5 }), u.input({ indices: 4 })];
    const encoder = new u.LSTM(3, 4).apply(new u.Embedding(5, 3).apply(source));
    const decoder = new u.LSTM(3, 4).apply(new u.Embedding(4, 3).apply(target), {
      h0: encoder.hN,
      c0: encoder.cN,
    });
    const context = new u.Attention({ kind: 'dot' }).apply(decoder.output, encoder.output);
    const next = new u.Linear(8, 4).apply(new u.Concat().apply(decoder.output, context));
    return new u.Model({ inputs: { source, target }, outputs: { next, last: encoder.hN } }, { seed: 7 });
  }),
  graph('vectors and sequences, one layer used twice', { a: features(4, 2, 3), b: features(2, 5) }, () => {
    const [a, b] = [u.input({ features: 3 }), u.input({ features: 5, steps: false })];
    const shared = new u.Linear(3, 3);
    const twice = shared.apply(shared.apply(a));
    const repeated = new u.RepeatVector().apply(new u.Linear(5, 3).apply(b), a);
    const sum = new u.Add().apply(twice, repeated, new u.Multiply().apply(a, repeated));
    const query = new u.LastStep().apply(new u.GRU(3, 3).apply(sum).output);
    const found = new u.Attention({ kind: 'scaled' }).apply(query, sum);
    return new u.Model({ inputs: { a, b }, outputs: { found, sum } }, { seed: 8 });
  }),
  ...[false, true].flatMap((bidirectional) =>
    [u.LSTM, u.GRU, u.RNN].map((Kind) =>
      graph(`${Kind.name}: stacked states, two directions ${bidirectional}`, { a: features(5, 2, 3) }, () => {
        const a = u.input({ features: 3 });
        const opts = { numLayers: 2, bidirectional };
        const first = new Kind(3, 4, opts).apply(a);
        const second = new Kind(3, 4, opts).apply(a, { h0: first.hN });
        return new u.Model({ inputs: { a }, outputs: { output: second.output, hN: first.hN } }, { seed: 8 });
      }),
    ),
  ),
  ...[
    () => new u.LSTM(3, 4, { numLayers: 2 }),
    () => new u.GRU(3, 4),
    () => new u.RNN(3, 4),
    () => new u.Conv1d(3, 4, 2, { padding: 'causal' }),
    () => new u.MaxPool1d(1),
    () => new u.AvgPool1d(1),
  ].map((make) =>
    graph(`${make().type} of a vector`, { a: features(2, 3) }, () => {
      const a = u.input({ features: 3, steps: false });
      const made = (make() as u.LSTM).apply(a);
      return new u.Model({ inputs: { a }, outputs: { output: made.output ?? made } }, { seed: 9 });
    }),
  ),
  graph('RepeatVector', { a: features(2, 3) }, () => {
    const a = u.input({ features: 3, steps: false });
    return new u.Model(
      { inputs: a, outputs: new u.GRU(3, 2).apply(new u.RepeatVector(4).apply(a)).output },
      { seed: 8 },
    );
  }),
];

/** Outputs by name, as the ONNX file names them. */
export function outputsOf(model: AnyModel, x: Values): Record<string, u.NDArray> {
  const [only, ...more] = Object.values(x);
  const single = !more.length && !(model instanceof u.Model && !model.graph.single.input);
  const result = (model as u.Sequential).forward((single ? only : x) as never) as unknown;
  return 'data' in (result as object)
    ? { output: result as u.NDArray }
    : (result as Record<string, u.NDArray>);
}
