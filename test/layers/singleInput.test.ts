import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { Draw, expectSameArray, expectSameDict, thrown } from '../model/helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const draw = new Draw(3);
const x = draw.features(1, 5, 3, 4);
const ids = { data: Int32Array.from([0, 1, 2, 3, 3, 2]), shape: [2, 3] };
const lengths = [5, 0, 2];

function without(prefix: string, dict: Record<string, u.NDArray>): Record<string, u.NDArray> {
  return Object.fromEntries(Object.entries(dict).map(([name, value]) => [name.slice(prefix.length), value]));
}

describe('a layer without a model gives what a model of only that layer gives', () => {
  test.each([{}, { lengths }])('Linear, %o', (opts) => {
    const single = new u.Linear(4, 3);
    const model = new u.Sequential([new u.Linear(4, 3)]);
    expectSameArray(single.forward(x, opts), model.forward(x, opts), 'inference');
    expectSameDict(single.stateDict(), without('0.', model.stateDict()));
    const y = single.forward(x, { ...opts, training: true });
    expectSameArray(y, model.forward(x, { ...opts, training: true }), 'training');
    expectSameArray(single.backward(y)!, model.backward(y)!, 'input gradient');
    expectSameDict(single.gradients(), without('0.', model.gradients()));
    single.zeroGradients();
    expect(single.gradients().weight!.data.every((v) => v === 0)).toBe(true);
  });

  test('Embedding: no gradient of indices', () => {
    const single = new u.Embedding(4, 3);
    const model = new u.Sequential([new u.Embedding(4, 3)]);
    const y = single.forward(ids, { training: true });
    expectSameArray(y, model.forward(ids, { training: true }), 'output');
    expect(single.backward(y)).toBeUndefined();
    model.backward(y);
    expectSameDict(single.gradients(), without('0.', model.gradients()));
  });

  test('Dropout and LastStep take the number of features of their first input', () => {
    const dropout = new u.Dropout(0.5);
    const y = dropout.forward(x, { training: true });
    expect(y.data.some((v) => v === 0)).toBe(true);
    const ones = { data: new Float32Array(y.data.length).fill(1), shape: y.shape };
    const mask = dropout.backward(ones)!;
    expect([...y.data].map((v) => v + 0)).toEqual(
      [...x.data].map((v, i) => Math.fround(v * mask.data[i]!) + 0),
    );
    const last = new u.LastStep();
    const { data, shape } = last.forward(x, { lengths });
    expect(shape).toEqual([1, 3, 4]);
    expect([...data.subarray(8)]).toEqual([...x.data.subarray((1 * 3 + 2) * 4, (1 * 3 + 3) * 4)]);
    expect(thrown(() => last.forward({ data: new Float32Array(6), shape: [1, 2, 3] }))).toBeInstanceOf(
      u.ShapeError,
    );
  });
});

describe('refused, and nothing changes:', () => {
  test('a call to a layer of a model, and a model of a layer that was called', () => {
    const owned = new u.Linear(4, 3);
    new u.Sequential([owned]);
    expect(thrown(() => owned.forward(x))).toBeInstanceOf(u.StateError);
    const called = new u.Linear(4, 3);
    called.forward(x);
    expect(thrown(() => new u.Sequential([called]))).toBeInstanceOf(u.StateError);
  });

  test('a layer of a model that could not be made is free', () => {
    const linear = new u.Linear(4, 3);
    expect(thrown(() => new u.Sequential([linear, new u.Linear(9, 1)]))).toBeInstanceOf(u.ShapeError);
    expect(linear.forward(x).shape).toEqual([5, 3, 3]);
  });

  test('backward without forward, or twice; a disposed layer', () => {
    const linear = new u.Linear(4, 3);
    const dy = { data: new Float32Array(45), shape: [5, 3, 3] };
    expect(thrown(() => linear.backward(dy))).toBeInstanceOf(u.StateError);
    linear.forward(x, { training: true });
    expect(thrown(() => linear.backward(x))).toBeInstanceOf(u.ShapeError);
    linear.backward(dy);
    expect(thrown(() => linear.backward(dy))).toBeInstanceOf(u.StateError);
    linear.dispose();
    expect(thrown(() => linear.forward(x))).toBeInstanceOf(u.MemoryError);
  });

  test.each<[string, u.Layer & Pick<u.Dropout, 'forward' | 'backward'>]>([
    ['Dropout', new u.Dropout()],
    ['LastStep', new u.LastStep()],
  ])('%s without a size: no shape, another rank, too few numbers', (_, layer) => {
    for (const bad of [x.data, { data: x.data, shape: [15, 4] }, { data: x.data, shape: [5, 3, 5] }]) {
      expect(thrown(() => layer.forward(bad as never))).toBeInstanceOf(u.ShapeError);
    }
    expect(thrown(() => layer.forward(undefined as never))).toBeInstanceOf(u.ShapeError);
    expect(thrown(() => layer.backward(x))).toBeInstanceOf(u.StateError);
    expect(layer.forward(x).data.length).toBeGreaterThan(0);
  });
});
