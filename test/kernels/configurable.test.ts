import { describe, test } from 'vitest';
import { some } from '../thorough.ts';
import { expectSame } from './closeness.ts';
import { cells, check, checkDrawn, type Options, shapeOf } from './configurableChecks.ts';
import { configurableProblem, trained } from './configurableTester.ts';

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
  'mask of the state': [cells, { maskH: true }],
  'one-hot rows': [cells, { oneHot: true }],
  'one-hot rows, from zero, no bias, no dx': [
    cells,
    { oneHot: true, fromZero: true, bias: false, dx: false },
  ],
  'reset before, one-hot rows': [['gru'], { resetAfter: false, oneHot: true }],
  'from zero': [cells, { fromZero: true }],
  'from zero, mask of the state': [cells, { fromZero: true, maskH: true }],
  'step clipping': [cells, { clipStep: 0.3 }],
  'reset before': [['gru'], { resetAfter: false }],
  'reset before, heads, no bias': [['gru'], { resetAfter: false, heads: 3, bias: false }],
  'reset before, recurrent dropout': [['gru'], { resetAfter: false, dropH: 0.3 }],
  'reset before, mask of the state': [['gru'], { resetAfter: false, maskH: true }],
  'reset before, from zero': [['gru'], { resetAfter: false, fromZero: true }],
  projection: [['lstm'], { projSize: 5 }],
  'projection to one': [['lstm'], { projSize: 1, zoneH: 0.2 }],
  peephole: [['lstm'], { peephole: true }],
  coupled: [['lstm'], { coupled: true, peephole: true }],
  'zoneout of c': [['lstm'], { zoneC: 0.4, zoneH: 0.1, peephole: true }],
  'cell activation': [['lstm'], { activations: { h: 'softsign', g: 'identity', o: 'hardsigmoid' } }],
  Ω: [['rnn'], { omega: 0.7 }],
  'Ω with heads and relu': [['rnn'], { omega: 0.7, heads: 3, nonlinearity: 'relu' }],
};

for (const [i, [name, [of, given]]] of Object.entries(options).entries()) {
  describe(`configurable_forward, configurable_backward, last_rows: ${name}`, () => {
    test.each(of)('%s', (cell) => {
      const shapes = [
        shapeOf(cell, 5, 6, [3, 3, 3], given),
        shapeOf(cell, 4, 6, RAGGED, given),
        shapeOf(cell, 3, 12, [5], given),
      ];
      for (const shape of some(shapes, 6, i + cells.indexOf(cell))) check(shape, 1 + shapes.indexOf(shape));
    });
  });
}

describe('configurable_forward, configurable_backward: every tail', () => {
  for (const cell of cells) {
    test(cell, () => {
      let seed = 10;
      for (const H of some([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33], 6, cells.indexOf(cell))) {
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
      for (const I of some([1, 2, 3, 4, 5, 8, 9, 31], 6, cells.indexOf(cell)))
        check(shapeOf(cell, I, 5, [2, 2]), seed++);
      for (const B of some([1, 2, 3, 4, 5, 6, 7, 8, 13], 6, cells.indexOf(cell)))
        check(shapeOf(cell, 3, 6, new Array(B).fill(2), { layerNorm: true }), seed++);
    });

    test(`${cell}: past the blocks of the products`, () => {
      const lengths = Array.from({ length: 40 }, (_, b) => 12 - Math.floor(b / 5));
      const shapes = [
        shapeOf(cell, 300, 9, [3, 2, 1]),
        shapeOf(cell, 3, 140, [2, 2, 1]),
        shapeOf(cell, 6, 8, new Array(40).fill(9), { layerNorm: true }),
        shapeOf(cell, 6, 8, lengths, { heads: 2 }),
      ];
      for (const shape of some(shapes, 6, cells.indexOf(cell))) check(shape, 90 + shapes.indexOf(shape));
    });
  }
});

describe('configurable_forward, configurable_backward: options drawn together', () => {
  for (const cell of cells) {
    test.each(some([0, 1, 2, 3, 4, 5, 6, 7], 4, cells.indexOf(cell)))(`${cell} %i`, (seed) =>
      checkDrawn(cell, seed),
    );
  }
});

test('one-hot rows by their places give the bits of their products', () => {
  for (const cell of cells) {
    for (const lengths of [[3, 3, 3], RAGGED]) {
      const p = configurableProblem(shapeOf(cell, 7, 12, lengths, { oneHot: true }), 6);
      for (const build of ['checked', 'simd'] as const) {
        const expected = trained(build, { ...p, oneHot: false });
        for (const [name, values] of Object.entries(trained(build, p)))
          expectSame(values, expected[name]!, `${build} ${name}`);
      }
    }
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
