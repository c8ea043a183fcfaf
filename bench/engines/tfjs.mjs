/**
 * TensorFlow.js. LSTM and RNN are its own layers; its GRU has no `reset_after` but with `install`, so without it a GRU is written in
 * its operations.
 * It has no AdamW (Adam stands in), and its wasm backend no gradient of an embedding (a product with one-hot rows).
 */
import * as tf from '@tensorflow/tfjs';
import { joined, preparedBy, transposed } from '../cases.mjs';

const MAPS = { exp: tf.exp, tanh: tf.tanh, sigmoid: tf.sigmoid };

/** @param {'wasm' | 'cpu'} backend registered, and told where its binaries are */
export async function openTfjs(backend) {
  if (!(await tf.setBackend(backend))) throw new Error(`no ${backend} backend`);
  await tf.ready();
  return { versions: { tfjs: tf.version.tfjs }, prepare };
}

const prepare = preparedBy({
  matmul: (_, { a, b }) => product(tf.tensor2d(a.data, a.shape), tf.tensor2d(b.data, b.shape)),
  map: (c, { x }) => result(tf.tensor1d(x.data), MAPS[c.work]),
  ...{ step, forward, train, 'conv-forward': convForward, 'conv-train': () => null, charLm },
});

/** Its convolutions are batch-first, with kernels [taps, I, H]. */
function convForward({ taps, shape: { T, B, I, H } }, { weight, bias, x }) {
  const kernel = tf.transpose(tf.tensor3d(weight.data, [H, I, taps]), [2, 1, 0]);
  const input = tf.transpose(tf.tensor3d(x.data, [T, B, I]), [1, 0, 2]);
  const b = tf.tensor1d(bias.data);
  const { run, output } = result(input, () => tf.tidy(() => tf.add(tf.conv1d(input, kernel, 1, 'same'), b)));
  return { run, output: () => batchFirst(output(), B, T, H) };
}

/** [T, B, width] of [B, T, width]. */
function batchFirst(values, B, T, width) {
  const out = new Float32Array(values.length);
  for (let b = 0; b < B; b++)
    for (let t = 0; t < T; t++)
      out.set(values.subarray((b * T + t) * width, (b * T + t + 1) * width), (t * B + b) * width);
  return out;
}

const product = (a, b) => result(a, () => tf.matMul(a, b));

/** A tensor from a tensor, both in the backend's memory. */
function result(x, f) {
  let y = f(x);
  y.dataSync();
  return {
    run: () => {
      y.dispose();
      y = f(x);
    },
    output: () => y.dataSync().slice(),
  };
}

/** Columns of gates: ours (i f g o) and its (i f c o) are the same; r z n stays with a GRU written here. */
function weights({ cell, shape: { I, H } }, given, suffix = '_l0') {
  const wIh = given[`weight_ih${suffix}`];
  const wHh = given[`weight_hh${suffix}`];
  const bIh = given[`bias_ih${suffix}`].data;
  const bHh = given[`bias_hh${suffix}`].data;
  const rows = wIh.shape[0];
  return {
    kernel: tf.tensor2d(transposed(wIh.data, rows, I), [I, rows]),
    recurrent: tf.tensor2d(transposed(wHh.data, rows, H), [H, rows]),
    bias: tf.tensor1d(cell === 'gru' ? bIh : bIh.map((value, i) => value + bHh[i])),
    recurrentBias: tf.tensor1d(bHh),
  };
}

/** Its default for recurrent weights, orthogonal ones, takes minutes; they are overwritten. */
const FAST = { recurrentInitializer: 'zeros' };

const cellOptions = (H) => ({
  units: H,
  activation: 'tanh',
  recurrentActivation: 'sigmoid',
  returnSequences: true,
  ...FAST,
});

/** x [B, T, I] to [B, T, H], its variables in the order kernel, recurrent kernel, bias. */
function network(c, given) {
  const { I, H } = c.shape;
  const w = weights(c, given);
  if (c.cell === 'gru' && tf.getBackend() === 'unrolled') return installedGru(I, H, w);
  if (c.cell === 'gru') {
    const variables = [w.kernel, w.recurrent, w.bias, w.recurrentBias].map((t) => tf.variable(t));
    return { variables, apply: (x) => gru(x, H, variables) };
  }
  const { activation, ...options } = cellOptions(H);
  const layer =
    c.cell === 'lstm'
      ? tf.layers.lstm({ ...options, activation })
      : tf.layers.simpleRNN({ units: H, activation, returnSequences: true, ...FAST });
  initialized(layer, I, w);
  return { variables: layer.trainableWeights.map(({ val }) => val), apply: (x) => layer.apply(x) };
}

/** With `install`: its gates are z r n, its bias [2, 3H]. */
function installedGru(I, H, w) {
  const gates = (values) => exchanged(values, H);
  const kernel = tf.tensor2d(gates(w.kernel.dataSync()), [I, 3 * H]);
  const recurrent = tf.tensor2d(gates(w.recurrent.dataSync()), [H, 3 * H]);
  const bias = tf.tensor2d(gates(joined(w.bias.dataSync(), w.recurrentBias.dataSync())), [2, 3 * H]);
  const layer = tf.layers.gru({ ...cellOptions(H), resetAfter: true });
  initialized(layer, I, { kernel, recurrent, bias });
  return { variables: layer.trainableWeights.map(({ val }) => val), apply: (x) => layer.apply(x), gates };
}

/** Rows of three blocks of H columns, the first two exchanged. */
function exchanged(values, H) {
  const out = values.slice();
  for (let at = 0; at < values.length; at += 3 * H) {
    out.set(values.subarray(at + H, at + 2 * H), at);
    out.set(values.subarray(at, at + H), at + H);
  }
  return out;
}

/** A layer makes its weights on its first call. */
function initialized(layer, I, { kernel, recurrent, bias }) {
  tf.dispose(layer.apply(tf.zeros([1, 1, I])));
  layer.setWeights([kernel, recurrent, bias]);
  return layer;
}

function gru(x, H, [kernel, recurrent, bias, recurrentBias]) {
  const [B, T, I] = x.shape;
  const projected = tf.add(tf.matMul(tf.reshape(x, [B * T, I]), kernel), bias);
  const steps = tf.unstack(tf.reshape(projected, [B, T, 3 * H]), 1);
  let h = tf.zeros([B, H]);
  const outputs = steps.map((step) => {
    h = gruStep(step, h, recurrent, recurrentBias);
    return h;
  });
  return tf.stack(outputs, 1);
}

function gruStep(projected, h, recurrent, recurrentBias) {
  const [xr, xz, xn] = tf.split(projected, 3, 1);
  const [hr, hz, hn] = tf.split(tf.add(tf.matMul(h, recurrent), recurrentBias), 3, 1);
  const r = tf.sigmoid(tf.add(xr, hr));
  const z = tf.sigmoid(tf.add(xz, hz));
  const n = tf.tanh(tf.add(xn, tf.mul(r, hn)));
  return tf.add(n, tf.mul(z, tf.sub(h, n)));
}

/** [T, B, F] to [B, T, F] and back. */
function swapped(values, T, B, F) {
  if (B === 1 || T === 1) return values;
  const out = new Float32Array(values.length);
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++)
      out.set(values.subarray((t * B + b) * F, (t * B + b + 1) * F), (b * T + t) * F);
  }
  return out;
}

function step(c, given) {
  const { B, I, H } = c.shape;
  const x = given.x.data;
  const w = weights(c, given);
  const cell = {
    rnn: () => tf.layers.simpleRNNCell({ units: H, activation: 'tanh', ...FAST }),
    lstm: () => tf.layers.lstmCell(cellOptions(H)),
    gru: () => undefined,
  }[c.cell]();
  cell?.build([null, I]);
  cell?.setWeights([w.kernel, w.recurrent, w.bias]);
  let states = (c.cell === 'lstm' ? [0, 0] : [0]).map(() => tf.zeros([B, H]));
  let y;
  return {
    run: () => {
      const next = tf.tidy(() => {
        const input = tf.tensor2d(x, [B, I]);
        if (cell) return cell.call([input, ...states], {}).slice(1);
        const projected = tf.add(tf.matMul(input, w.kernel), w.bias);
        return [gruStep(projected, states[0], w.recurrent, w.recurrentBias)];
      });
      tf.dispose(states);
      states = next;
      y = states[0].dataSync();
    },
    output: () => y.slice(),
  };
}

function forward(c, given) {
  const { T, B, I, H } = c.shape;
  const { apply } = network(c, given);
  const x = swapped(given.x.data, T, B, I);
  let y;
  return {
    run: () => {
      // tidy would walk through every element of an array that it gives back
      const outputs = tf.tidy(() => apply(tf.tensor3d(x, [B, T, I])));
      y = outputs.dataSync();
      outputs.dispose();
    },
    output: () => swapped(y, B, T, H),
  };
}

function train(c, given) {
  const { T, B, I, H } = c.shape;
  const { variables, apply, gates = (values) => values } = network(c, given);
  const input = tf.variable(tf.tensor3d(swapped(given.x.data, T, B, I), [B, T, I]));
  const dy = tf.tensor3d(swapped(given.dy.data, T, B, H), [B, T, H]);
  const [kernel, recurrent, bias] = variables;
  let grads;
  const read = (variable) => grads[variable.name].dataSync();
  return {
    run: () => {
      if (grads) tf.dispose(grads);
      const { value, grads: next } = tf.variableGrads(
        () => tf.sum(tf.mul(apply(input), dy)),
        [...variables, input],
      );
      value.dispose();
      grads = next;
      read(kernel);
    },
    output: () => {
      const rows = bias.shape.at(-1);
      return joined(
        transposed(gates(read(kernel)), I, rows),
        transposed(gates(read(recurrent)), H, rows),
        gates(read(bias)).subarray(0, rows),
        swapped(read(input), B, T, I),
      );
    },
  };
}

function charLm({ shape: { T, B, I, H }, vocabulary }, given) {
  const plain = (name) => tf.tensor(given[name].data, given[name].shape);
  const lstm = (k) => {
    const size = k ? H : I;
    const w = weights(
      { cell: 'lstm', shape: { I: size, H } },
      Object.fromEntries(Object.entries(given).map(([name, value]) => [name.replace('1.', ''), value])),
      `_l${k}`,
    );
    const layer = tf.layers.lstm(cellOptions(H));
    return initialized(layer, size, w);
  };
  const layers = [lstm(0), lstm(1)];
  const embedding = tf.variable(plain('0.weight'));
  const weight = tf.variable(plain('2.weight'));
  const bias = tf.variable(plain('2.bias'));
  const batchMajor = (tokens) => Int32Array.from(swapped(Float32Array.from(tokens), T, B, 1));
  const oneHot = (tokens) =>
    tf.cast(tf.oneHot(tf.tensor1d(batchMajor(tokens), 'int32'), vocabulary), 'float32');
  const x = oneHot(given.x.data);
  const y = oneHot(given.y.data);
  const optimizer = tf.train.adam(1e-3);
  let loss;
  return {
    run: () => {
      const value = optimizer.minimize(() => {
        let signal = tf.reshape(tf.matMul(x, embedding), [B, T, I]);
        for (const layer of layers) signal = layer.apply(signal);
        const logits = tf.add(tf.matMul(tf.reshape(signal, [B * T, H]), weight, false, true), bias);
        return tf.losses.softmaxCrossEntropy(y, logits);
      }, true);
      [loss] = value.dataSync();
      value.dispose();
    },
    output: () => Float32Array.of(loss),
  };
}
