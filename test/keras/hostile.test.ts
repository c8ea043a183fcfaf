import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { loadKeras, readKeras } from '../../src/keras/index.ts';
import { kerasCases } from '../fixtures/keras/read.ts';
import {
  archiveOf,
  CONFIG,
  chain,
  circle,
  modelsInModels,
  sequential,
  WEIGHTS,
  withConfig,
} from '../hostile/keras.ts';
import { all } from './all.ts';
import { attack, attackJson, attempt, caseOf } from './hostile.ts';

const CASES = await kerasCases();

beforeAll(async () => {
  await init({ kernels: 'simd' });
});

describe('damaged files give errors of the package', () => {
  test('mutations of .keras, .h5 and config.json', () => {
    expect(attack('.keras', caseOf(CASES, 'functional.keras').file, 80)).toBeGreaterThan(8);
    expect(attack('.h5', caseOf(CASES, 'norms-h5.h5').file, 80)).toBeGreaterThan(8);
    expect(attackJson('config.json', CONFIG, { 'model.weights.h5': WEIGHTS }, 120)).toBeGreaterThan(8);
  });

  test('a file that is cut off', () => {
    const { file } = caseOf(CASES, 'SimpleRNN-sequences-h5.h5');
    for (let length = 0; length < file.length; length += 97)
      expect(attempt(file.subarray(0, length), false)).toBe('refused');
  });
});

describe('files that claim more than they have', () => {
  test('a bomb in an archive', async () => {
    const bomb = archiveOf(2 ** 24 + 2 ** 20);
    expect(bomb.length).toBeLessThan(2 ** 18);
    await expect(readKeras(bomb, all)).rejects.toThrow(/keras: file "config.json"/);
    const smaller = archiveOf(2 ** 23);
    await expect(readKeras(smaller, all)).rejects.toThrow(/config.json: 8388608 bytes are too many/);
  });

  test('layers larger than their weights', async () => {
    const text = JSON.stringify(CONFIG)
      .replaceAll('"units": 4', '"units":4')
      .replace('"units":4', '"units":400000000');
    await expect(loadKeras(withConfig(text), all)).rejects.toThrow(/layer lstm.*expected shape/);
  });

  test('a layer that depends on itself', async () => {
    await expect(loadKeras(circle(), all)).rejects.toThrow(/depends on itself/);
  });

  test('models in models, each called several times', async () => {
    await expect(loadKeras(modelsInModels(14), all)).rejects.toThrow(/too many calls|more than/);
  });

  test('two thousand layers one after the other', async () => {
    const model = await loadKeras(chain(2_000), all);
    expect(model.layers.length).toBe(2_000);
    model.dispose();
  });
});

describe('what is not supported is refused by layer and option', () => {
  test('an unknown number of steps or features', async () => {
    await expect(readKeras(sequential('Flatten', {}, [null, null, 3]), all)).rejects.toThrow(
      /layer it .*steps/,
    );
    await expect(readKeras(sequential('ReLU', {}, [null, null, null]), all)).rejects.toThrow(/features/);
  });

  test.each([
    [undefined, 'files'],
    [[1, 2], 'files'],
    [{}, 'files'],
    [{ 'a.keras': 'text' }, 'files["a.keras"]'],
  ])('files %j', async (files, argument) => {
    await expect(loadKeras(files as never, all)).rejects.toThrow(
      expect.objectContaining({ name: 'ArgumentError', argument }),
    );
  });

  test('an unknown option', async () => {
    await expect(loadKeras(WEIGHTS, { nonsense: 1 } as never)).rejects.toThrow(/nonsense/);
  });

  test('weights with a given architecture', async () => {
    const model = await loadKeras(WEIGHTS, { architecture: CONFIG });
    const { inputs, outputs } = caseOf(CASES, 'LSTM-last.keras');
    const result = model.predict(inputs[0]!) as { data: Float32Array };
    for (const [i, value] of outputs[0]!.data.entries()) expect(result.data[i]).toBeCloseTo(value, 5);
    await expect(loadKeras(WEIGHTS, { architecture: 5 } as never)).rejects.toThrow(
      expect.objectContaining({ argument: 'architecture' }),
    );
  });
});
