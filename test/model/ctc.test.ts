import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectThrows, expectWords } from '../errors.ts';
import { expectClose } from '../kernels/closeness.ts';
import { ctcOfRow } from '../reference/ctc.ts';
import { numericGradient } from '../reference/gradcheck.ts';
import { Draw, expectSameDict, kernelBuilds, thrown } from './helpers.ts';

/** Logits are the input times the identity: gradients of the weight tell those by the logits. */
function identity(classes: number, blank = 0) {
  const model = new u.Sequential([new u.Linear(classes, classes, { bias: false })]);
  const weight = Float32Array.from({ length: classes ** 2 }, (_, i) => (i % (classes + 1) === 0 ? 1 : 0));
  model.loadStateDict({ '0.weight': { data: weight, shape: [classes, classes] } });
  return {
    model,
    trainer: new u.Trainer(model, { loss: u.ctc({ blank }), optimizer: new u.SGD({ lr: 1 }) }),
  };
}

describe.each(kernelBuilds)('ctc: %s', (kernels) => {
  beforeAll(() => u.init({ kernels }));

  test.each<[string, number, number[][], number[] | undefined]>([
    ['one label each', 0, [[1], [2]], undefined],
    ['repeats and lengths', 0, [[1, 1], [2]], [5, 3]],
    ['no labels, and as many as there are steps', 0, [[], [1, 2, 1]], [4, 3]],
    [
      'another blank',
      2,
      [
        [0, 1, 0],
        [1, 1],
      ],
      [5, 4],
    ],
  ])('%s: loss and gradient against all paths', (_, blank, labels, lengths) => {
    const [T, B, C] = [5, labels.length, 3];
    const x = new Draw(3).features(2, T, B, C);
    const S = Math.max(...labels.map((row) => row.length));
    const y = {
      data: Int32Array.from({ length: S * B }, (_, i) => labels[i % B]![Math.floor(i / B)] ?? 77),
      shape: [S, B],
      lengths: labels.map((row) => row.length),
    };
    const { trainer } = identity(C, blank);
    const weight = Float64Array.from({ length: C * C }, (_, i) => (i % (C + 1) === 0 ? 1 : 0));
    const mean = () =>
      labels.reduce((sum, row, b) => {
        const steps = lengths?.[b] ?? T;
        const logits = new Float64Array(steps * C);
        for (let t = 0; t < steps; t++) {
          for (let c = 0; c < C; c++) {
            for (let k = 0; k < C; k++)
              logits[t * C + c]! += weight[c * C + k]! * x.data[(t * B + b) * C + k]!;
          }
        }
        return sum + ctcOfRow(logits, C, row, blank) / Math.max(1, row.length) / B;
      }, 0);
    const opts = lengths && { lengths };
    expect(trainer.evaluate(x, y, opts).loss).toBeCloseTo(mean(), 5);
    const { loss, gradients } = trainer.gradients(x, y, opts);
    expect(loss).toBeCloseTo(mean(), 5);
    expectClose(gradients, numericGradient(mean, weight), 1e-4, 'gradient');
  });
});

describe('ctc', () => {
  beforeAll(() => u.init({ kernels: 'simd' }));

  test('the value of torch.nn.CTCLoss (PyTorch 2.15, float64)', () => {
    const [T, B, C] = [7, 3, 5];
    const data = Float32Array.from({ length: T * B * C }, (_, i) => {
      const [t, b, c] = [Math.floor(i / (B * C)), Math.floor(i / C) % B, i % C];
      return ((t * 31 + b * 17 + c * 7) % 13) / 4 - 1.5;
    });
    const y = { data: [1, 3, 4, 2, 3, 1, 2, 0, 2], shape: [3, B], lengths: [3, 2, 3] };
    const { trainer } = identity(C);
    const { loss } = trainer.evaluate({ data, shape: [T, B, C] }, y, { lengths: [7, 5, 6] });
    expect(loss).toBeCloseTo(2.2752746112903943, 6);
  });

  test('long sequences stay finite', () => {
    const [T, B, C] = [600, 2, 12];
    const { trainer } = identity(C);
    const draw = new Draw(1);
    const labels = Int32Array.from({ length: 250 * B }, (_, i) => 1 + (Math.floor(i / B) % 11));
    const { loss, gradNorm } = trainer.step(draw.features(3, T, B, C), { data: labels, shape: [250, B] });
    expect(loss).toBeGreaterThan(0);
    expect(Number.isFinite(loss) && Number.isFinite(gradNorm)).toBe(true);
  });

  test('behind a convolution the steps are those of its output', () => {
    const model = new u.Sequential([new u.Conv1d(2, 4, 2, { stride: 2 }), new u.Linear(4, 3)], { seed: 1 });
    const trainer = new u.Trainer(model, { loss: u.ctc(), optimizer: new u.SGD({ lr: 0.1 }) });
    const draw = new Draw(2);
    const x = draw.features(1, 8, 2, 2);
    const y = { data: [1, 2, 2, 1], shape: [2, 2] };
    expect(trainer.step(x, y, { lengths: [8, 5] }).loss).toBeGreaterThan(0);
    // 3 steps of the input are one of the output
    const error = thrown(() => trainer.step(x, y, { lengths: [8, 3] }));
    expect(error).toBeInstanceOf(u.ArgumentError);
    expectWords(error, ['y', 'row 1', '1']);
  });

  test('learns where labels are, and greedy decoding reads them', () => {
    const model = new u.Sequential([new u.LSTM(4, 12), new u.Linear(12, 4)], { seed: 1 });
    const trainer = new u.Trainer(model, { loss: u.ctc(), optimizer: new u.Adam({ lr: 0.02 }) });
    // label k is shown for two steps, then nothing for one
    const strip = [2, 1, 3, 3];
    const x = new Float32Array(12 * 4);
    for (const [i, label] of strip.entries()) for (const t of [0, 1]) x[(3 * i + t) * 4 + label] = 1;
    const given = { data: x, shape: [12, 1, 4] };
    const y = { data: strip, shape: [4, 1] };
    const { loss: before } = trainer.evaluate(given, y);
    for (let i = 0; i < 150; i++) trainer.step(given, y);
    expect(trainer.evaluate(given, y).loss).toBeLessThan(before / 10);
    expect(u.ctcGreedy(model.forward(given)).map((row) => [...row])).toEqual([strip]);
  });

  test.each<[string, object, object | undefined, new (...args: never[]) => Error, string[]]>([
    [
      'more labels than steps',
      { data: [1, 2, 1, 2], shape: [4, 1] },
      undefined,
      u.ArgumentError,
      ['y', 'row 0', '4'],
    ],
    [
      'equal labels need a blank between',
      { data: [1, 1], shape: [2, 1] },
      { lengths: [2] },
      u.ArgumentError,
      ['y', 'row 0', '3'],
    ],
    [
      'a blank',
      { data: [1, 0], shape: [2, 1] },
      undefined,
      u.ArgumentError,
      ['y (label 1, row 0)', 'blank', '0'],
    ],
    [
      'a label outside',
      { data: [3], shape: [1, 1] },
      undefined,
      u.ArgumentError,
      ['y (label 0, row 0)', '3'],
    ],
    [
      'a length above S',
      { data: [1], shape: [1, 1], lengths: [2] },
      undefined,
      u.ArgumentError,
      ['y.lengths[0]', '2'],
    ],
    [
      'lengths of another batch',
      { data: [1], shape: [1, 1], lengths: [1, 1] },
      undefined,
      u.ShapeError,
      ['y.lengths'],
    ],
    ['another batch', { data: [1, 1], shape: [1, 2] }, undefined, u.ShapeError, ['y']],
    ['weights', { data: [1], shape: [1, 1] }, { weights: [1] }, u.ArgumentError, ['weights']],
  ])('refused, nothing changed: %s', (_, y, opts, type, words) => {
    const { model, trainer } = identity(3);
    const before = model.stateDict();
    const x = new Draw(1).features(1, 3, 1, 3);
    const error = thrown(() => trainer.step(x, y as never, opts));
    expect(error).toBeInstanceOf(type);
    expectWords(error, words);
    expectSameDict(model.stateDict(), before);
  });

  test('refused: a blank outside, parts of a sequence, options nobody knows', () => {
    const make = (opts: object, loss = u.ctc()) =>
      thrown(
        () =>
          new u.Trainer(new u.Sequential([new u.LSTM(3, 3)]), {
            loss,
            optimizer: new u.SGD({ lr: 1 }),
            ...opts,
          }),
      );
    expectWords(make({}, u.ctc({ blank: 3 })), ['blank', '3']);
    expectWords(make({ memoryBudget: 1e6 }), ['memoryBudget', 'ctc']);
    expectWords(make({ truncation: { k1: 1, k2: 1 } }), ['truncation', 'ctc']);
    expectWords(make({ loss: u.ctc, memoryBudget: 1e6 }), ['memoryBudget', 'ctc']);
    expect(thrown(() => u.ctc({ blank: -1 }))).toMatchObject({ argument: 'blank' });
    const greedy = (data: unknown, shape: unknown) => () => u.ctcGreedy({ data, shape } as never);
    expectThrows(
      greedy(new Float32Array(5), [1, 2, 3]),
      ['logits', '6 numbers for [1, 2, 3]', '5'],
      u.ShapeError,
    );
    for (const shape of [
      [2n, 1, 2],
      ['2', 1, 2],
      [-2, -1, 2],
      [2, 2],
      [2, undefined, 2],
    ])
      expectThrows(greedy([1, 2, 3, 4], shape), ['logits', '[T, B, classes]'], u.ShapeError);
    for (const other of ['3', null, undefined, Symbol('s'), 3n])
      expectThrows(greedy([1, 2, other, 4], [2, 1, 2]), ['logits.data[2]', 'a number'], u.ArgumentError);
    expect(thrown(greedy([1, 2, 3, Number.NaN], [2, 1, 2]))).toMatchObject({
      name: 'NonFiniteError',
      row: 0,
      index: 1,
    });
    // no probability
    expect(greedy([0, 1, -Infinity, -Infinity], [2, 1, 2])()).toEqual([Int32Array.of(1)]);
  });
});
