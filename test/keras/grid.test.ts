import { beforeAll, describe, expect, test } from 'vitest';
import { init, Model } from '../../src/index.ts';
import { type KerasModel, loadKeras } from '../../src/keras/index.ts';
import { kerasLayers } from '../../src/kerasLayers/index.ts';
import type { NDArray } from '../../src/ndarray.ts';
import { type KerasCase, kerasCases } from '../fixtures/keras/read.ts';
import { all } from './all.ts';

const CASES = await kerasCases();
const DRAWS = await kerasCases('draws.zip');

beforeAll(async () => {
  await init({ kernels: 'simd' });
});

/** What a model makes of a case's inputs, in the order of Keras's outputs. */
function predicted(model: KerasModel, { inputs, outputs }: KerasCase): NDArray[] {
  const [only] = inputs;
  const x =
    inputs.length === 1
      ? only!
      : Object.fromEntries(inputs.map((input, i) => [model.kerasInputs[i]!.name, input]));
  const result = model.predict(x as never);
  if (outputs.length === 1) return [result as NDArray];
  const named = result as Record<string, NDArray>;
  return outputs.map(({ name }, i) => named[name ?? model.kerasOutputs[i]!.name]!);
}

/** The largest difference. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}

/** The largest difference of each output, whose shapes must be Keras's. */
function errors(results: readonly NDArray[], { outputs }: KerasCase): number[] {
  return outputs.map(({ shape, data }, i) => {
    expect(results[i]!.shape).toEqual(shape);
    return difference(results[i]!.data, data);
  });
}

test('the grid has all cases', () => {
  expect(CASES.length).toBeGreaterThan(50);
});

describe('models of Keras 3 compute what Keras computes', () => {
  test.each(CASES.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    const model = await loadKeras(each.file, all);
    for (const error of errors(predicted(model, each), each)) expect(error).toBeLessThan(1e-5);
    model.dispose();
  });
});

describe('models drawn with Keras 2 and 3 compute what Keras computes', () => {
  test.each(DRAWS.map((each) => [each.name, each] as const))('%s', async (_, each) => {
    const model = await loadKeras(each.file, all);
    const results = predicted(model, each);
    for (const [i, error] of errors(results, each).entries()) {
      const largest = Math.max(...each.outputs[i]!.data.map(Math.abs));
      expect(error / largest, `output ${i}`).toBeLessThan(1e-4);
    }
    // its layers are found again in a saved model
    const saved = Model.load(model.save(), { layers: kerasLayers });
    expect(saved.stateDict()).toEqual(model.stateDict());
    saved.dispose();
    model.dispose();
  });
});
