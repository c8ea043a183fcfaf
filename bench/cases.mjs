/**
 * Every case once: what is measured, how its work is counted, and the numbers it runs on. Engines, the table and the
 * tests read this list.
 */

/** @typedef {import('./cases.d.mts').Case} Case */

/** Gates of a cell. */
const GATES = { rnn: 1, lstm: 4, gru: 3 };

/** 2·T·B·(I+H)·G·H: the products of a forward pass; a training step counts three times that. */
export function recurrentFlops(cell, { T, B, I, H }, training = false) {
  return 2 * T * B * (I + H) * GATES[cell] * H * (training ? 3 : 1);
}

const shapeName = (shape) =>
  Object.entries(shape)
    .map(([key, value]) => `${key}${value}`)
    .join('-');

const named = (fields) => ({ name: `${fields.work}-${shapeName(fields.shape)}`, ...fields });

const matmul = (M, N, K, constant) =>
  named({ work: 'matmul', kind: 'matmul', shape: { M, N, K }, flops: 2 * M * N * K, constant });

/** Elements of the activation rows. */
const ELEMENTS = 4096;

const map = (work) =>
  named({
    work,
    kind: 'map',
    shape: { M: 1, N: ELEMENTS, K: 1 },
    flops: ELEMENTS,
    bytes: ELEMENTS * 8,
  });

const recurrent = (cell, kind, T, B, I, H, vanishing = false) =>
  named({
    work: `${cell}-${vanishing ? 'vanishing' : kind}`,
    kind,
    cell,
    shape: { T, B, I, H },
    flops: recurrentFlops(cell, { T, B, I, H }, kind === 'train'),
    vanishing,
  });

/** [T, B, I, H] of a step, of a sequence, and of training that vanishes beside the same that does not. */
const STEPS = [
  [1, 1, 1, 40],
  [1, 1, 64, 128],
  [1, 1, 128, 256],
];
const SEQUENCES = [
  [100, 1, 64, 64],
  [100, 1, 128, 256],
  [64, 32, 64, 128],
  [64, 32, 128, 256],
  [64, 64, 256, 512],
];
const LONG = [200, 8, 64, 64];

const cellCases = (cell) => [
  ...STEPS.map((shape) => recurrent(cell, 'step', ...shape)),
  ...SEQUENCES.map((shape) => recurrent(cell, 'forward', ...shape)),
  ...SEQUENCES.map((shape) => recurrent(cell, 'train', ...shape)),
  recurrent(cell, 'train', ...LONG),
  recurrent(cell, 'train', ...LONG, true),
];

/** A convolution with a kernel of `taps` steps, same padding: a product of M = T·B, N = H, K = I·taps; training three. */
const conv1d = (training, taps, T, B, I, H) =>
  named({
    work: `conv1d-k${taps}-${training ? 'train' : 'forward'}`,
    kind: training ? 'conv-train' : 'conv-forward',
    shape: { T, B, I, H },
    taps,
    flops: 2 * T * B * H * I * taps * (training ? 3 : 1),
  });

/** [taps, T, B, I, H]: one channel, few, many. */
const CONVOLUTIONS = [
  [16, 512, 8, 1, 32],
  [5, 128, 16, 64, 64],
  [3, 128, 16, 128, 256],
];

/** Each next to the product that it computes. */
const convolutions = () =>
  CONVOLUTIONS.flatMap(([taps, T, B, I, H]) => [
    matmul(T * B, H, I * taps, true),
    conv1d(false, taps, T, B, I, H),
    conv1d(true, taps, T, B, I, H),
  ]);

/** Embedding, two LSTM layers, Linear; one update. */
const charLm = () => {
  const shape = { T: 64, B: 32, I: 64, H: 256 };
  const { T, B, I, H } = shape;
  const vocabulary = 96;
  const flops =
    recurrentFlops('lstm', shape, true) +
    recurrentFlops('lstm', { ...shape, I: H }, true) +
    6 * T * B * H * vocabulary;
  return { ...named({ work: 'char-lm', kind: 'char-lm', shape, flops }), vocabulary, embedding: I };
};

/** A block of a guitar's samples through an LSTM and a head, as models of amplifiers have; the states go on from block to block. */
const amp = (H) => {
  const shape = { T: 128, B: 1, I: 1, H };
  return named({
    work: 'lstm-amp',
    kind: 'amp',
    cell: 'lstm',
    shape,
    flops: recurrentFlops('lstm', shape) + 2 * shape.T * H,
  });
};

/** @type {readonly Case[]} */
export const cases = [
  ...[64, 128, 256, 512, 1024].map((n) => matmul(n, n, n, false)),
  ...[1, 4, 8, 32].map((rows) => matmul(rows, 1024, 256, true)),
  map('exp'),
  map('tanh'),
  map('sigmoid'),
  ...['rnn', 'lstm', 'gru'].flatMap(cellCases),
  ...convolutions(),
  ...[16, 40].map(amp),
  charLm(),
];

/**
 * Cases whose name contains one of the given texts: `lstm`, `lstm-step`, `T64-B32`, …
 * @param {readonly string[]} [names] none: all
 */
export function select(names) {
  if (!names?.length) return cases;
  const unknown = names.filter((name) => !cases.some((c) => c.name.includes(name)));
  if (unknown.length) {
    const works = [...new Set(cases.map((c) => c.work))].join(', ');
    throw new Error(`no case has ${unknown.join(', ')} in its name; there are ${works}, each with its shape`);
  }
  return cases.filter((c) => names.some((name) => c.name.includes(name)));
}

/** A generator of numbers in [0, 1): mulberry32 (Tommy Ettinger, public domain). */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const filled = (length, next) => Float32Array.from({ length }, next);

/**
 * The numbers of a case, the same in every process: arrays by name, row-major, parameters named and laid out as
 * torch.nn's. `dy` is the gradient that arrives at the output.
 *
 * @param {Case} c
 * @returns {Record<string, { data: Float32Array | Int32Array, shape: number[] }>}
 */
export function data(c) {
  const next = random(1);
  const uniform = (bound, ...shape) => ({
    data: filled(
      shape.reduce((a, b) => a * b, 1),
      () => (next() * 2 - 1) * bound,
    ),
    shape,
  });
  switch (c.kind) {
    case 'matmul': {
      const { M, N, K } = c.shape;
      return { a: uniform(1, M, K), b: uniform(1, K, N) };
    }
    case 'map':
      return { x: uniform(4, ELEMENTS) };
    case 'char-lm':
      return charLmData(c, uniform, next);
    case 'conv-forward':
    case 'conv-train': {
      const { T, B, I, H } = c.shape;
      const bound = 1 / Math.sqrt(I * c.taps);
      const given = { weight: uniform(bound, H, I, c.taps), bias: uniform(bound, H), x: uniform(1, T, B, I) };
      return c.kind === 'conv-train' ? { ...given, dy: uniform(1, T, B, H) } : given;
    }
    default: {
      const { T, B, I, H } = c.shape;
      const weights = recurrentWeights(
        GATES[c.cell],
        I,
        H,
        '_l0',
        c.vanishing ? 0.1 : 1 / Math.sqrt(H),
        uniform,
      );
      const x = uniform(c.vanishing ? 0.1 : 1, T, B, I);
      if (c.kind === 'amp') return { ...weights, head: uniform(1 / Math.sqrt(H), H + 1), x };
      if (c.kind !== 'train') return { ...weights, x };
      const dy = uniform(1, T, B, H);
      // only the last step's output counts: its gradient shrinks on the way to the first
      if (c.vanishing) dy.data.fill(0, 0, (T - 1) * B * H);
      return { ...weights, x, dy };
    }
  }
}

function recurrentWeights(gates, I, H, suffix, bound, uniform, prefix = '') {
  return {
    [`${prefix}weight_ih${suffix}`]: uniform(bound, gates * H, I),
    [`${prefix}weight_hh${suffix}`]: uniform(bound, gates * H, H),
    [`${prefix}bias_ih${suffix}`]: uniform(bound, gates * H),
    [`${prefix}bias_hh${suffix}`]: uniform(bound, gates * H),
  };
}

function charLmData({ shape: { T, B, I, H }, vocabulary }, uniform, next) {
  const bound = 1 / Math.sqrt(H);
  const tokens = () => ({
    data: Int32Array.from({ length: T * B }, () => Math.floor(next() * vocabulary)),
    shape: [T, B],
  });
  return {
    '0.weight': uniform(1, vocabulary, I),
    ...recurrentWeights(4, I, H, '_l0', bound, uniform, '1.'),
    ...recurrentWeights(4, H, H, '_l1', bound, uniform, '1.'),
    '2.weight': uniform(bound, vocabulary, H),
    '2.bias': uniform(bound, vocabulary),
    x: tokens(),
    y: tokens(),
  };
}

/** Runs before outputs are compared: several where a run leaves something behind for the next. */
export function checkedRuns({ kind }) {
  return { step: 3, 'char-lm': 2 }[kind] ?? 1;
}

/** The maker of a case's handle by its kind: called with the case, its data, and what follows. Null for other kinds. */
export function preparedBy(makers) {
  return (c, ...more) =>
    (c.kind === 'char-lm' ? makers.charLm : makers[c.kind])?.(c, data(c), ...more) ?? null;
}

/**
 * What an engine's `output` gives: the product; the mapped elements; the last h; h of all steps; after training the
 * gradients by weight_ih, weight_hh, bias_ih (of a convolution: weight, bias) and the input, one after the other; the
 * loss of the last update; the samples of a block.
 */
export function joined(...arrays) {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/** Transposes [rows, columns]. */
export function transposed(values, rows, columns) {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j];
  return out;
}
