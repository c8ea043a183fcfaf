import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectThrows } from '../errors.ts';
import { expectClose } from '../kernels/closeness.ts';
import { chainOf } from './chain.ts';
import { Draw, expectSameArray, expectSameDict, kernelBuilds, thrown } from './helpers.ts';

/** Of indices; no dropout. */
function language(seed = 1): u.Sequential {
  return new u.Sequential([new u.Embedding(13, 6), new u.LSTM(6, 9, { numLayers: 2 }), new u.Linear(9, 13)], {
    seed,
  });
}

/** Of features; every kind of layer that takes them. */
function features(seed = 2): u.Sequential {
  const layers = [
    new u.Linear(5, 7, { bias: false }),
    new u.LSTM(7, 10),
    new u.GRU(10, 6, { numLayers: 2, bias: false }),
    new u.RNN(6, 11),
    new u.Linear(11, 3),
  ];
  return new u.Sequential(layers, { seed });
}

for (const kernels of kernelBuilds) {
  describe(`${kernels}: a chain against the float64 reference`, () => {
    beforeAll(() => u.init({ kernels }));

    test.each([
      ['of indices', language, (draw: Draw) => draw.indices(13, 6, 4)],
      ['of features', features, (draw: Draw) => draw.features(1, 6, 4, 5)],
    ])('%s: output, gradients of parameters and input', (_, make, input) => {
      using model = make();
      const draw = new Draw(3);
      const x = input(draw);
      const output = model.forward(x, { training: true });
      const dy = draw.features(1, ...output.shape);
      const dx = model.backward(dy);
      const reference = chainOf(model).forward(x.data, 4);
      const wanted = reference.backward(Float64Array.from(dy.data));
      expect(output.shape).toEqual([6, 4, model.layers.at(-1)!.outputSize(0)]);
      expectClose(output.data, reference.output, 1e-5, 'output');
      const gradients = model.gradients();
      expect(Object.keys(gradients).sort()).toEqual(Object.keys(wanted.gradients).sort());
      for (const [name, gradient] of Object.entries(wanted.gradients)) {
        expectClose(gradients[name]!.data, gradient, 1e-4, name);
      }
      expect(dx === undefined).toBe(x.shape.length === 2);
      if (dx) {
        expect(dx.shape).toEqual(x.shape);
        expectClose(dx.data, wanted.dInput, 1e-4, 'input');
      }
    });

    test('inference equals the forward of training to the bit', () => {
      for (const [model, x] of [
        [language(), new Draw(4).indices(13, 7, 5)],
        [features(), new Draw(4).features(1, 7, 5, 5)],
      ] as const) {
        expectSameArray(model.forward(x), model.forward(x, { training: true }), 'output');
      }
    });
  });
}

describe('Sequential', () => {
  beforeAll(() => u.init());

  test('gradients add up over two backward passes, zeroGradients clears them', () => {
    using model = features();
    const draw = new Draw(5);
    const x = draw.features(1, 3, 2, 5);
    const dy = draw.features(1, 3, 2, 3);
    const pass = () => {
      model.forward(x, { training: true });
      model.backward(dy);
      return model.gradients();
    };
    const once = pass();
    const twice = pass();
    for (const [name, { data }] of Object.entries(once)) {
      expectClose(
        twice[name]!.data,
        data.map((v) => 2 * v),
        1e-6,
        name,
      );
    }
    model.zeroGradients();
    expect(Object.values(model.gradients()).every(({ data }) => data.every((v) => v === 0))).toBe(true);
    expectSameDict(pass(), once);
  });

  test('a seed gives the same parameters, another seed others', () => {
    expectSameDict(language(7).stateDict(), language(7).stateDict());
    expect(language(7).stateDict()['0.weight']!.data).not.toEqual(language(8).stateDict()['0.weight']!.data);
  });

  test('parameters have the names of torch.nn.Sequential, in its order', () => {
    const layers = [
      new u.Embedding(4, 2),
      new u.Dropout(0.1),
      new u.LSTM(2, 3, { numLayers: 2 }),
      new u.Linear(3, 4),
    ];
    expect(
      Object.entries(new u.Sequential(layers).stateDict()).map(([name, { shape }]) => [name, shape]),
    ).toEqual([
      ['0.weight', [4, 2]],
      ['2.weight_ih_l0', [12, 2]],
      ['2.weight_hh_l0', [12, 3]],
      ['2.bias_ih_l0', [12]],
      ['2.bias_hh_l0', [12]],
      ['2.weight_ih_l1', [12, 3]],
      ['2.weight_hh_l1', [12, 3]],
      ['2.bias_ih_l1', [12]],
      ['2.bias_hh_l1', [12]],
      ['3.weight', [4, 3]],
      ['3.bias', [4]],
    ]);
  });

  test('loadStateDict(stateDict()) of another model gives its outputs', () => {
    const [a, b] = [language(1), language(2)];
    const x = new Draw(6).indices(13, 5, 2);
    b.loadStateDict(a.stateDict());
    expectSameArray(b.forward(x), a.forward(x), 'output');
  });

  test('bare numbers are one row of steps', () => {
    using model = language();
    const x = [3, 1, 4, 1, 5];
    expectSameArray(model.forward(x), model.forward({ data: x, shape: [5, 1] }), 'output');
  });

  describe('backward', () => {
    const x = new Draw(8).features(1, 2, 2, 5);
    const dy = new Draw(9).features(1, 2, 2, 3);
    const between: [string, (model: u.Sequential) => unknown][] = [
      ['no forward for training', (model) => model.forward(x)],
      ['another backward', (model) => model.backward(dy)],
      ['an inference', (model) => model.forward(x)],
      ['a new stream', (model) => model.stream()],
    ];
    test.each(between)('is refused after %s', (what, act) => {
      using model = features();
      if (!what.startsWith('no')) model.forward(x, { training: true });
      act(model);
      expect(thrown(() => model.backward(dy))).toBeInstanceOf(u.StateError);
    });

    test('is still there after a forward that was refused', () => {
      using model = features();
      model.forward(x, { training: true });
      expectThrows(() => model.forward(new Float32Array(4)), ['x', '5'], u.ShapeError);
      expectThrows(() => model.backward(new Float32Array(4)), ['outputGradient', '12'], u.ShapeError);
      expect(model.backward(dy)!.shape).toEqual([2, 2, 5]);
    });
  });
});
