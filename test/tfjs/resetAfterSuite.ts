import { afterEach, describe, expect, test } from 'vitest';
import { explain, install } from '../../src/tfjs/index.ts';
import { difference } from './difference.ts';
import { type Any, random } from './random.ts';

const [B, T, I, H] = [3, 4, 2, 5];

/** The suite, on a build of TF.js. */
export function resetAfterSuite(tf: Any): void {
  const { layers } = tf;
  let uninstall: () => void = () => {};
  afterEach(() => {
    uninstall();
    // two builds of the layers would give variables the same names
    tf.disposeVariables();
  });

  /** A model of one layer whose weights depend on their shapes only. */
  function modelOf(layer: Any) {
    const input = tf.input({ shape: [T, I] });
    const model = tf.model({ inputs: input, outputs: layer.apply(input) });
    model.setWeights(model.getWeights().map(({ shape }: Any, i: number) => random(shape, 10 + i)));
    return model;
  }

  /** Keras's definition, step by step; sigmoid and tanh. */
  function reference(x: Any, [kernel, recurrent, bias]: Any[]): Any {
    const [b0, b1] = tf.unstack(bias);
    let h = tf.zeros([x.shape[0], H]);
    for (const step of tf.unstack(x, 1)) {
      const [xz, xr, xh] = tf.split(tf.add(tf.matMul(step, kernel), b0), 3, 1);
      const [hz, hr, hh] = tf.split(tf.add(tf.matMul(h, recurrent), b1), 3, 1);
      const z = tf.sigmoid(tf.add(xz, hz));
      const n = tf.tanh(tf.add(xh, tf.mul(tf.sigmoid(tf.add(xr, hr)), hh)));
      h = tf.add(tf.mul(z, h), tf.mul(tf.sub(1, z), n));
    }
    return h;
  }

  const ARGS = { units: H, resetAfter: true, recurrentActivation: 'sigmoid' };

  /** Layers that run it: by the kernels, and by TF.js's operations, which also run every cell of a user's own. */
  const MAKE: Record<string, () => Any> = {
    gru: () => layers.gru({ ...ARGS }),
    'rnn of gruCell': () => layers.rnn({ cell: layers.gruCell({ ...ARGS }) }),
    'gru by steps': () => {
      const layer = layers.gru({ ...ARGS });
      const { call } = layer.cell;
      // what is replaced is not fused
      layer.cell.call = (...args: Any[]) => call.apply(layer.cell, args);
      return layer;
    },
  };

  describe.each(Object.entries(MAKE))('resetAfter: %s', (name, make) => {
    test('gives what Keras defines, forward and backward', async () => {
      uninstall = await install(tf);
      const model = modelOf(make());
      const weights = model.getWeights();
      expect(weights.map(({ shape }: Any) => shape)).toEqual([
        [I, 3 * H],
        [H, 3 * H],
        [2, 3 * H],
      ]);
      const x = random([B, T, I], 1);
      expect(difference(model.predict(x).dataSync(), reference(x, weights).dataSync())).toBeLessThan(1e-6);
      expect(explain(model).at(-1)!.fused).toBe(name !== 'gru by steps');
      const variables = model.trainableWeights.map((weight: Any) => weight.read());
      const { grads } = tf.variableGrads(() => tf.sum(tf.square(model.apply(x))), variables);
      const expected = tf.grads((...given: Any[]) => tf.sum(tf.square(reference(x, given))))(weights);
      for (const [i, variable] of variables.entries()) {
        expect(difference(grads[variable.name].dataSync(), expected[i].dataSync())).toBeLessThan(1e-5);
      }
    });
  });

  test('resetAfter in both directions, masked, without bias: fused as by steps', async () => {
    uninstall = await install(tf);
    const x = tf.concat([random([B, 3, I], 1), tf.zeros([B, 1, I])], 1);
    const options = { ...ARGS, useBias: false, returnSequences: true };
    const make = (stepped: boolean) => {
      const layer = layers.bidirectional({ layer: layers.gru(options) });
      if (stepped) {
        for (const each of [layer.forwardLayer, layer.backwardLayer]) {
          const { call } = each.cell;
          each.cell.call = (...args: Any[]) => call.apply(each.cell, args);
        }
      }
      const model = tf.sequential({ layers: [layers.masking({ inputShape: [4, I] }), layer] });
      model.setWeights(model.getWeights().map(({ shape }: Any, i: number) => random(shape, 10 + i)));
      return model.predict(x).dataSync();
    };
    expect(difference(make(false), make(true))).toBeLessThan(1e-6);
  });

  test('a model with resetAfter is saved, loaded and trained', async () => {
    uninstall = await install(tf);
    const model = modelOf(layers.gru({ ...ARGS }));
    expect(model.layers[1].getConfig().resetAfter).toBe(true);
    let saved: Any;
    await model.save(
      tf.io.withSaveHandler(async (artifacts: Any) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved));
    const x = random([B, T, I], 1);
    expect([...loaded.predict(x).dataSync()]).toEqual([...model.predict(x).dataSync()]);
    loaded.compile({ loss: 'meanSquaredError', optimizer: tf.train.adam(0.05) });
    const y = random([B, H], 3);
    const first = await loaded.trainOnBatch(x, y);
    for (let i = 0; i < 20; i++) await loaded.trainOnBatch(x, y);
    expect(await loaded.trainOnBatch(x, y)).toBeLessThan(first / 2);
  });

  test('options are left as they were given', async () => {
    uninstall = await install(tf);
    const options = { ...ARGS };
    layers.gruCell(options);
    expect(options.resetAfter).toBe(true);
    expect(Object.getOwnPropertyDescriptor(options, 'resetAfter')).toMatchObject({
      value: true,
      writable: true,
    });
  });

  test('without install TF.js refuses it, as before; resetAfter: false stays TF.js’s', async () => {
    uninstall = await install(tf);
    expect(layers.gruCell({ units: 1 }).getConfig().resetAfter).toBe(false);
    uninstall();
    expect(() => layers.gru({ ...ARGS })).toThrow('reset_after');
    expect(() => layers.gruCell({ ...ARGS })).toThrow('reset_after');
  });
}
