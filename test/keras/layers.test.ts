import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { kerasLayers as k } from '../../src/kerasLayers/index.ts';
import { Draw } from '../model/helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

describe('layers that do the same at each step', () => {
  test.each([
    ['a transposition', new k.Strided({ sizes: [3, 2], strides: [1, 3] }), 6],
    ['a slice, backwards', new k.Strided({ offset: 4, sizes: [2], strides: [-2] }), 6],
    ['repeated features', new k.Strided({ sizes: [2, 3], strides: [0, 1] }), 3],
    ['sums of features', new k.Strided({ sizes: [2, 3], strides: [1, 0], into: 2 }), 6],
    ['padding', new k.Strided({ offset: 2, sizes: [3], strides: [1], into: 7 }), 3],
    ['PReLU', new k.PReLU({ size: 4 }), 4],
    ['RMSNorm', new k.RMSNorm({ size: 4, eps: 0.01 }), 4],
    ['Affine', new k.Affine({ scale: [2, -1], offset: [0, 3] }), 2],
    ['a square', new k.ElementMap({ function: 'square' }), 3],
    ['a clipped ReLU', new k.ElementMap({ function: 'relu', parameters: [0.9, 0.1, 0.2] }), 5],
    ['a sum over steps', new k.SumSteps(), 3],
  ] as const)('%s has the gradients of differences', (_, layer, inputSize) => {
    expect(u.gradcheck(layer, { inputSize })).toBeLessThan(1e-3);
  });

  test('features move as torch.as_strided says', () => {
    const of = (layer: u.CustomLayer, size: number) => {
      const x = u.input({ features: size, steps: false });
      const model = new u.Model({ inputs: x, outputs: u.customLayer(layer).apply(x) });
      const { data } = model.forward({ data: Array.from({ length: size }, (_, i) => i), shape: [1, size] });
      return [...data];
    };
    expect(of(new k.Strided({ sizes: [3, 2], strides: [1, 3] }), 6)).toEqual([0, 3, 1, 4, 2, 5]);
    expect(of(new k.Strided({ offset: 4, sizes: [2], strides: [-2] }), 6)).toEqual([4, 2]);
    expect(of(new k.Strided({ sizes: [2, 3], strides: [1, 0], into: 2 }), 6)).toEqual([3, 12]);
    expect(of(new k.Strided({ offset: 1, sizes: [2], strides: [1], into: 4 }), 2)).toEqual([0, 0, 1, 0]);
  });

  test('bad options are refused by name', () => {
    const refused = (argument: string) => expect.objectContaining({ argument });
    const x = u.input({ features: 3 });
    expect(() => new k.Strided({ sizes: [], strides: [] })).toThrow(refused('sizes'));
    expect(() => new k.Strided({ sizes: [2], strides: [1, 1] })).toThrow(refused('strides'));
    expect(() => u.customLayer(new k.Strided({ sizes: [4], strides: [1] })).apply(x)).toThrow(
      refused('index'),
    );
    expect(() => new k.Strided({ sizes: [2 ** 20, 2 ** 20], strides: [0, 0] })).toThrow(/product of sizes/);
    expect(() => new k.ElementMap({ function: 'toString' as never })).toThrow(refused('function'));
    expect(() => new k.Combine({ kind: 'mean' as never })).toThrow(refused('kind'));
    expect(() => new k.Matmul({ sizes: [1, 0, 2] })).toThrow(refused('sizes[1]'));
    expect(() => new k.AllSteps({ fill: 'first' as never })).toThrow(refused('fill[0]'));
    expect(() => new k.Matmul({ sizes: [1, 2, 2] }).apply(x, x)).toThrow(refused('nodes[0]'));
  });
});

const [T, B, F] = [4, 3, 4];

describe('layers with several inputs, and over steps', () => {
  type Build = (a: u.GraphNode, b: u.GraphNode) => u.GraphNode;
  const graphs: readonly (readonly [string, Build, boolean])[] = [
    ['a maximum', (a, b) => new k.Combine({ kind: 'maximum' }).apply(a, b), true],
    [
      'a quotient',
      (a, b) => new k.Combine({ kind: 'divide' }).apply(a, new u.Activation('exponential').apply(b)),
      true,
    ],
    ['a product of matrices at each step', (a, b) => new k.Matmul({ sizes: [2, 2, 2] }).apply(a, b), true],
    ['a softmax over steps', (a, b) => new u.Multiply().apply(new k.SoftmaxSteps().apply(a), b), true],
    [
      'a sequence on the steps of another',
      (a, b) => {
        const vector = new u.Linear(F, T * F).apply(new u.LastStep().apply(a));
        return new u.Add().apply(b, new k.SameSteps().apply(new u.Unflatten({ steps: T }).apply(vector), b));
      },
      true,
    ],
    [
      'steps that do not count',
      (a, b) => {
        const all = new k.AllSteps({ fill: [1, 2, 3, 4] }).apply(new u.Multiply().apply(a, b));
        return new u.Pool({ kind: 'max' }).apply(all);
      },
      true,
    ],
  ];

  test.each(graphs)('%s has the gradients of differences', (_, build) => {
    for (const lengths of [undefined, [4, 2, 3]]) {
      const a = u.input({ features: F });
      const b = u.input({ features: F }, a);
      const model = new u.Model({ inputs: { a, b }, outputs: { y: build(a, b) } }, { seed: 6 });
      const draw = new Draw(12);
      const x = { a: draw.features(1, T, B, F), b: draw.features(1, T, B, F) };
      const opts = { training: true, ...(lengths ? { lengths: { a: lengths, b: lengths } } : {}) };
      const { shape } = model.forward(x, opts).y;
      const dy = draw.features(1, ...shape);
      const dx = model.backward({ y: dy });
      const loss = () => model.forward(x, opts).y.data.reduce((sum, v, i) => sum + v * dy.data[i]!, 0);
      for (const name of ['a', 'b'] as const) {
        const { data } = x[name];
        for (let i = 0; i < data.length; i += 5) {
          const v = data[i]!;
          data[i] = v + 1e-3;
          const above = loss();
          data[i] = v - 1e-3;
          const below = loss();
          data[i] = v;
          expect(dx[name]!.data[i], `${name}[${i}]`).toBeCloseTo((above - below) / 2e-3, 1);
        }
      }
      model.dispose();
    }
  });
});
