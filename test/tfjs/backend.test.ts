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
import type { Any } from './models.ts';

let uninstall: () => void = () => {};

async function start(options?: InstallOptions): Promise<void> {
  uninstall = await install(tf, options);
}

beforeEach(() => tf.setBackend('cpu'));
afterEach(async () => {
  uninstall();
  await tf.setBackend('cpu');
});

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
