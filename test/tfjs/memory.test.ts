import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { installations } from '../../src/tfjs/install.ts';
import { thorough } from '../thorough.ts';
import { type Any, installed, stack, tensor, withZeros } from './models.ts';

const { layers } = tf;
const rounds = thorough ? 1000 : 30;
/** TF.js's orthogonal initializer is slow. */
const fast = { recurrentInitializer: 'glorotNormal' };
const SHAPE = [5, 6, 3] as const;

/** Tensors and bytes of TF.js, and bytes of our memory. */
function memory() {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  return { numTensors, numDataBuffers, numBytes, ours: installations()[0]!.heap.bytes };
}

function model(): Any {
  const made = stack([
    layers.masking({ batchInputShape: SHAPE }),
    layers.bidirectional({
      layer: layers.lstm({ units: 4, returnSequences: true, dropout: 0.2, recurrentDropout: 0.2 }),
    }),
    layers.gru({ units: 3, stateful: true }),
  ]);
  made.compile({ optimizer: 'rmsprop', loss: 'meanSquaredError' });
  return made;
}

describe('memory', () => {
  beforeAll(() => tf.setBackend('cpu'));

  test('is enough for tensors that nobody disposes of, without a task in between', () =>
    installed(async () => {
      const { heap } = installations()[0]!;
      // 256 MiB are left
      const bytes = 1792 * 2 ** 20;
      const taken = heap.take(bytes);
      const n = 2 ** 20;
      const first = Array.from({ length: 8 }, (_, i) => tf.fill([n], i));
      const layer = layers.lstm({ units: 4, ...fast });
      const input = tensor([2, 5, 3], 1);
      const expected = layer.apply(input).dataSync();
      // 384 MiB
      for (let i = 0; i < 48; i++) {
        const made = tf.add(tf.fill([n], i), 1);
        if (i % 16 === 15) expect((await made.data())[n - 1]).toBe(i + 1);
        if (i % 8 === 7) expect(layer.apply(input).dataSync()).toEqual(expected);
      }
      for (const [i, each] of first.entries()) expect(each.dataSync()[n - 1]).toBe(i);
      heap.release(taken, bytes);
    }));

  test('is enough for optimizers and gradients whose tensors are elsewhere', () =>
    installed(async () => {
      const { heap } = installations()[0]!;
      const n = 2 ** 20;
      const bytes = 1600 * 2 ** 20;
      const taken = heap.take(bytes);
      const kept: Any[] = [];
      const fillUp = () => {
        for (;;) {
          try {
            heap.release(heap.take(n * 4), n * 4);
          } catch {
            return;
          }
          kept.push(tf.fill([n], 1));
        }
      };
      const ones = () => tf.tensor1d(new Float32Array(n).fill(1));
      const [a, b] = [tf.variable(ones()), tf.variable(ones())];
      const gradients = { [a.name]: ones(), [b.name]: ones() };
      // those of a are in memory, those of b are not
      tf.add(a, gradients[a.name]!);
      fillUp();
      tf.train.sgd(0.5).applyGradients(gradients);
      expect([a.dataSync()[n - 1], b.dataSync()[n - 1]]).toEqual([0.5, 0.5]);
      const filling = tf.customGrad((x: Any) => {
        const gradFunc = () => {
          fillUp();
          return ones();
        };
        return { value: x.clone(), gradFunc };
      });
      const gradient = tf.grad((x: Any) => tf.sum(filling(tf.mul(x, x))));
      expect(gradient(ones()).dataSync()[n - 1]).toBe(2);
      tf.dispose([kept, a, b]);
      heap.release(taken, bytes);
    }));

  // rows of one sequence lie as the kernel wants them, so that the input is held until the pass is freed
  test('is the same after steps of one row, whose input is not copied', () =>
    installed(async () => {
      const trained = stack([
        layers.lstm({ units: 4, returnSequences: true, inputShape: [6, 3] }),
        layers.gru({ units: 3 }),
      ]);
      trained.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const [x, y] = [tensor([5, 6, 3], 1), tensor([5, 2], 2)];
      const fit = () => trained.fit(x, y, { epochs: 1, batchSize: 1, verbose: 0 });
      await fit();
      const before = memory();
      for (let i = 0; i < 3; i++) await fit();
      expect(memory()).toEqual(before);
      trained.dispose();
      tf.dispose([x, y]);
    }));

  test(
    `is the same after ${rounds} steps and ${rounds} predictions, stateful and masked`,
    { timeout: 600_000 },
    () =>
      installed(async () => {
        const trained = model();
        const x = withZeros(SHAPE, 1);
        const y = tensor([5, 2], 2);
        const step = async () => {
          await trained.trainOnBatch(x, y);
          trained.resetStates();
          trained.predict(x).dispose();
        };
        for (let i = 0; i < 5; i++) await step();
        const before = memory();
        for (let i = 0; i < rounds; i++) await step();
        expect(memory()).toEqual(before);
      }),
  );

  test('is the same after models were made and disposed', () =>
    installed(async () => {
      const x = withZeros(SHAPE, 1);
      const y = tensor([5, 2], 2);
      const step = async () => {
        const made = stack([
          layers.lstm({ units: 20, returnSequences: true, inputShape: [6, 3], ...fast }),
          layers.gru({ units: 20, ...fast }),
        ]);
        made.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
        await made.trainOnBatch(x, y);
        made.predict(x).dispose();
        made.dispose();
      };
      for (let i = 0; i < 3; i++) await step();
      const before = memory();
      for (let i = 0; i < 30; i++) await step();
      expect(memory().ours).toBe(before.ours);
    }));

  test('of passes without a backward pass is used again', () =>
    installed(() => {
      const layer = layers.lstm({ units: 64, returnSequences: true, ...fast });
      const x = tensor([16, 20, 8], 1);
      const run = () => {
        // a tape that ends without our gradient
        tf.tidy(() => {
          tf.grad((z: Any) => tf.add(tf.sum(z), tf.mul(0, tf.sum(tf.mul(0, layer.apply(x))))))(x);
        });
      };
      run();
      run();
      const before = memory().ours;
      for (let i = 0; i < 20; i++) run();
      expect(memory().ours).toBe(before);
    }));

  test('of shapes that come and go is bounded', () =>
    installed(() => {
      const layer = layers.gru({ units: 8 });
      const run = (B: number, T: number) => {
        tf.tidy(() => {
          layer.apply(tensor([B, T, 3], 1));
        });
      };
      for (let round = 0; round < 2; round++) for (let T = 1; T < 60; T++) run(1 + (T % 7), T);
      const before = memory().ours;
      for (let round = 0; round < 3; round++) for (let T = 1; T < 60; T++) run(1 + (T % 7), T);
      expect(memory().ours).toBe(before);
    }));
});
