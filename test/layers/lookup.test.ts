import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectClose, expectSame } from '../kernels/closeness.ts';
import { chainOf } from '../model/chain.ts';
import { Draw, expectSameArray, expectSameDict, kernelBuilds, stepsOf } from '../model/helpers.ts';
import { gather } from '../reference/embedding.ts';

// Where an Embedding is followed by a recurrent layer, that layer multiplies the table instead of the rows.

const E = 6;
const H = 11;

const layersOf: [string, () => u.Layer][] = [
  ['rnn', () => new u.RNN(E, H)],
  ['relu rnn', () => new u.RNN(E, H, { nonlinearity: 'relu' })],
  ['lstm', () => new u.LSTM(E, H)],
  ['gru', () => new u.GRU(E, H)],
  ['stacked lstm', () => new u.LSTM(E, H, { numLayers: 2 })],
  ['stacked gru without biases', () => new u.GRU(E, H, { numLayers: 3, bias: false })],
];

/** How many calls a pass makes: one fewer where the rows are looked up by the second layer. */
function calls(
  model: u.Sequential,
  steps: number,
  batch: number,
  how: { training?: boolean; stream?: boolean },
) {
  const { training = false } = how;
  const stream = how.stream ? { stream: { regions: [], version: -1 } } : {};
  return model.network.preview({ steps, batch, training, targets: 'none', ...stream }).passes.length;
}

function embedded(model: u.Sequential, x: u.NDArray<Int32Array>): u.NDArray {
  const table = Float64Array.from(model.stateDict()['0.weight']!.data);
  return { data: Float32Array.from(gather(table, x.data, E)), shape: [...x.shape, E] };
}

/** The model's layers from the second on, taking the rows themselves. */
function afterEmbedding(model: u.Sequential, layer: u.Layer): u.Sequential {
  const rest = new u.Sequential([layer]);
  const own = Object.entries(model.stateDict()).filter(([name]) => name.startsWith('1.'));
  rest.loadStateDict(Object.fromEntries(own.map(([name, value]) => [name.replace('1.', '0.'), value])));
  return rest;
}

for (const kernels of kernelBuilds) {
  describe(`${kernels}: a table multiplied`, () => {
    beforeAll(() => u.init({ kernels }));

    describe.each(layersOf)('%s', (_, layer) => {
      test.each([
        [1, 7, 3],
        [5, 9, 4],
        [13, 30, 1],
      ])('V %i, T %i, B %i: outputs as of the rows to the bit, gradients as the reference', (V, T, B) => {
        using model = new u.Sequential([new u.Embedding(V, E), layer()], { seed: V });
        using rest = afterEmbedding(model, layer());
        for (const training of [false, true]) {
          expect(calls(model, T, B, { training })).toBe(calls(rest, T, B, { training }));
        }
        const draw = new Draw(V);
        const x = draw.indices(V, T, B);
        const rows = embedded(model, x);
        const y = model.forward(x);
        expectSameArray(y, rest.forward(rows), 'inference');
        expectSameArray(
          model.forward(x, { training: true }),
          rest.forward(rows, { training: true }),
          'training',
        );

        using stream = model.stream({ batch: B });
        for (let t = 0; t < T; t++) {
          expectSame(stream.step(stepsOf(x, t, t + 1).data), stepsOf(y, t, t + 1).data, `step ${t}`);
        }

        const dy = draw.features(1, T, B, H);
        const backward = () => {
          model.forward(x, { training: true });
          expect(model.backward(dy)).toBeUndefined();
        };
        backward();
        const wanted = chainOf(model).forward(x.data, B).backward(Float64Array.from(dy.data)).gradients;
        const gradients = model.gradients();
        expect(Object.keys(gradients).sort()).toEqual(Object.keys(wanted).sort());
        for (const [name, { data }] of Object.entries(gradients)) {
          expectClose(data, wanted[name]!, 1e-4, name);
        }
        backward();
        for (const [name, { data }] of Object.entries(model.gradients())) {
          expectClose(
            data,
            wanted[name]!.map((v) => 2 * v),
            1e-4,
            `twice: ${name}`,
          );
        }
        model.zeroGradients();
        backward();
        expectSameDict(model.gradients(), gradients, 'again');
      });

      test('a Dropout that drops nothing between them changes nothing', () => {
        const [V, T, B] = [5, 9, 4];
        const [plain, dropout] = [[], [new u.Dropout(0)]].map(
          (between) => new u.Sequential([new u.Embedding(V, E), ...between, layer()], { seed: 2 }),
        ) as [u.Sequential, u.Sequential];
        const draw = new Draw(2);
        const [x, dy] = [draw.indices(V, T, B), draw.features(1, T, B, H)];
        const [a, b] = [plain, dropout].map((model) => {
          const y = model.forward(x);
          expectSameArray(model.forward(x, { training: true }), y, 'training');
          model.backward(dy);
          return { y, gradients: Object.values(model.gradients()) };
        });
        expect(b).toEqual(a);
        expect(dropout.plan({ steps: T, batch: B })).toEqual(plain.plan({ steps: T, batch: B }));
      });
    });

    test('a stream makes the products anew when only the table has changed', () => {
      using model = new u.Sequential([new u.Embedding(4, E), new u.LSTM(E, H)], { seed: 1 });
      using stream = model.stream();
      stream.step(2);
      const parameters = model.stateDict();
      model.loadStateDict({ ...parameters, '0.weight': parameters['0.weight']!.data.map((v) => 1 - v) });
      stream.reset();
      expectSame(stream.step(2).slice(), model.forward([2]).data, 'after the change');
    });
  });
}

describe('where a table is multiplied', () => {
  beforeAll(() => u.init());

  test('inference and training: where its rows are looked up twice each on average', () => {
    using model = new u.Sequential([new u.Embedding(6, E), new u.LSTM(E, H), new u.Linear(H, 6)]);
    for (const training of [false, true]) {
      expect(calls(model, 3, 4, { training })).toBe(2);
      expect(calls(model, 11, 1, { training })).toBe(3);
    }
  });

  test.each([
    [1024, 256, 2],
    [1025, 256, 3],
  ])('streams: up to 4 MiB of products (V %i, H %i: %i calls)', (V, width, expected) => {
    using model = new u.Sequential([new u.Embedding(V, 1), new u.LSTM(1, width), new u.Linear(width, 1)]);
    expect(calls(model, 1, 1, { stream: true })).toBe(expected);
    using stream = model.stream();
    expectSame(stream.step(V - 1).slice(), model.forward([V - 1]).data, 'output');
  });

  test('not behind a Dropout that drops, nor by a Linear', () => {
    using dropout = new u.Sequential([new u.Embedding(3, E), new u.Dropout(0.5), new u.LSTM(E, H)]);
    expect(calls(dropout, 9, 4, { training: true })).toBe(3);
    expect(calls(dropout, 9, 4, {})).toBe(1);
    using linear = new u.Sequential([new u.Embedding(3, E), new u.Linear(E, H), new u.LSTM(H, H)]);
    expect(calls(linear, 9, 4, {})).toBe(3);
    using single = new u.Sequential([new u.Embedding(3, E), new u.Dropout(0.5)]);
    expect(calls(single, 9, 4, {})).toBe(1);
    expect(single.forward([2, 1]).shape).toEqual([2, 1, E]);
  });

  test('a longer sequence of the same model is on the other side: equal to the bit', () => {
    using model = new u.Sequential([new u.Embedding(20, E), new u.GRU(E, H)], { seed: 1 });
    const x = new Draw(1).indices(20, 60, 1);
    expect([calls(model, 60, 1, {}), calls(model, 30, 1, {})]).toEqual([1, 2]);
    expectSame(model.forward(stepsOf(x, 0, 30)).data, stepsOf(model.forward(x), 0, 30).data, 'first half');
  });

  test('the plan says what the memory takes', () => {
    using model = new u.Sequential([new u.Embedding(500, 20), new u.LSTM(20, 100)]);
    for (const training of [false, true]) {
      const { bytes } = model.plan({ steps: 100, batch: 20, training });
      const x = new Draw(1).indices(500, 100, 20);
      model.forward(x, { training });
      if (training) model.backward(new Float32Array(100 * 20 * 100));
      expect(model.memoryBytes).toBe(bytes);
    }
  });
});
