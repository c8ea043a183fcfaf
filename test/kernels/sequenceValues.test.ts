import { describe, expect, test } from 'vitest';
import { expectClose, expectSame, subnormals } from './closeness.ts';
import { variants as builds } from './sandbox.ts';
import { backward, cells, infer, type Problem, problem, reference, rowsOf, train } from './sequenceTester.ts';

/** What of each tensor of the three passes belongs to one row of the batch: [name, width in floats]. */
function perRow({ cell, shape: { I, H } }: Problem): [name: string, width: number][] {
  const gates = cell.startsWith('rnn') ? H : 4 * H;
  const common: [string, number][] = [
    ['y', H],
    ['hN', H],
    ['h', H],
    ['da', gates],
    ['dh', H],
    ['dx', I],
  ];
  return cell === 'lstm' ? [...common, ['cN', H], ['c', H], ['dc', H]] : common;
}

function everyPass(build: (typeof builds)[number], p: Problem) {
  const kept = train(build, p).out;
  return { ...infer(build, p, 2).out, ...kept, ...backward(build, p, kept).out };
}

/** The problem of row b alone. */
function alone(p: Problem, b: number): Problem {
  const { B, I, H } = p.shape;
  const given = { ...p.given };
  for (const name of ['x', 'h0', 'c0', 'dy', 'dhN', 'dcN']) {
    const row = rowsOf(Float32Array.from(given[name]!), B, name === 'x' ? I : H, b);
    given[name] = Float64Array.from(row);
  }
  return { cell: p.cell, shape: { ...p.shape, B: 1 }, given };
}

describe.each(cells)('%s: vanishing', (cell) => {
  // after 130 steps of gates near ½ the gradient of the state is in the subnormal range, after 200 below it
  test.each([130, 200])('gradient of %i steps: nothing kept is subnormal', (T) => {
    const p = problem(cell, { T, B: 3, I: 5, H: 9, dy: false, accumulated: 0 }, 11);
    for (const name of ['wIh', 'wHh', 'bIh', 'bHh']) {
      p.given[name] = Float64Array.from(p.given[name]!, (w) => Math.fround(w * 0.01));
    }
    const expected = reference(p);
    // the gradient does pass through the subnormal range
    expect(subnormals(Float32Array.from(expected.dx!))).toBeGreaterThan(0);
    for (const build of builds) {
      const kept = train(build, p).out;
      expectClose(kept.h!.subarray(3 * 9), expected.y!, 1e-5, `${build}: h`);
      const { out } = backward(build, p, kept);
      for (const [name, values] of Object.entries(out)) {
        if (name !== 'da') expectClose(values, expected[name]!, 1e-4, `${build}: ${name}`);
        if (/^d[ahc]$/.test(name)) expect(subnormals(values), `${build}: ${name}`).toBe(0);
      }
      // dx = da·W_ih: subnormal at most where da is small itself, never from a da that was flushed
      const width = out.da!.length / T;
      for (let t = 0; t < T; t++) {
        const largest = Math.max(...out.da!.subarray(t * width, (t + 1) * width).map(Math.abs));
        const dx = out.dx!.subarray(t * 3 * 5, (t + 1) * 3 * 5);
        if (largest === 0) expect(Math.max(...dx.map(Math.abs)), `${build}: dx of step ${t}`).toBe(0);
        if (largest > 2 ** -106) expect(subnormals(dx), `${build}: dx of step ${t}`).toBe(0);
      }
    }
  });

  test('state of 2000 steps without input: not subnormal', () => {
    const p = problem(cell, { T: 2000, B: 2, I: 3, H: 6, bias: false }, 12);
    p.given.x!.fill(0);
    for (const name of ['wIh', 'wHh']) {
      p.given[name] = Float64Array.from(p.given[name]!, (w) => Math.fround(w * 0.3));
    }
    const expected = reference(p);
    expect(Math.abs(expected.hN![0]!)).toBeLessThan(2 ** -150);
    for (const build of builds) {
      const kept = train(build, p).out;
      expect(kept.h!.at(-1), `${build}: last h`).toBe(0);
      expect(subnormals(kept.h!), `${build}: h`).toBe(0);
      if (kept.c) expect(subnormals(kept.c), `${build}: c`).toBe(0);
    }
  });
});

describe.each(cells)('%s: values', (cell) => {
  test('weights times 30: saturated', () => {
    const p = problem(cell, { T: 3, B: 4, I: 6, H: 9, scale: 45, accumulated: 0 }, 13);
    const expected = reference(p);
    for (const build of builds) {
      const kept = train(build, p).out;
      expectClose(kept.h!.subarray(4 * 9), expected.y!, 1e-4, `${build}: h`);
      for (const [name, values] of Object.entries(backward(build, p, kept).out)) {
        if (name !== 'da') expectClose(values, expected[name]!, 1e-3, `${build}: ${name}`);
      }
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%f in one row of x stays in that row',
    (poison) => {
      const B = 5;
      const clean = problem(cell, { T: 4, B, I: 6, H: 9 }, 14);
      const { I } = clean.shape;
      const given = { ...clean.given, x: clean.given.x!.slice() };
      const bad = 3;
      given.x[(1 * B + bad) * I + 2] = poison;
      for (const build of builds) {
        const expected = everyPass(build, clean);
        const found = everyPass(build, { ...clean, given });
        for (const [name, width] of perRow(clean)) {
          for (let b = 0; b < B; b++) {
            if (b === bad) continue;
            const label = `${build}, row ${b}: ${name}`;
            expectSame(rowsOf(found[name]!, B, width, b), rowsOf(expected[name]!, B, width, b), label);
          }
        }
        if (Number.isNaN(poison)) {
          const y = rowsOf(found.y!, B, clean.shape.H, bad);
          expectSame(
            y.subarray(0, clean.shape.H),
            rowsOf(expected.y!, B, clean.shape.H, bad).subarray(0, clean.shape.H),
            `${build}: y before the NaN`,
          );
          expect(y.subarray(clean.shape.H).every(Number.isNaN), `${build}: y from the NaN on`).toBe(true);
          expect(found.dwIh!.some(Number.isNaN), `${build}: dwIh`).toBe(true);
        }
      }
    },
  );

  test.each([
    { T: 3, B: 5, I: 6, H: 9 },
    { T: 2, B: 13, I: 300, H: 35 },
  ])('a row alone gives the bits it gives in a batch: B $B, I $I, H $H', (shape) => {
    const p = problem(cell, shape, 15);
    for (const build of builds) {
      if (build.startsWith('relaxed')) continue;
      const whole = everyPass(build, p);
      for (const b of [0, 1, shape.B - 1]) {
        const one = everyPass(build, alone(p, b));
        for (const [name, width] of perRow(p)) {
          expectSame(
            rowsOf(whole[name]!, shape.B, width, b),
            one[name]!,
            `${build}, seed 15, row ${b}: ${name}`,
          );
        }
      }
    }
  });
});
