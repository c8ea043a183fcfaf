import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { explain } from '../../src/tfjs/index.ts';
import { difference } from './difference.ts';
import { type Any, installed, kernelRuns, seedWeights, tensor } from './models.ts';

const { layers } = tf;
const x = () => tensor([2, 4, 3], 7);

beforeAll(() => tf.setBackend('cpu'));

/** A layer that was called already, so that what is kept of it is there. */
function called(make: (args: Any) => Any, args: object = {}): Any {
  const layer = make({ units: 3, returnSequences: true, ...args });
  layer.apply(x());
  seedWeights(layer);
  layer.apply(x());
  return layer;
}

/** Sequences that TF.js gives for layers that a program changes, with `install` and without. */
async function expectSame(change: () => Any[]): Promise<void> {
  const outputs = () => change().map((layer) => layer.apply(x()).dataSync());
  const expected = outputs();
  await installed(async () => {
    for (const [i, found] of outputs().entries()) expect(difference(found, expected[i]!)).toBeLessThan(1e-5);
  });
}

test('an activation that is exchanged', () =>
  expectSame(() => {
    const layer = called(layers.lstm);
    layer.cell.activation = called(layers.lstm, { activation: 'relu' }).cell.activation;
    const other = called(layers.gru);
    other.cell.recurrentActivation = called(layers.gru, {
      recurrentActivation: 'tanh',
    }).cell.recurrentActivation;
    return [layer, other];
  }));

test('cells that share weights and differ otherwise', () =>
  expectSame(() => {
    const layer = called(layers.simpleRNN);
    const [relu, unbiased] = [
      called(layers.simpleRNN, { activation: 'relu' }),
      called(layers.simpleRNN, { useBias: false }),
    ];
    layer.cell.bias.write(tf.ones([3]));
    for (const { cell } of [relu, unbiased]) {
      cell.kernel = layer.cell.kernel;
      cell.recurrentKernel = layer.cell.recurrentKernel;
    }
    return [unbiased, layer, relu, unbiased, layer];
  }));

test('a layer whose getInitialState was replaced runs code of TF.js', async () => {
  const make = () => {
    const layer = called(layers.gru);
    layer.getInitialState = () => [tf.ones([2, 3])];
    return layer;
  };
  await expectSame(() => [make()]);
  await installed(async () => {
    const layer = make();
    expect(await kernelRuns(() => layer.apply(x()))).toBe(0);
    expect(explain(layer)[0]!.reason).toContain('getInitialState');
  });
});

test('weights that an optimizer overwrites on another backend than the one that computes', () =>
  installed(async () => {
    const layer = layers.lstm({ units: 2, inputShape: [3, 2] });
    const model = tf.sequential({ layers: [layer] });
    seedWeights(model);
    const input = tf.ones([1, 3, 2]);
    await tf.setBackend('cpu');
    model.predict(input);
    await tf.setBackend('unrolled');
    const kernel = layer.trainableWeights[0].read();
    tf.train.sgd(1).applyGradients([{ name: kernel.name, tensor: tf.fill(kernel.shape, -0.3) }]);
    await tf.setBackend('cpu');
    const found = model.predict(input).dataSync();
    // the same weights in another tensor
    kernel.assign(tf.tensor(kernel.dataSync().slice(), kernel.shape));
    expect(difference(found, model.predict(input).dataSync())).toBe(0);
    await tf.setBackend('unrolled');
  }));

class Block extends (layers.Layer as Any) {
  static readonly className = 'BlockWithFields';
  constructor(fields: object) {
    super({});
    Object.assign(this, fields);
  }
  call(x: Any) {
    return tf.mul([x].flat()[0], 1);
  }
  computeOutputShape(shape: Any) {
    return shape;
  }
}

test.each([
  { layers: 2 },
  { layers: { a: 1 } },
  { layers: [(x: number) => x] },
  { layers: null },
  { cells: 3 },
  { layer: 'x' },
  { cell: 3 },
  { cell: tf.initializers.ones({}) },
  { forwardLayer: 'a', backwardLayer: 1 },
])('a layer that has what is no layer under a name of TF.js: %o', (fields) =>
  installed(async () => {
    class Made extends Block {
      constructor() {
        super(fields);
      }
    }
    tf.serialization.registerClass(Made as Any);
    const model = tf.sequential({ layers: [layers.dense({ units: 2, inputShape: [3] }), new Made()] });
    let artifacts: Any;
    await model.save(
      tf.io.withSaveHandler(async (given: Any) => {
        artifacts = given;
        return { modelArtifactsInfo: {} } as Any;
      }),
    );
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
    const predicted = (of: Any) => of.predict(tf.ones([1, 3])).dataSync();
    expect(predicted(loaded)).toEqual(predicted(model));
    expect(explain(model)).toHaveLength(2);
  }),
);
