/**
 * brain.js, its own LSTM: the forget gate acts on the last h, there is no cell state. So its results are compared
 * with those equations, written here, rather than with ours. A Linear layer comes on top (one output for inference,
 * as many as inputs for training), and a training step includes its update.
 */
import { createRequire } from 'node:module';
import brain from 'brain.js';
import { data } from '../cases.mjs';

const NAMES = ['input', 'forget', 'cellActivation', 'output'];

export async function open() {
  const { version } = createRequire(import.meta.url)('brain.js/package.json');
  return { versions: { 'brain.js': version }, prepare };
}

function prepare(c) {
  const { kind, cell, shape } = c;
  const { T, B, I, H } = shape;
  // one input is another format of its own
  if (cell !== 'lstm' || B !== 1 || I === 1 || c.vanishing) return null;
  const training = kind === 'train';
  const given = data(c);
  const outputs = training ? I : 1;
  const net = new brain.recurrent.LSTMTimeStep({ inputSize: I, hiddenLayers: [H], outputSize: outputs });
  net.initialize();
  const [layer] = net.model.hiddenLayers;
  for (const [gate, name] of NAMES.entries()) {
    const rows = (key, columns) => given[key].data.subarray(gate * H * columns, (gate + 1) * H * columns);
    layer[`${name}Matrix`].weights.set(rows('weight_ih_l0', I));
    layer[`${name}Hidden`].weights.set(rows('weight_hh_l0', H));
    layer[`${name}Bias`].weights.set(rows('bias_ih_l0', 1));
  }
  const x = Array.from({ length: T }, (_, t) => given.x.data.slice(t * I, (t + 1) * I));
  const top = net.model.outputConnector.weights.slice();
  const bias = net.model.output.weights.slice();
  const expected = reference(given, shape, x).map((h) =>
    Array.from({ length: outputs }, (_, o) => bias[o] + dot(top, o * H, h)),
  );
  net.bindEquation();
  let y;
  if (!training) {
    return {
      run: () => {
        y = net.run(x);
      },
      output: () => Float32Array.from(y),
      expected: Float32Array.from(expected.at(-1)),
    };
  }
  // each row predicts the next: one more, so that T are trained
  const sequence = [...x, x[0]];
  net.verifyIsInitialized([sequence]);
  const error = expected.reduce(
    (sum, row, t) => sum + row.reduce((s, value, i) => s + Math.abs(value - sequence[t + 1][i]), 0),
    0,
  );
  return {
    run: () => {
      y = net.trainPattern(sequence, true);
    },
    output: () => Float32Array.of(y),
    expected: Float32Array.of(error / sequence.length),
  };
}

function dot(rows, from, x) {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += rows[from + i] * x[i];
  return sum;
}

/** h of every step. */
function reference(given, { I, H }, x) {
  const wIh = given.weight_ih_l0.data;
  const wHh = given.weight_hh_l0.data;
  const bias = given.bias_ih_l0.data;
  const sigmoid = (v) => 1 / (1 + Math.exp(-v));
  let last = new Float64Array(H);
  return x.map((row) => {
    const h = new Float64Array(H);
    for (let j = 0; j < H; j++) {
      const [i, f, g, o] = [0, 1, 2, 3].map((gate) => {
        const r = gate * H + j;
        return bias[r] + dot(wIh, r * I, row) + dot(wHh, r * H, last);
      });
      h[j] = sigmoid(o) * Math.tanh(sigmoid(f) * last[j] + sigmoid(i) * Math.tanh(g));
    }
    last = h;
    return h;
  });
}
