import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { parseSafetensors, serializeSafetensors } from '../../src/io/index.ts';
import { runningPower } from '../../src/optim/power.ts';
import { thrown } from './helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const make = () => new u.Sequential([new u.Embedding(4, 2), new u.LSTM(2, 3), new u.Linear(3, 4)]);
const trainerOf = (betas: [number, number] = [0.9, 0.999]) =>
  new u.Trainer(make(), { loss: u.crossEntropy, optimizer: new u.AdamW({ betas }) });

/** The file with another description of its model. */
// biome-ignore lint/suspicious/noExplicitAny: it is JSON
function changed(file: Uint8Array, change: (description: any) => void): Uint8Array {
  const { tensors, metadata } = parseSafetensors(file);
  const description = JSON.parse(metadata.unrolled!);
  change(description);
  return serializeSafetensors(tensors, { ...metadata, unrolled: JSON.stringify(description) });
}

// each of these took seconds to minutes, or the heap, before numbers were compared with what is there
describe('a number from outside is bounded before it bounds anything', () => {
  test('stacked layers', () => {
    expect(thrown(() => new u.LSTM(1, 1, { numLayers: 1e7 }))).toBeInstanceOf(u.MemoryError);
    expect(thrown(() => new u.LSTM(1, 1, { numLayers: 2 ** 53 - 1 }))).toBeInstanceOf(u.MemoryError);
    const file = changed(make().save(), ({ layers }) => void (layers[1].numLayers = 1e6));
    expect(thrown(() => u.Sequential.load(file))).toBeInstanceOf(u.FormatError);
  });

  test('layers of a file, and of a model', () => {
    const many = Array.from({ length: 200_000 }, () => ({ type: 'Dropout', p: 0.5 }));
    const file = changed(
      make().save(),
      (description) => void (description.layers = description.layers.concat(many)),
    );
    expect(thrown(() => u.Sequential.load(file))).toBeInstanceOf(u.FormatError);
    const layers = Array.from({ length: 200_000 }, () => new u.Dropout());
    expect(thrown(() => new u.Sequential([new u.Linear(1, 1), ...layers]))).toBeInstanceOf(u.ArgumentError);
  });

  test('sizes of a file', () => {
    const file = changed(make().save(), ({ layers }) => void (layers[1].hiddenSize = 11_000));
    expect(thrown(() => u.Sequential.load(file))).toBeInstanceOf(u.FormatError);
  });

  test('updates of an optimizer', () => {
    const trainer = trainerOf([0.9999999, 0.9999999]);
    const steps = Number.MAX_SAFE_INTEGER - 10;
    trainer.restore(changed(trainer.save(), (description) => void (description.optimizer.steps = steps)));
    expect(Number.isFinite(trainer.step([1, 2], [1, 2]).loss)).toBe(true);
    expect(trainer.steps).toBe(steps + 1);
    expect(u.stepLR({ stepSize: 1, gamma: 0.9999999 })(Number.MAX_SAFE_INTEGER)).toBe(0);
  });

  test('rows and steps', () => {
    const model = make();
    for (const size of [1e6, 1e9, 1e15]) {
      expect(thrown(() => model.plan({ steps: size, batch: size }))).toBeInstanceOf(u.MemoryError);
      expect(thrown(() => model.stream({ batch: size, block: size }))).toBeInstanceOf(u.MemoryError);
      expect(thrown(() => model.streams({ capacity: Math.max(size, 1e9) }))).toBeInstanceOf(u.MemoryError);
    }
    expect(model.forward([1, 2]).shape).toEqual([2, 1, 4]);
  });
});

test('a power has the bits of a running product', () => {
  for (const base of [0, 0.5, 0.9, 0.999, 0.999999, 1, 1.0000001]) {
    let product = 1;
    for (let t = 0; t <= 100_000; t++, product *= base) {
      if (product >= 2 ** -1022 && (t < 100 || t % 9973 === 0)) expect(runningPower(base, t)).toBe(product);
    }
  }
  expect(runningPower(1, 2 ** 53)).toBe(1);
  expect(runningPower(2, 2 ** 53)).toBe(Infinity);
  expect(runningPower(0.999999999, 2e7)).toBeCloseTo(Math.exp(2e7 * Math.log(0.999999999)), 9);
});
