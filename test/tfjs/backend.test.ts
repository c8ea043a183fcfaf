import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ArgumentError,
  explain,
  type InstallOptions,
  install,
  MemoryError,
  StateError,
} from '../../src/tfjs/index.ts';
import { installations } from '../../src/tfjs/install.ts';
import { type Any, stack, tensor } from './models.ts';

let uninstall: () => void = () => {};

async function start(options?: InstallOptions): Promise<void> {
  uninstall = await install(tf, options);
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

describe('the backend', () => {
  test('is selected where cpu is, and deselected', async () => {
    await start();
    expect(tf.getBackend()).toBe('unrolled');
    uninstall();
    expect(tf.getBackend()).toBe('cpu');
    expect(tf.findBackend('unrolled')).toBeNull();
    expect(tf.getKernelsForBackend('unrolled')).toEqual([]);
  });

  test('is not registered with backend: false', async () => {
    await start({ backend: false });
    expect(tf.getBackend()).toBe('cpu');
    expect(tf.engine().backendNames()).not.toContain('unrolled');
    expect(explain()).toEqual([]);
  });

  test('another one than true and false is refused', async () => {
    const error = await install(tf, { backend: 'cpu' } as Any).catch((caught) => caught);
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.argument).toBe('backend');
    expect(tf.getBackend()).toBe('cpu');
  });

  test('needs the cpu backend', async () => {
    const without = { ...tf, findBackend: () => null };
    await expect(install(without, { backend: true })).rejects.toThrow(StateError);
    uninstall = await install(without);
    expect(tf.getBackend()).toBe('cpu');
  });

  test('that would grow beyond 2 GiB refuses a tensor, and stays usable', async () => {
    await start();
    expect(() => tf.fill([2 ** 15, 2 ** 15], 1)).toThrow(MemoryError);
    expect(tf.add(1, 2).dataSync()[0]).toBe(3);
  });

  test('of somebody else of the same name is refused', async () => {
    tf.registerBackend('unrolled', () => new (tf.findBackend('cpu').constructor)());
    await expect(install(tf)).rejects.toThrow(StateError);
    tf.removeBackend('unrolled');
    await start();
  });

  test('that was selected in the meantime stays', async () => {
    tf.registerBackend('other', () => new (tf.findBackend('cpu').constructor)());
    await start();
    await tf.setBackend('other');
    uninstall();
    expect(tf.getBackend()).toBe('other');
    tf.removeBackend('other');
  });

  test('has what tensors hold, whichever backend they were made on', async () => {
    const before = tf.tensor1d([1, 2, 3]);
    await start();
    const sum = tf.add(before, tf.tensor1d([4, 5, 6]));
    const kept = tf.mul(sum, 2);
    expect([...kept.dataSync()]).toEqual([10, 14, 18]);
    uninstall();
    expect([...kept.dataSync()]).toEqual([10, 14, 18]);
    expect([...tf.add(kept, before).dataSync()]).toEqual([11, 16, 21]);
    await start();
    expect([...tf.sub(kept, 1).dataSync()]).toEqual([9, 13, 17]);
  });

  test('gives copies of values, which stay when the memory is used again', async () => {
    await start();
    const x = tf.mul(tf.tensor1d([1, 2, 3]), 2);
    const values = x.dataSync();
    x.dispose();
    for (let i = 0; i < 4; i++) tf.mul(tf.tensor1d([9, 9, 9]), 3);
    expect([...values]).toEqual([2, 4, 6]);
  });

  test('grows while tensors are in use', async () => {
    await start();
    const x = tf.add(tf.range(0, 1000, 1, 'float32'), 1);
    const large = tf.ones([3_000_000]);
    expect(tf.sum(large).dataSync()[0]).toBe(3_000_000);
    // on code of the cpu backend, over a view
    expect(tf.cumsum(x).dataSync().at(-1)).toBe(500_500);
    expect(tf.sum(x).dataSync()[0]).toBe(500_500);
  });

  test('frees what is disposed, and memory is used again', async () => {
    await start();
    const step = () => tf.tidy(() => tf.sum(tf.matMul(tf.ones([64, 32]), tf.ones([32, 48]))).dataSync()[0]);
    for (let i = 0; i < 3; i++) step();
    const { numTensors, numDataBuffers, unreliable } = tf.memory();
    expect(unreliable).toBe(false);
    const { heap } = installations()[0]!;
    const { bytes } = heap;
    for (let i = 0; i < 100; i++) expect(step()).toBe(64 * 32 * 48);
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    expect(heap.bytes).toBe(bytes);
  });

  test('that was removed says so', async () => {
    await start();
    const x = tf.add(tf.tensor1d([1, 2]), 1);
    tf.removeBackend('unrolled');
    await tf.setBackend('cpu');
    expect(() => x.dataSync()).toThrow(StateError);
    expect(() => tf.add(x, 1)).toThrow(/removed/);
    expect([...tf.add(tf.tensor1d([1]), 1).dataSync()]).toEqual([2]);
    uninstall();
    await start();
    expect([...tf.add(tf.tensor1d([1]), 1).dataSync()]).toEqual([2]);
  });

  test('is there after the engine was reset', async () => {
    await start();
    tf.engine().reset();
    await tf.setBackend('unrolled');
    expect([...tf.add(tf.tensor1d([1]), 1).dataSync()]).toEqual([2]);
    uninstall();
    expect(tf.engine().backendNames()).not.toContain('unrolled');
  });

  test('has strings, complex numbers and what is empty as the cpu backend', async () => {
    const run = () => [
      tf.tensor1d(['a', 'bc']).dataSync(),
      [...tf.real(tf.mul(tf.complex([1, 2], [3, 4]), tf.complex([0, 1], [1, 0]))).dataSync()],
      tf.concat([tf.zeros([0, 2]), tf.ones([1, 2])]).arraySync(),
      tf.sum(tf.zeros([0, 3]), 0).arraySync(),
      tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 2])).arraySync(),
      tf.cast(tf.tensor1d([0.5, -1.5, 0]), 'bool').arraySync(),
      tf.cast(tf.tensor1d([0.5, -1.5, 2 ** 33]), 'int32').arraySync(),
      tf.add(tf.scalar(2, 'int32'), tf.scalar(0.5)).arraySync(),
    ];
    const expected = run();
    await start();
    expect(run()).toEqual(expected);
  });

  test('has the errors of TF.js', async () => {
    const bad = [
      () => tf.matMul(tf.ones([2, 3]), tf.ones([2, 3])),
      () => tf.add(tf.ones([2, 3]), tf.ones([4])),
      () => tf.gather(tf.ones([2, 3]), tf.tensor1d([2], 'int32')),
      () => tf.slice(tf.ones([2, 3]), [1, 1], [2, 2]),
      () => tf.reshape(tf.ones([2, 3]), [4]),
      () => tf.split(tf.ones([3, 4]), 3, 1),
      () => tf.concat([tf.ones([2, 3]), tf.ones([2])], 1),
    ];
    const messages = () =>
      bad.map((f) => {
        try {
          f();
        } catch (error) {
          return (error as Error).message;
        }
        return undefined;
      });
    const expected = messages();
    expect(expected).not.toContain(undefined);
    await start();
    expect(messages()).toEqual(expected);
  });

  test('reads no other tensor where outputShape has more rows than x', async () => {
    const run = () => {
      const [x, other] = [tf.fill([1, 1, 64, 2], 1), tf.fill([1, 1, 64, 2], 777)];
      const y = tf.conv2dTranspose(x, tf.ones([1, 1, 1, 2]), [2, 1, 64, 1], 1, 'same').dataSync();
      other.dispose();
      return [...y];
    };
    // TF.js 4.22
    const expected = [...new Array(64).fill(2), ...new Array(64).fill(Number.NaN)];
    expect(run()).toEqual(expected);
    await start();
    expect(run()).toEqual(expected);
  });
});

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
