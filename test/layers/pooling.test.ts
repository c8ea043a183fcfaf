import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { Draw, expectSameArray, thrown } from '../model/helpers.ts';
import { relativeError } from '../reference/gradcheck.ts';
import * as reference from '../reference/pool.ts';
import { rowOf } from './rowOf.ts';
import { expectTrains } from './trains.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const T = 7;
const LENGTHS = [2, 7, 0, 5, 7];
const B = LENGTHS.length;
const C = 3;

describe.each([
  ['max', (size: number, opts: object) => new u.MaxPool1d(size, opts)],
  ['mean', (size: number, opts: object) => new u.AvgPool1d(size, opts)],
] as const)('%s of windows', (kind, make) => {
  test.each([
    [2, {}],
    [3, { stride: 1, padding: 'same' }],
    [3, { stride: 2, padding: 1 }],
    [4, { padding: 'same' }],
  ] as const)('size %i, %o: output and gradient of every row, with lengths and without', (size, opts) => {
    const draw = new Draw(2);
    const layer = make(size, opts);
    const x = draw.features(1, T, B, C);
    for (const lengths of [undefined, LENGTHS]) {
      const y = layer.forward(x, { training: true, lengths });
      expectSameArray(layer.forward(x, { lengths }), y, 'inference');
      layer.forward(x, { training: true, lengths });
      const dy = draw.features(1, ...y.shape);
      const dx = layer.backward(dy)!;
      const shape = { stride: size, dilation: 1, padding: 'valid', ...opts, size } as const;
      for (let b = 0; b < B; b++) {
        const length = lengths?.[b] ?? T;
        const row = rowOf(x, b, length);
        const expected = reference.forward(kind, shape, row, C).y;
        const count = expected.length / C;
        expect(relativeError(rowOf(y, b, count), expected, 1e-2), `row ${b}`).toBeLessThan(1e-6);
        expect(
          rowOf(y, b, y.shape[0]!)
            .subarray(expected.length)
            .every((v) => v === 0),
        ).toBe(true);
        const dX = reference.backward(kind, shape, row, C, rowOf(dy, b, count));
        expect(relativeError(rowOf(dx, b, length), dX, 1e-2), `dx of row ${b}`).toBeLessThan(1e-5);
      }
    }
  });

  test('refused: padding beyond half the size, causal padding, a stream', () => {
    expect(thrown(() => make(4, { padding: 3 }))).toMatchObject({ argument: 'padding' });
    expect(thrown(() => make(4, { padding: 'causal' }))).toMatchObject({ argument: 'padding' });
    expect(thrown(() => make(0, {}))).toMatchObject({ argument: 'size' });
    const error = thrown(() => new u.Sequential([new u.Linear(1, 1), make(2, {})]).stream());
    expect(error).toBeInstanceOf(u.StateError);
    expect((error as Error).message).toMatch(/^stream: layers\[1\] \(\w+Pool1d\)/);
  });
});

describe.each(['mean', 'max', 'last'] as const)('Pool %s', (kind) => {
  const whole = { size: T, stride: 1, dilation: 1, padding: 'valid' } as const;

  test('output and gradient of every row, with lengths and without', () => {
    const draw = new Draw(4);
    const layer = new u.Pool({ kind });
    const x = draw.features(1, T, B, C);
    for (const lengths of [undefined, LENGTHS]) {
      const y = layer.forward(x, { training: true, lengths });
      expect(y.shape).toEqual([1, B, C]);
      const dy = draw.features(1, 1, B, C);
      const dx = layer.backward(dy)!;
      expectSameArray(layer.forward(x, { lengths }), y, 'inference');
      for (let b = 0; b < B; b++) {
        const size = lengths?.[b] ?? T;
        const row = rowOf(x, b, size);
        const got = rowOf(y, b, 1);
        if (size === 0) {
          expect([...got]).toEqual([0, 0, 0]);
          continue;
        }
        const dY = rowOf(dy, b, 1);
        const ends = row.subarray((size - 1) * C);
        const of = { ...whole, size };
        const expected = kind === 'last' ? ends : reference.forward(kind, of, row, C).y;
        const dX = kind === 'last' ? new Float64Array(size * C) : reference.backward(kind, of, row, C, dY);
        if (kind === 'last') dX.set(dY, (size - 1) * C);
        expect(relativeError(got, expected, 1e-2), `row ${b}`).toBeLessThan(1e-6);
        expect(relativeError(rowOf(dx, b, size), dX, 1e-2), `dx of row ${b}`).toBeLessThan(1e-5);
        expect(
          rowOf(dx, b, T)
            .subarray(size * C)
            .every((v) => v === 0),
        ).toBe(true);
      }
    }
  });

  test('trains behind a convolution and a bidirectional layer', () => {
    const draw = new Draw(5);
    const model = new u.Sequential([
      new u.Conv1d(C, 4, 3, { padding: 'same', stride: 2 }),
      new u.LSTM(4, 3, { bidirectional: true }),
      new u.Pool({ kind }),
      new u.Linear(6, 2),
    ]);
    const x = draw.features(1, T, B, C);
    const y = draw.features(0.5, 1, B, 2);
    expectTrains(model, x, y, { lengths: LENGTHS });
  });
});

describe('Pool', () => {
  test('last is LastStep of the same step, also in streams', () => {
    const x = new Draw(6).features(1, 4, 2, 2);
    const [pool, last] = [new u.Pool({ kind: 'last' }), new u.LastStep({ sameStep: true })].map(
      (layer) => new u.Sequential([new u.LSTM(2, 3, { bidirectional: true }), layer], { seed: 1 }),
    );
    expectSameArray(pool!.forward(x), last!.forward(x), 'output');
    const stream = new u.Sequential([new u.LSTM(2, 3), new u.Pool({ kind: 'last' })]).stream();
    expect(stream.step([1, 2]).length).toBe(3);
  });

  test('refused: an unknown kind, none, streams of a mean', () => {
    expect(thrown(() => new u.Pool({ kind: 'sum' } as unknown as u.PoolOptions))).toMatchObject({
      argument: 'kind',
    });
    expect(thrown(() => new u.Pool(undefined as unknown as u.PoolOptions))).toMatchObject({
      argument: 'kind',
    });
    const model = new u.Sequential([new u.LSTM(2, 3), new u.Pool({ kind: 'mean' })]);
    expect((thrown(() => model.stream()) as Error).message).toMatch(
      /^stream: layers\[1\] \(Pool\) is a mean/,
    );
    const after = () => new u.Sequential([new u.LSTM(2, 3), new u.LastStep(), new u.MaxPool1d(2)]);
    expect(thrown(after)).toMatchObject({ argument: 'layers[2]' });
  });
});

describe('Flatten', () => {
  test('puts the steps of a row one after the other, and back', () => {
    const layer = new u.Flatten({ steps: 3 });
    const x = new Draw(7).features(1, 3, 2, 2);
    const { data, shape } = layer.forward(x, { training: true });
    expect(shape).toEqual([1, 2, 6]);
    expect([...data]).toEqual([0, 1].flatMap((b) => [...rowOf(x, b, 3)]));
    const dx = layer.backward({ data, shape })!;
    expectSameArray(dx, x, 'its own inverse');
  });

  test('trains before a Linear, and is the same after saving', () => {
    const draw = new Draw(8);
    const model = new u.Sequential([
      new u.Conv1d(2, 3, 3),
      new u.MaxPool1d(2),
      new u.Flatten({ steps: 3 }),
      new u.Linear(9, 2),
    ]);
    const x = draw.features(1, 8, 4, 2);
    const y = draw.features(0.5, 1, 4, 2);
    const trainer = new u.Trainer(model, {
      loss: u.mse,
      optimizer: new u.AdamW({ lr: 0.02 }),
      carryState: true,
    });
    const losses = Array.from({ length: 40 }, () => trainer.step(x, y).loss);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.7);
    expectSameArray(u.Sequential.load(model.save()).forward(x), model.forward(x), 'loaded');
  });

  test('refused: another number of steps, lengths, a mask, streams', () => {
    const layer = new u.Flatten({ steps: 3 });
    const x = { data: new Float32Array(4), shape: [2, 2, 1] };
    expect(thrown(() => layer.forward(x))).toBeInstanceOf(u.ShapeError);
    expect(thrown(() => layer.forward(x))).toMatchObject({ argument: 'x' });
    const three = { data: new Float32Array(6), shape: [3, 2, 1] };
    for (const opts of [{ lengths: [3, 3] }, { mask: new Array(6).fill(1) }]) {
      expect(thrown(() => layer.forward(three, opts))).toBeInstanceOf(u.ArgumentError);
      expect(thrown(() => layer.forward(three, opts))).toMatchObject({ argument: 'lengths' });
    }
    expect(thrown(() => new u.Flatten({ steps: 0 }))).toMatchObject({ argument: 'steps' });
    expect(
      thrown(() => new u.Sequential([new u.Linear(1, 1), new u.Flatten({ steps: 2 })]).stream()),
    ).toBeInstanceOf(u.StateError);
  });
});

describe('Reverse', () => {
  test('turns the steps of each row that count round, twice is the identity', () => {
    const layer = new u.Reverse();
    const x = new Draw(9).features(1, T, B, C);
    const y = layer.forward(x, { training: true, lengths: LENGTHS });
    for (const [b, n] of LENGTHS.entries()) {
      const steps = Array.from({ length: n }, (_, t) => [...rowOf(x, b, n).subarray(t * C, (t + 1) * C)]);
      expect([...rowOf(y, b, n)]).toEqual(steps.reverse().flat());
      expect(
        rowOf(y, b, T)
          .subarray(n * C)
          .every((v) => v === 0),
      ).toBe(true);
    }
    const back = layer.backward(y)!;
    for (const [b, n] of LENGTHS.entries()) expect([...rowOf(back, b, n)]).toEqual([...rowOf(x, b, n)]);
  });

  test('before and after a recurrent layer it is the reverse direction', () => {
    const x = new Draw(10).features(1, 5, 2, 3);
    const both = new u.Sequential([new u.LSTM(3, 2, { bidirectional: true })], { seed: 2 });
    const model = new u.Sequential([new u.Reverse(), new u.LSTM(3, 2), new u.Reverse()], { seed: 2 });
    const dict = both.stateDict();
    model.loadStateDict(
      Object.fromEntries(
        Object.keys(model.stateDict()).map((name) => [name, dict[`${name.replace(/^1/, '0')}_reverse`]!]),
      ),
    );
    const got = model.forward(x).data;
    const merged = both.forward(x).data;
    expect([...got]).toEqual([...merged].filter((_, i) => i % 4 >= 2));
  });
});

test.each<[string, () => u.Layer]>([
  ['MaxPool1d', () => new u.MaxPool1d(2)],
  ['Pool', () => new u.Pool({ kind: 'max' })],
  ['Flatten', () => new u.Flatten({ steps: 4 })],
  ['Reverse', () => new u.Reverse()],
])('%s is refused by name in parts of a sequence', (type, make) => {
  const model = new u.Sequential([new u.LSTM(2, 2), make()]);
  const error = thrown(
    () => new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW(), memoryBudget: 1e7 }),
  );
  expect(error).toMatchObject({ argument: 'memoryBudget' });
  expect((error as Error).message).toContain(`layers[1] (${type}`);
});
