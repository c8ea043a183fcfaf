import { describe, expect, test } from 'vitest';
import type { ConfigurableCell } from '../reference/parameters.ts';
import { generator } from '../reference/random.ts';
import { expectSame, scaledError } from './closeness.ts';
import {
  type ConfigurableShape,
  configurableProblem,
  expectedOf,
  inferred,
  trained,
} from './configurableTester.ts';
import { variants as builds } from './sandbox.ts';

type Options = Partial<ConfigurableCell> & Omit<ConfigurableShape, 'config' | 'lengths'>;

function shapeOf(
  cell: 'rnn' | 'lstm' | 'gru',
  inputSize: number,
  hiddenSize: number,
  lengths: readonly number[],
  options: Options = {},
): ConfigurableShape {
  const { zoneH, zoneC, dropH, omega, firstRow, clipStep, dy, dx, ...rest } = options;
  const others = { zoneH, zoneC, dropH, omega, firstRow, clipStep, dy, dx };
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  return { config: { cell, batch: lengths.length, inputSize, hiddenSize, ...rest }, lengths, ...given };
}

function check(shape: ConfigurableShape, seed: number): void {
  const p = configurableProblem(shape, seed);
  const label = JSON.stringify({ ...shape, seed });
  const expected = expectedOf(p, true);
  const random = p.zoneH || p.zoneC || p.dropH;
  const mean = random ? expectedOf(p, false) : expected;
  const looser = p.config.layerNorm ? 10 : 1;
  for (const build of builds) {
    const got = trained(build, p);
    for (const [name, values] of Object.entries(got)) {
      const forward = ['y', 'hN', 'cN'].includes(name);
      const floor = forward ? 1e-6 : 0.5;
      const error = scaledError(values, expected[name]!, floor);
      expect(error, `${build} ${name} ${label}`).toBeLessThanOrEqual((forward ? 1e-5 : 1e-4) * looser);
    }
    for (const chunk of [1, 2, p.rows.T]) {
      const run = inferred(build, p, chunk);
      for (const [name, values] of Object.entries(run)) {
        const plain = name.replace(' again', '');
        if (random) {
          const error = scaledError(values, mean[plain]!, 1e-6);
          expect(error, `${build} inferred ${name} ${label}`).toBeLessThanOrEqual(1e-5 * looser);
        } else expectSame(values, got[plain]!, `${build} inferred ${name}, chunk ${chunk} ${label}`);
        expectSame(values, run[plain]!, `${build} ${name}, chunk ${chunk}`);
      }
    }
  }
}

const cells = ['rnn', 'lstm', 'gru'] as const;
const RAGGED = [4, 4, 2, 1, 0];

const options: Record<string, [cells: readonly (typeof cells)[number][], options: Options]> = {
  'no option': [cells, {}],
  'no bias': [cells, { bias: false }],
  'no dy, no dx': [cells, { dy: false, dx: false }],
  clip: [cells, { clip: 0.4 }],
  'layer norm': [cells, { layerNorm: true }],
  'layer norm without bias': [cells, { layerNorm: true, bias: false }],
  heads: [cells, { heads: 2 }],
  'heads of one unit': [cells, { heads: 6 }],
  zoneout: [cells, { zoneH: 0.3, firstRow: 17 }],
  'recurrent dropout': [cells, { dropH: 0.3 }],
  'step clipping': [cells, { clipStep: 0.3 }],
  'reset before': [['gru'], { resetAfter: false }],
  'reset before, heads, no bias': [['gru'], { resetAfter: false, heads: 3, bias: false }],
  'reset before, recurrent dropout': [['gru'], { resetAfter: false, dropH: 0.3 }],
  projection: [['lstm'], { projSize: 5 }],
  'projection to one': [['lstm'], { projSize: 1, zoneH: 0.2 }],
  peephole: [['lstm'], { peephole: true }],
  coupled: [['lstm'], { coupled: true, peephole: true }],
  'zoneout of c': [['lstm'], { zoneC: 0.4, zoneH: 0.1, peephole: true }],
  'cell activation': [['lstm'], { activations: { h: 'softsign', g: 'identity', o: 'hardsigmoid' } }],
  Ω: [['rnn'], { omega: 0.7 }],
  'Ω with heads and relu': [['rnn'], { omega: 0.7, heads: 3, nonlinearity: 'relu' }],
};

for (const [name, [of, given]] of Object.entries(options)) {
  describe(`configurable_forward, configurable_backward, last_rows: ${name}`, () => {
    test.each(of)('%s', (cell) => {
      check(shapeOf(cell, 5, 6, [3, 3, 3], given), 1);
      check(shapeOf(cell, 4, 6, RAGGED, given), 2);
      check(shapeOf(cell, 3, 12, [5], given), 3);
    });
  });
}

describe('configurable_forward, configurable_backward: every tail', () => {
  for (const cell of cells) {
    test(cell, () => {
      let seed = 10;
      for (const H of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33]) {
        check(shapeOf(cell, 1 + (H % 5), H, [3, 2, 2], { clipStep: 5 }), seed++);
        if (cell === 'lstm' && H > 1) {
          for (const projSize of [1, Math.ceil(H / 2), H - 1])
            check(shapeOf(cell, 3, H, [2, 1], { projSize, peephole: true }), seed++);
        }
        for (const heads of [2, 3, 4]) {
          if (H % heads) continue;
          check(shapeOf(cell, 3, H, [3, 2], { heads }), seed++);
          if (cell === 'gru') check(shapeOf(cell, 3, H, [3, 2], { heads, resetAfter: false }), seed++);
        }
      }
      for (const I of [1, 2, 3, 4, 5, 8, 9, 31]) check(shapeOf(cell, I, 5, [2, 2]), seed++);
      for (const B of [1, 2, 3, 4, 5, 6, 7, 8, 13])
        check(shapeOf(cell, 3, 6, new Array(B).fill(2), { layerNorm: true }), seed++);
    });

    test(`${cell}: past the blocks of the products`, () => {
      check(shapeOf(cell, 300, 9, [3, 2, 1]), 90);
      check(shapeOf(cell, 3, 140, [2, 2, 1]), 91);
      check(shapeOf(cell, 6, 8, new Array(40).fill(9), { layerNorm: true }), 92);
      check(
        shapeOf(
          cell,
          6,
          8,
          Array.from({ length: 40 }, (_, b) => 12 - Math.floor(b / 5)),
          { heads: 2 },
        ),
        93,
      );
    });
  }
});

describe('configurable_forward, configurable_backward: options drawn together', () => {
  for (const cell of cells) {
    test.each(Array.from({ length: 24 }, (_, i) => i))(`${cell} %i`, (seed) => {
      const next = generator(seed * 3 + cell.length);
      const some = () => next() < 0.35;
      const below = (n: number) => Math.floor(next() * n);
      const layerNorm = some();
      const heads = some() ? 2 + below(2) : 1;
      const H = heads * (1 + below(heads > 1 ? 6 : 18)) + (layerNorm ? 6 * heads : 0);
      const lengths = Array.from({ length: 1 + below(6) }, () => below(7)).sort((a, b) => b - a);
      if (lengths[0] === 0) lengths[0] = 3;
      const resetAfter = !(cell === 'gru' && some());
      const names = ['tanh', 'softsign', 'hardsigmoid', 'sigmoid', 'softplus'] as const;
      const isLstm = cell === 'lstm';
      check(
        shapeOf(
          cell,
          (layerNorm ? 6 : 1) + below(9),
          H,
          some() ? new Array(lengths.length).fill(3) : lengths,
          {
            bias: !some(),
            heads,
            ...(layerNorm && resetAfter ? { layerNorm } : {}),
            ...(some() ? { clip: 0.3 + next() } : {}),
            ...(some() ? { zoneH: 0.3 } : {}),
            ...(some() ? { dropH: 0.4 } : {}),
            ...(some() ? { clipStep: 0.2 + next() } : {}),
            ...(cell === 'gru' ? { resetAfter } : {}),
            ...(cell === 'rnn' ? { nonlinearity: names[below(5)]! } : {}),
            ...(cell !== 'rnn' && some() ? { activation: names[below(5)]! } : {}),
            ...(cell !== 'rnn' && some() ? { recurrentActivation: names[below(4)]! } : {}),
            ...(isLstm && heads === 1 && H > 1 && some() ? { projSize: 1 + below(H - 1) } : {}),
            ...(isLstm ? { peephole: some(), coupled: some() } : {}),
            ...(isLstm && some() ? { zoneC: 0.3 } : {}),
            dy: !some(),
            dx: !some(),
            firstRow: below(1000),
          },
        ),
        seed,
      );
    });
  }
});

test('bits are those of the checked build, whatever the tile', () => {
  for (const cell of cells) {
    const p = configurableProblem(shapeOf(cell, 7, 12, RAGGED, { layerNorm: true, heads: 2 }), 5);
    const expected = trained('checked', p);
    for (const build of ['simd', 'simd wide'] as const) {
      const got = trained(build, p);
      for (const [name, values] of Object.entries(expected))
        expectSame(got[name]!, values, `${build} ${name}`);
    }
  }
});
