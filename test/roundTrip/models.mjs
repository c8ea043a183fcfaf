import {
  Activation,
  Add,
  Attention,
  AvgPool1d,
  BatchNorm,
  Concat,
  Conv1d,
  Dropout,
  Embedding,
  GRU,
  input,
  LastStep,
  LayerNorm,
  Linear,
  LSTM,
  MaxPool1d,
  Model,
  Multiply,
  Pool,
  RepeatVector,
  Reverse,
  RNN,
} from '../../dist/index.js';

const RECURRENT = { LSTM, GRU, RNN };

const alpha = (name, alpha, beta) => ({ name, alpha, ...(beta === undefined ? {} : { beta }) });

/** What each kind of file has: activations of layers, of cells and of gates. */
const TARGETS = {
  onnx: {
    activations: [
      ...['tanh', 'sigmoid', 'relu', 'hardsigmoid', 'softsign', 'softplus', 'silu', 'relu6', 'mish', 'gelu'],
      ...['gelutanh', 'exponential', 'selu', 'elu', 'leakyrelu', 'softmax', 'logSoftmax', alpha('elu', 0.4)],
      ...[alpha('leakyrelu', 0.3), alpha('hardsigmoid', 1 / 6, 0.5), alpha('scaledtanh', 1.7, 0.6)],
      alpha('affine', 1.3, 0.1),
    ],
    cell: [
      ...['tanh', 'relu', 'softsign', 'softplus', 'sigmoid', 'hardsigmoid', alpha('elu', 0.5)],
      ...[alpha('leakyrelu', 0.2), alpha('scaledtanh', 0.9, 0.7), alpha('affine', 0.5, 0.1)],
    ],
    gate: ['sigmoid', 'hardsigmoid', 'tanh', alpha('hardsigmoid', 1 / 6, 0.5)],
  },
  tfjs: {
    activations: [
      ...['tanh', 'relu', 'sigmoid', 'softmax', 'elu', 'selu', 'softplus', 'softsign', 'hardsigmoid'],
      alpha('leakyrelu', 0.2),
    ],
    cell: ['tanh', 'relu', 'softsign', 'sigmoid'],
    gate: ['sigmoid', 'hardsigmoid'],
  },
};

const activation = (draw, target) => draw.pick(TARGETS[target].activations);

/** A recurrent layer for inputs of `size` features: [layer, features of its output]. */
export function recurrent(draw, target, size, bidirectional = draw.chance(0.4)) {
  const type = draw.pick(Object.keys(RECURRENT));
  const hiddenSize = draw.int(1, 12);
  const options = {
    numLayers: draw.int(1, 3),
    bidirectional,
    ...draw.options({
      bias: [0.2, [false]],
      ...(type === 'RNN' ? { nonlinearity: [0.5, ['tanh', 'relu']] } : {}),
    }),
  };
  if (target === 'torch') {
    if (type === 'LSTM' && hiddenSize > 2 && draw.chance(0.3)) options.projSize = draw.int(1, hiddenSize - 1);
  } else {
    const { cell, gate } = TARGETS[target];
    if (bidirectional)
      Object.assign(options, draw.options({ mergeMode: [0.5, ['concat', 'sum', 'mul', 'ave']] }));
    if (type !== 'RNN' && draw.chance(0.4))
      Object.assign(options, { activation: draw.pick(cell), recurrentActivation: draw.pick(gate) });
    if (type === 'GRU') options.resetAfter = target === 'onnx' && draw.chance(0.5);
    if (target === 'onnx') Object.assign(options, draw.options(ONNX_OPTIONS[type]));
  }
  const directions = bidirectional && (options.mergeMode ?? 'concat') === 'concat' ? 2 : 1;
  return [new RECURRENT[type](size, hiddenSize, options), (options.projSize ?? hiddenSize) * directions];
}

const CLIP = { clip: [0.2, [0.3, 0.8, 2]] };
const ONNX_OPTIONS = {
  RNN: CLIP,
  GRU: CLIP,
  LSTM: { ...CLIP, peephole: [0.3, [true]], coupled: [0.2, [true]] },
};

/** A layer between others: [layer, features of its output]. */
function between(draw, target, size) {
  const isTfjs = target === 'tfjs';
  const withActivation = (p) => (draw.chance(p) ? { activation: activation(draw, target) } : {});
  const bias = () => draw.options({ bias: [0.2, [false]] });
  const makers = [
    () => [new Dropout(0.3), size],
    () => {
      const out = draw.int(1, 9);
      return [new Linear(size, out, { ...withActivation(0.6), ...bias() }), out];
    },
    () => [new LayerNorm(size, isTfjs ? {} : draw.options({ bias: [0.3, [false]] })), size],
    () => [new BatchNorm(size), size],
    () => [new Activation(activation(draw, target)), size],
    () => {
      const groups = isTfjs ? 1 : draw.pick([1, 2, 3].filter((n) => size % n === 0));
      const out = groups * draw.int(1, 4);
      const stride = draw.int(1, 2);
      const padding = draw.pick(isTfjs ? ['valid', 'same'] : ['valid', 'same', 'causal', 1]);
      const dilation = stride > 1 ? 1 : draw.int(1, 2);
      const options = { padding, stride, groups, dilation, ...withActivation(0.4), ...bias() };
      return [new Conv1d(size, out, draw.int(1, 4), options), out];
    },
    () => [new MaxPool1d(2, isTfjs ? {} : { stride: draw.int(1, 2) }), size],
    () => [new AvgPool1d(2, isTfjs ? {} : { stride: draw.int(1, 2) }), size],
    ...(isTfjs ? [] : [() => [new Reverse(), size]]),
  ];
  return draw.pick(makers)();
}

/** A Sequential: { layers, input(T, B), bidirectional }. With `states` it has one layer per step, for streams. */
export function chain(draw, target, states = false) {
  const layers = [];
  const features = draw.int(1, 7);
  const vocabulary = draw.chance(0.25) ? draw.int(3, 9) : 0;
  let size = features;
  const add = ([layer, out]) => {
    layers.push(layer);
    size = out;
  };
  if (vocabulary) layers.push(new Embedding(vocabulary, features));
  const bidirectional = states ? draw.chance(0.3) : undefined;
  for (let n = draw.int(1, 3); n > 0; n--) {
    if (!states && draw.chance(0.5)) add(between(draw, target, size));
    add(recurrent(draw, target, size, bidirectional));
    if (states) layers.push(...draw.pick([[new LayerNorm(size)], [new Dropout(0.2)], []]));
  }
  if (!states) {
    const kinds = target === 'tfjs' ? ['mean', 'max'] : ['mean', 'max', 'last'];
    layers.push(...draw.pick([[new LastStep()], [new Pool({ kind: draw.pick(kinds) })], [], []]));
  }
  if (draw.chance(0.6)) {
    const options = draw.chance(0.3) ? { activation: activation(draw, target) } : {};
    add([new Linear(size, draw.int(1, 5), options)]);
  }
  const drawInput = (T, B) => (vocabulary ? draw.indices(vocabulary, T, B) : draw.features(T, B, features));
  return { layers, input: drawInput, bidirectional };
}

/** Layers that torch.nn has, with the arguments of its constructors: { layers, input(T, B), spec }. */
export function torchChain(draw) {
  const [layers, spec] = [[], []];
  const features = draw.int(1, 7);
  const vocabulary = draw.chance(0.3) ? draw.int(3, 9) : 0;
  const add = (layer, ...described) => {
    layers.push(layer);
    spec.push(described);
  };
  let size = features;
  if (vocabulary) add(new Embedding(vocabulary, size), 'Embedding', [vocabulary, size]);
  for (let n = draw.int(1, 3); n > 0; n--) {
    const [layer, out] = recurrent(draw, 'torch', size);
    const { type, hiddenSize, numLayers, bidirectional, bias } = layer;
    const { nonlinearity, projSize } = layer.config();
    const options = { num_layers: numLayers, bidirectional, bias: bias !== false };
    if (nonlinearity) options.nonlinearity = nonlinearity;
    if (projSize) options.proj_size = projSize;
    add(layer, type, [size, hiddenSize], options);
    size = out;
    if (draw.chance(0.4)) add(new LayerNorm(size), 'LayerNorm', [size]);
    if (draw.chance(0.3)) add(new Dropout(0.5), 'Dropout', [0.5]);
  }
  if (draw.chance(0.7)) {
    const out = draw.int(1, 6);
    add(new Linear(size, out), 'Linear', [size, out]);
  }
  const drawInput = (T, B) => (vocabulary ? draw.indices(vocabulary, T, B) : draw.features(T, B, features));
  return { layers, input: drawInput, spec };
}

/** A graph with joins, a shared layer, states as nodes, three inputs and four outputs: { model, inputs(T, B) }. */
export function graph(draw) {
  const [numLayers, directions] = [draw.int(1, 2), draw.chance(0.4) ? 2 : 1];
  const [features, own, embedded] = [draw.int(2, 6), draw.int(2, 5), draw.int(3, 6)];
  const size = own * numLayers * directions;
  const a = input({ features });
  const b = input({ features: embedded, steps: false });
  const c = input({ indices: 7 });
  const encoded = new LSTM(features, own, { numLayers, bidirectional: directions > 1 }).apply(a);
  const memory = new Linear(own * directions, size).apply(encoded.output);
  const type = draw.pick(Object.keys(RECURRENT));
  const isVector = draw.chance(0.3);
  const h0 = isVector ? new Linear(embedded, size, { activation: 'tanh' }).apply(b) : encoded.hN;
  const states = { h0, ...(type === 'LSTM' ? { c0: encoded.cN } : {}) };
  const decoded = new RECURRENT[type](embedded, size).apply(new Embedding(7, embedded).apply(c), states);
  const context = new Attention({ kind: draw.pick(['dot', 'scaled']) }).apply(decoded.output, memory);
  const vector = new Linear(embedded, size, { activation: activation(draw, 'onnx') }).apply(b);
  const repeated = new RepeatVector().apply(vector, c);
  const joined = draw.pick([
    () => new Add().apply(context, repeated, decoded.output),
    () => new Multiply().apply(context, repeated),
    () => new Add().apply(decoded.output, new Multiply().apply(repeated, context)),
  ])();
  const wide = new Concat().apply(joined, decoded.output, repeated);
  const shared = new Linear(3 * size, 3 * size, { activation: 'tanh' });
  const twice = shared.apply(shared.apply(wide));
  const mergeMode = draw.pick(['sum', 'concat', 'ave']);
  const steps = new GRU(3 * size, size, { bidirectional: true, mergeMode }).apply(twice);
  const pooled = new Pool({ kind: draw.pick(['mean', 'max']) }).apply(encoded.output);
  const last = new Concat().apply(decoded.hN, b, pooled);
  const outputs = { steps: steps.output, last, twice, hN: decoded.hN };
  const inputs = (T, B) => ({
    a: draw.features(T, B, features),
    b: draw.features(B, embedded),
    c: draw.indices(7, draw.int(1, T + 2), B),
  });
  return { model: new Model({ inputs: { a, b, c }, outputs }), inputs };
}
