import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explain, install } from '../../src/tfjs/index.ts';
import { type Any, stack, tensor } from './models.ts';

let uninstall: () => void = () => {};

async function start(): Promise<void> {
  uninstall = await install(tf);
}

beforeEach(() => tf.setBackend('cpu'));
afterEach(async () => {
  uninstall();
  await tf.setBackend('cpu');
});

/** Kernels that ran on code of the cpu backend while f ran. */
function fallbacks(f: () => void): string[] {
  const before = new Map(explain().map(({ kernel, calls }) => [kernel, calls]));
  tf.tidy(() => {
    f();
  });
  return explain()
    .filter(({ kernel, calls }) => calls > (before.get(kernel) ?? 0))
    .map(({ kernel }) => kernel)
    .sort();
}

describe('kernels that fall back', () => {
  test('are counted by name', async () => {
    await start();
    expect(fallbacks(() => tf.cumsum(tf.tensor1d([1, 2])))).toEqual(['Cumsum']);
    expect(explain()).toEqual([{ kernel: 'Cumsum', calls: 1 }]);
    expect(fallbacks(() => tf.add(tf.tensor1d([1, 2]), 1))).toEqual([]);
  });

  test('are none in a training step of two LSTMs, and in a prediction', async () => {
    await start();
    const { layers } = tf;
    const model = stack(
      [
        layers.lstm({ units: 50, returnSequences: true, inputShape: [30, 5] }),
        layers.dropout({ rate: 0.2 }),
        layers.lstm({ units: 30 }),
      ],
      1,
    );
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const [x, y] = [tensor([32, 30, 5], 1), tensor([32, 1], 2)];
    // building draws weights, which is no part of a step
    await model.trainOnBatch(x, y);
    const before = explain();
    await model.trainOnBatch(x, y);
    tf.dispose(model.predict(x));
    expect(explain()).toEqual(before);
  });
});

describe('what kernels of ours are not made for is left to the cpu backend', () => {
  /** Values, or the message of the error. */
  const outcome = (f: () => Any) => {
    try {
      return tf.tidy(() => {
        const y = f();
        return { shape: y.shape, dtype: y.dtype, values: [...y.dataSync()] };
      });
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each<[string, () => Any]>([
    ['a slice that begins between two values', () => tf.slice(tf.range(0, 5).add(0), [5 / 2], [2])],
    ['more segment ids than rows', () => tf.unsortedSegmentSum(tf.ones([64]), tf.zeros([300], 'int32'), 1)],
    [
      'fewer segment ids than rows',
      () => tf.unsortedSegmentSum(tf.tensor1d([1, 2, 3]), tf.tensor1d([0, 1], 'int32'), 2),
    ],
    [
      'segment ids of another shape',
      () => tf.unsortedSegmentSum(tf.ones([4, 3]), tf.zeros([2, 2], 'int32'), 2),
    ],
    ['less than no repetition', () => tf.tile(tf.tensor1d([1, 2]), [-1])],
    ['a repetition and a half', () => tf.tile(tf.tensor1d([1, 2]), [1.5])],
    ['NaN repetitions', () => tf.tile(tf.tensor1d([1, 2]), [Number.NaN])],
    [
      'a convolution with a stride of 1.5',
      () => tf.conv1d(tf.ones([1, 9, 2]), tf.ones([2, 2, 3]), 1.5, 'valid'),
    ],
    [
      'the largest value after NaN',
      () =>
        tf.argMax(
          tf.tensor2d([
            [Number.NaN, 1, 2],
            [1, Number.NaN, 2],
          ]),
          1,
        ),
    ],
  ])('%s', async (_, f) => {
    const plain = outcome(f);
    await start();
    expect(outcome(f)).toEqual(plain);
  });

  test('complex numbers move to it', async () => {
    const c = tf.complex([1, 2], [3, 4]);
    await start();
    const before = tf.memory().numTensors;
    expect([...tf.real(c).dataSync()]).toEqual([1, 2]);
    expect([...tf.imag(c).dataSync()]).toEqual([3, 4]);
    expect([...c.dataSync()]).toEqual([1, 3, 2, 4]);
    expect(tf.memory().numTensors).toBe(before + 2);
    c.dispose();
  });

  describe('complex numbers', () => {
    /** What operations give on TF.js's cpu backend: the parts of a, a itself, a · a and the transform of a. */
    const used = (a: Any) =>
      tf.tidy(() =>
        [
          () => tf.real(a),
          () => tf.imag(a),
          () => a,
          () => tf.mul(a, a),
          () => tf.fft(a),
          () => a.clone(),
        ].map((f) => [...f().dataSync()]),
      );
    // tfjs 4.22
    const values = [
      [1, 2],
      [3, 4],
      [1, 3, 2, 4],
      [-8, 6, -12, 16],
      [3, 7, -1, -1],
      [1, 3, 2, 4],
    ];

    test('move back to cpu when install is undone', async () => {
      const before = tf.complex([1, 2], [3, 4]);
      expect(used(before)).toEqual(values);
      await start();
      const during = tf.complex([1, 2], [3, 4]);
      const unused = tf.complex([1, 2], [3, 4]);
      const shared = during.clone();
      expect(used(before)).toEqual(values);
      expect(used(during)).toEqual(values);
      uninstall();
      for (const each of [before, during, unused, shared]) expect(used(each)).toEqual(values);
      during.dispose();
      expect(used(shared)).toEqual(values);
    });

    test('move where a program selects another backend, as often as it does', async () => {
      await start();
      const a = tf.complex([1, 2], [3, 4]);
      const empty = tf.complex(tf.zeros([0]), tf.zeros([0]));
      for (const name of ['cpu', 'unrolled', 'cpu', 'unrolled']) {
        await tf.setBackend(name);
        expect(used(a)).toEqual(values);
        expect([...tf.real(empty).dataSync()]).toEqual([]);
      }
    });

    test('move once per move, however often it was installed', async () => {
      for (let i = 0; i < 2; i++) {
        await start();
        const a = tf.complex([1, 2], [3, 4]);
        uninstall();
        const cpu = tf.findBackend('cpu') as Any;
        const before = cpu.numDataIds();
        expect([...tf.tidy(() => tf.real(a).dataSync())]).toEqual([1, 2]);
        expect(cpu.numDataIds()).toBe(before + 3);
        a.dispose();
        expect(cpu.numDataIds()).toBe(before);
      }
    });
  });

  test.each<[string, () => Any]>([
    ['a list', () => tf.tensor1d([1, 2, 3])],
    ['int32', () => tf.tensor1d([1, 2, 3], 'int32')],
    ['zeros', () => tf.zeros([3])],
    ['a variable', () => tf.variable(tf.tensor1d([1, 2, 3]))],
    ['a kernel of cpu', () => tf.cumsum(tf.tensor1d([1, 2, 3]))],
    ['a kernel of ours', () => tf.add(tf.tensor1d([1, 2, 3]), 1)],
  ])('dataSync and data give a copy: %s', async (_, make) => {
    await start();
    const x = make();
    const values = [...x.dataSync()];
    x.dataSync()[0] = 99;
    (await x.data())[0] = 99;
    expect([...x.dataSync()]).toEqual(values);
    expect([...tf.mul(x, tf.onesLike(x)).dataSync()]).toEqual(values);
    x.dispose();
  });
});
