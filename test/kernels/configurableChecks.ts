import { expect } from 'vitest';
import type { ConfigurableCell } from '../reference/parameters.ts';
import { generator } from '../reference/random.ts';
import { thorough } from '../thorough.ts';
import { expectSame, scaledError } from './closeness.ts';
import {
  type ConfigurableShape,
  configurableProblem,
  expectedOf,
  inferred,
  trained,
} from './configurableTester.ts';
import { variants as builds } from './sandbox.ts';

export type Options = Partial<ConfigurableCell> & Omit<ConfigurableShape, 'config' | 'lengths'>;

export function shapeOf(
  cell: 'rnn' | 'lstm' | 'gru',
  inputSize: number,
  hiddenSize: number,
  lengths: readonly number[],
  options: Options = {},
): ConfigurableShape {
  const { zoneH, zoneC, dropH, oneHot, maskH, fromZero, omega, firstRow, clipStep, dy, dx, ...rest } =
    options;
  const others = { zoneH, zoneC, dropH, oneHot, maskH, fromZero, omega, firstRow, clipStep, dy, dx };
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  return { config: { cell, batch: lengths.length, inputSize, hiddenSize, ...rest }, lengths, ...given };
}

/** Forward and backward passes of every build against the reference. */
export function check(shape: ConfigurableShape, seed: number): void {
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
    const chunks = build !== 'simd' && !thorough ? [2] : [1, 2, p.rows.T];
    for (const chunk of chunks) {
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

export const cells = ['rnn', 'lstm', 'gru'] as const;

/** Checks a shape and options drawn from the seed. */
export function checkDrawn(cell: (typeof cells)[number], seed: number): void {
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
    shapeOf(cell, (layerNorm ? 6 : 1) + below(9), H, some() ? new Array(lengths.length).fill(3) : lengths, {
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
    }),
    seed,
  );
}
