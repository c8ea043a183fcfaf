import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/formats/keras/json.ts';
import { inflate } from '../../src/formats/zip/inflate.ts';
import { readZip } from '../../src/formats/zip/zip.ts';
import { explain, install } from '../../src/tfjs/index.ts';
import { bytesOf } from '../fixtures/keras/read.ts';
import { inputLayer, layer, lstm, model, SEQUENTIAL, TRANSLATION } from '../formats/kerasConfigs.ts';
import { difference } from './difference.ts';
import { type Any, random } from './random.ts';

const { layers } = tf;
let uninstall: () => void = () => {};
beforeAll(() => tf.setBackend('cpu'));
afterEach(() => uninstall());

/** Weights by name as a model.json has them. */
type Weights = Record<string, number[]>;

/** What `tf.loadLayersModel` reads: a description by Keras 3, and seeded weights by these names and shapes. */
function handler(modelTopology: JsonObject, weights: Weights) {
  const specs = Object.entries(weights).map(([name, shape]) => ({ name, shape, dtype: 'float32' }));
  const values = specs.flatMap(({ shape }, i) => [...random(shape, 40 + i).dataSync()]);
  const weightData = Float32Array.from(values).buffer;
  return tf.io.fromMemory({ modelTopology: structuredClone(modelTopology), weightSpecs: specs, weightData });
}

const SHAPES = [
  ...[[2, 12], [3, 12], [12]],
  ...[[2, 12], [3, 12], [12]],
  ...[
    [6, 6],
    [2, 6],
    [2, 6],
  ],
  ...[[2, 2], [2]],
];

/** Names of the sequential model's weights, in its order. */
const NAMES: Record<string, string[]> = {
  '.keras': [
    ...['forward_layer', 'backward_layer'].flatMap((d) =>
      [0, 1, 2].map((i) => `layers/bidirectional/${d}/cell/vars/${i}`),
    ),
    ...[0, 1, 2].map((i) => `layers/gru/cell/vars/${i}`),
    ...[0, 1].map((i) => `layers/dense/vars/${i}`),
  ],
  '.h5': [
    ...['forward_lstm_7', 'backward_lstm_7'].flatMap((d) =>
      ['kernel', 'recurrent_kernel', 'bias'].map((w) => `sequential_5/bidirectional_1/${d}/lstm_cell/${w}`),
    ),
    ...['kernel', 'recurrent_kernel', 'bias'].map((w) => `sequential_5/gru_2/gru_cell/${w}`),
    ...['kernel', 'bias'].map((w) => `sequential_5/dense_3/${w}`),
  ],
};

describe('Sequential of Keras 3', () => {
  test.each(Object.entries(NAMES))('with weights named as in %s', async (_, names) => {
    const given = handler(SEQUENTIAL, Object.fromEntries(names.map((name, i) => [name, SHAPES[i]!])));
    await expect(tf.loadLayersModel(given)).rejects.toThrow();
    uninstall = await install(tf);
    const loaded = await tf.loadLayersModel(given);
    const recurrentActivation = 'sigmoid';
    const expected = tf.sequential({
      layers: [
        layers.bidirectional({
          layer: layers.lstm({ units: 3, returnSequences: true, recurrentActivation }),
          inputShape: [4, 2],
        }),
        layers.gru({ units: 2, recurrentActivation, resetAfter: true }),
        layers.dense({ units: 2, activation: 'softmax' }),
      ],
    });
    expected.setWeights(SHAPES.map((shape, i) => random(shape, 40 + i)));
    const x = random([3, 4, 2], 1);
    expect(difference(loaded.predict(x).dataSync(), expected.predict(x).dataSync())).toBeLessThan(1e-6);
  });
});

test('a functional model of Keras 3 with masks and initial states', async () => {
  const weights = {
    'source_embedding/embeddings': [7, 3],
    'target_embedding/embeddings': [6, 3],
    'the_encoder/lstm_cell/kernel': [3, 16],
    'the_encoder/lstm_cell/recurrent_kernel': [4, 16],
    'the_encoder/lstm_cell/bias': [16],
    'the_decoder/lstm_cell/kernel': [3, 16],
    'the_decoder/lstm_cell/recurrent_kernel': [4, 16],
    'the_decoder/lstm_cell/bias': [16],
    'each_step/kernel': [7, 6],
    'each_step/bias': [6],
  };
  const given = handler(TRANSLATION, weights);
  await expect(tf.loadLayersModel(given)).rejects.toThrow();
  uninstall = await install(tf);
  const loaded = await tf.loadLayersModel(given);

  const [source, target] = [5, 4].map((steps) => tf.input({ shape: [steps], dtype: 'int32' }));
  const lstm = { units: 4, recurrentActivation: 'sigmoid' };
  const masked = layers.embedding({ inputDim: 7, outputDim: 3, maskZero: true }).apply(source);
  const embedded = layers.embedding({ inputDim: 6, outputDim: 3 }).apply(target);
  const [, ...initialState] = layers.lstm({ ...lstm, returnState: true }).apply(masked);
  const decoded = layers.lstm({ ...lstm, returnSequences: true }).apply(embedded, { initialState });
  const head = layers.timeDistributed({ layer: layers.dense({ units: 6, activation: 'softmax' }) });
  const output = head.apply(layers.concatenate().apply([decoded, embedded]));
  const expected = tf.model({ inputs: [source, target], outputs: output });
  const seeded = Object.values(weights).map((shape, i) => random(shape, 40 + i));
  const byShape = (shape: number[]) =>
    seeded.splice(
      seeded.findIndex((w) => `${w.shape}` === `${shape}`),
      1,
    )[0];
  expected.setWeights(expected.getWeights().map(({ shape }: Any) => byShape(shape)));

  const x = [tf.tensor2d([[3, 1, 6, 0, 0]], [1, 5], 'int32'), tf.tensor2d([[1, 5, 2, 3]], [1, 4], 'int32')];
  expect(difference(loaded.predict(x).dataSync(), expected.predict(x).dataSync())).toBeLessThan(1e-6);
  // its gradient reaches the embedding
  loaded.compile({ optimizer: tf.train.sgd(0.5), loss: 'meanSquaredError' });
  const y = tf.oneHot(tf.tensor2d([[2, 3, 4, 5]], [1, 4], 'int32'), 6);
  const first = await loaded.trainOnBatch(x, y);
  for (let i = 0; i < 10; i++) await loaded.trainOnBatch(x, y);
  expect(await loaded.trainOnBatch(x, y)).toBeLessThan(first);
});

describe('stacks of cells, in both directions and in submodels, as Keras 3 computes them', async () => {
  const members = readZip(await bytesOf('stacks.zip'), { format: 'zip', inflate });
  const { topology, x, y, shape, ...byName } = JSON.parse(
    new TextDecoder().decode(members.get('model.json')!.read()),
  );
  test.each(['h5', 'keras'])('weights named as in .%s', async (format) => {
    uninstall = await install(tf);
    const weights = byName[format] as [string, number[], number[]][];
    const loaded = await tf.loadLayersModel(
      tf.io.fromMemory({
        modelTopology: structuredClone(topology),
        weightSpecs: weights.map(([name, shape]) => ({ name, shape, dtype: 'float32' })),
        weightData: Float32Array.from(weights.flatMap(([, , values]) => values)).buffer,
      }),
    );
    const rnn = explain(loaded).filter(({ className }) => className === 'RNN');
    expect(rnn.map(({ fused }) => fused)).toEqual(Array(5).fill(true));
    const given = tf.tensor3d(x, [2, 4, 3]);
    expect(loaded.predict(given).shape).toEqual(shape);
    expect(difference(loaded.predict(given).dataSync(), y)).toBeLessThan(1e-5);
    let saved: Any;
    await loaded.save(tf.io.withSaveHandler(async (artifacts: Any) => (saved = artifacts)));
    const again = await tf.loadLayersModel(tf.io.fromMemory(saved));
    expect(difference(again.predict(given).dataSync(), y)).toBeLessThan(1e-5);
  });
});

test('the hard sigmoid of Keras 3 has the slope 1/6, fused and by itself', async () => {
  const recurrent_activation = 'hard_sigmoid';
  const layersOf = [
    inputLayer('x', [null, 1, 1]),
    layer('LSTM', lstm('cell', 1, { recurrent_activation, activation: 'linear' })),
    layer('Activation', { name: 'last', activation: 'hard_sigmoid' }),
  ];
  const topology = model('Sequential', { name: 's', layers: layersOf });
  uninstall = await install(tf);
  const loaded = await tf.models.modelFromJSON(topology);
  // gates i f c o of x: 1.2, 0, 3, 6; h = o·i·c
  loaded.setWeights([tf.tensor2d([[1.2, 0, 3, 6]]), tf.zeros([1, 4]), tf.zeros([4])]);
  expect(explain(loaded).find(({ className }) => className === 'LSTM')!.fused).toBe(true);
  const h = (1.2 / 6 + 0.5) * 3;
  const x = tf.ones([1, 1, 1]);
  expect(loaded.predict(x).dataSync()[0]).toBeCloseTo(h / 6 + 0.5, 6);
});

test('modelFromJSON reads it, too; uninstalled, it is refused as before', async () => {
  uninstall = await install(tf);
  const model = await tf.models.modelFromJSON(structuredClone(TRANSLATION));
  expect(model.outputs[0].shape).toEqual([null, 4, 6]);
  uninstall();
  await expect(tf.models.modelFromJSON(structuredClone(TRANSLATION))).rejects.toThrow();
});
