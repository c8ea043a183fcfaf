import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectClose } from '../kernels/closeness.ts';
import { Draw, expectSameDict, thrown } from '../model/helpers.ts';
import { Dense, Elman } from './layers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const [T, B, F] = [6, 3, 4];

/** Two sequences of their own lengths; the layers by those of this package, or of one's own. */
function graph(own: boolean): u.Model {
  const [a, b] = [u.input({ features: F }), u.input({ features: F })];
  const dense = own ? u.customLayer(new Dense({ inputSize: F, units: 5 })) : new u.Linear(F, 5);
  const elman = own ? u.customLayer(new Elman({ inputSize: 5, units: 4 })) : new u.RNN(5, 4, { bias: false });
  const last = new u.GRU(4, 3).apply(elman.apply(dense.apply(a)));
  // the same layer once more, on another time axis
  const mean = new u.Pool({ kind: 'mean' }).apply(dense.apply(b));
  const outputs = {
    class: new u.Linear(8, 2).apply(new u.Concat().apply(last.hN, mean)),
    each: elman.apply(dense.apply(b)),
  };
  return new u.Model({ inputs: { a, b }, outputs }, { seed: 3 });
}

/** Parameters of the one under the names of the other. */
function copied(from: u.Model, to: u.Model): void {
  const values = Object.values(from.stateDict());
  to.loadStateDict(Object.fromEntries(Object.keys(to.stateDict()).map((name, i) => [name, values[i]!])));
}

describe('layers of one’s own in a graph', () => {
  const draw = new Draw(6);
  const x = { a: draw.features(1, T, B, F), b: draw.features(1, T + 2, B, F) };
  const y = { class: draw.features(1, 1, B, 2).data, each: draw.features(1, T + 2, B, 4) };
  const lengths = { a: [2, 6, 4], b: [8, 3, 5] };

  test.each([{}, { lengths }])('give and train as those of the package: %o', (opts) => {
    const [own, built] = [graph(true), graph(false)];
    copied(built, own);
    const [got, wanted] = [own, built].map(
      (model) => model.forward(x, opts) as Record<string, { data: Float32Array }>,
    );
    for (const name of ['class', 'each']) expectClose(got![name]!.data, wanted![name]!.data, 1e-5, name);
    const trainers = [own, built].map(
      (model) =>
        new u.Trainer(model, { loss: { class: u.mse, each: u.mse }, optimizer: new u.SGD({ lr: 0.1 }) }),
    );
    const [a, b] = trainers.map((trainer) => trainer.gradients(x, y, opts));
    expectClose(a!.gradients, b!.gradients, 1e-4, 'gradients');
    for (let i = 0; i < 3; i++) {
      const [c, d] = trainers.map((trainer) => trainer.step(x, y, opts));
      expect(c!.loss).toBeCloseTo(d!.loss, 5);
    }
  });

  test('are saved, and loaded by their classes', () => {
    const model = graph(true);
    const loaded = u.Model.load(model.save(), { layers: { Dense, Elman } });
    expectSameDict(loaded.stateDict(), model.stateDict());
    expect(loaded.forward(x)).toEqual(model.forward(x));
    expect(loaded.summary()).toBe(model.summary());
    expect(thrown(() => u.Model.load(model.save(), { layers: { Dense } }))).toMatchObject({
      name: 'FormatError',
    });
  });

  test('stream where they declare states', () => {
    const node = u.input({ features: F });
    const elman = u.customLayer(new Elman({ inputSize: F, units: 4 }));
    const model = new u.Model({ inputs: node, outputs: new u.Linear(4, 2).apply(elman.apply(node)) });
    const steps = model.forward(x.a);
    const stream = model.stream({ batch: B });
    for (let t = 0; t < T; t++) {
      const row = (data: ArrayLike<number>, width: number) =>
        Array.from(data).slice(t * B * width, (t + 1) * B * width);
      expectClose(stream.step(row(x.a.data, F)), row(steps.data, 2), 1e-5, `step ${t}`);
    }
  });

  test('are refused if they are no layers, or do not fit', () => {
    expect(thrown(() => u.customLayer({} as never))).toMatchObject({ argument: 'layer' });
    const dense = u.customLayer(new Dense({ inputSize: 3, units: 5 }));
    expect(thrown(() => dense.apply(u.input({ features: F })))).toMatchObject({
      argument: 'node (input of Dense)',
    });
  });
});

test('a tied Linear has the sizes of the table', () => {
  const make = (sized: boolean) => {
    const tokens = u.input({ indices: 7 });
    const table = new u.Embedding(7, 3);
    const tied = sized ? new u.Linear(3, 7, { tied: table }) : new u.Linear({ tied: table });
    return new u.Model({ inputs: tokens, outputs: tied.apply(new u.GRU(3, 3).apply(table.apply(tokens))) });
  };
  const [a, b] = [make(true), make(false)];
  const x = { data: Int32Array.of(1, 2, 3), shape: [3, 1] };
  expect(b.forward(x)).toEqual(a.forward(x));
  expect(u.Model.load(b.save()).forward(x)).toEqual(a.forward(x));
  for (const opts of [{}, { tied: 5 }, null])
    expect(thrown(() => new u.Linear(opts as never))).toMatchObject({ name: 'ArgumentError' });
});
