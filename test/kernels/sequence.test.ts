import { describe, expect, test } from 'vitest';
import { some, thorough } from '../thorough.ts';
import { expectClose, expectSame } from './closeness.ts';
import { type BuildName, variants as builds } from './sandbox.ts';
import {
  backward,
  type Cell,
  cells,
  direct,
  type Expected,
  infer,
  type Problem,
  problem,
  type Run,
  reference,
  type Shape,
  type Tensors,
  train,
} from './sequenceTester.ts';

const OUTPUT_TOLERANCE = 1e-5;
const GRADIENT_TOLERANCE = 1e-4;

/** Forward passes in every chunking against the reference; returns what training keeps. */
function checkForward(build: BuildName, p: Problem, expected: Expected, label: string): Tensors {
  const { T, B, H } = p.shape;
  const state = B * H;
  const kept = train(build, p).out;
  const h = kept.h!;
  expectSame(h.subarray(0, state), p.given.h0!, `${label}: h before the first step`);
  if (kept.c) expectSame(kept.c.subarray(0, state), p.given.c0!, `${label}: c before the first step`);
  const all = p.cell.startsWith('rnn') ? [1] : [1, 2, T, T + 3];
  const chunks = build !== 'simd' && !thorough ? all.slice(0, 1) : all;
  for (const chunk of chunks) {
    const found = infer(build, p, chunk).out;
    const at = `${label}, chunk ${chunk}`;
    expectClose(found.y!, expected.y!, OUTPUT_TOLERANCE, `${at}: y`);
    expectSame(found.y!, h.subarray(state), `${at}: y as trained`);
    expectSame(found.hN!, h.subarray(T * state), `${at}: last h`);
    for (const name of ['y', 'hN']) {
      expectSame(found[`${name}Again`]!, found[name]!, `${at}: ${name}, packed before`);
    }
    if (!kept.c) continue;
    expectClose(found.cN!, expected.cN!, OUTPUT_TOLERANCE, `${at}: cN`);
    expectSame(found.cN!, kept.c.subarray(T * state), `${at}: last c`);
    expectSame(found.cNAgain!, found.cN!, `${at}: cN, packed before`);
  }
  return kept;
}

function checkBackward(build: BuildName, p: Problem, kept: Tensors, expected: Expected, label: string): Run {
  const run = backward(build, p, kept);
  for (const [name, values] of Object.entries(run.out)) {
    if (name === 'da') continue;
    const before = name === 'dTable' ? p.lookup!.dTable : /^d[wb]/.test(name) ? p.given[name]! : undefined;
    const added = before ? values.map((v, i) => v - before[i]!) : values;
    expectClose(added, expected[name]!, GRADIENT_TOLERANCE, `${label}: ${name}`);
  }
  return run;
}

function check(cell: Cell, shape: Shape, seed: number): void {
  const p = problem(cell, shape, seed);
  const expected = reference(p);
  const { checked, simd } = Object.fromEntries(
    builds.map((build) => {
      const label = `${build}, seed ${seed}`;
      const kept = checkForward(build, p, expected, label);
      return [build, { ...kept, ...checkBackward(build, p, kept, expected, label).out }];
    }),
  ) as Record<BuildName, Tensors>;
  for (const [name, values] of Object.entries(simd)) expectSame(checked[name]!, values, `checked: ${name}`);
}

/** Every bit that does not pass through a sum by index is what it is without a table. */
function checkAsDirect(build: BuildName, p: Problem, label: string): void {
  const chunk = Math.ceil(p.shape.T / 2);
  const [found, expected] = [p, direct(p)].map((q) => {
    const kept = train(build, q).out;
    return { ...kept, ...infer(build, q, chunk).out, ...backward(build, q, kept).out };
  }) as [Tensors, Tensors];
  for (const [name, values] of Object.entries(expected)) {
    if (name !== 'dx' && name !== 'dwIh') expectSame(found[name]!, values, `${label}: ${name}`);
  }
}

const shapes: [name: string, shape: Shape][] = [
  ['uniform 16', { T: 2, B: 4, I: 16, H: 16 }],
  ['tail 17', { T: 2, B: 4, I: 17, H: 17 }],
  ['unroll 32', { T: 2, B: 4, I: 32, H: 32 }],
  ['unroll and tail 36', { T: 2, B: 5, I: 36, H: 36 }],
  ...[1, 3, 5, 7, 8, 9].map((H): [string, Shape] => [`hidden ${H}`, { T: 3, B: 4, I: 6, H }]),
  ['input 1', { T: 3, B: 4, I: 1, H: 10 }],
  ['input above hidden', { T: 3, B: 4, I: 21, H: 6 }],
  ['input below hidden', { T: 3, B: 4, I: 2, H: 19 }],
  ...[1, 2, 7].map((T): [string, Shape] => [`steps ${T}`, { T, B: 3, I: 5, H: 11 }]),
  ...[1, 2, 3, 4, 5, 7, 8, 13, 33].map((B): [string, Shape] => [`batch ${B}`, { T: 3, B, I: 5, H: 10 }]),
  ['batch 1, hidden past four panels', { T: 3, B: 1, I: 7, H: 45 }],
  ['all one', { T: 1, B: 1, I: 1, H: 1 }],
  ['input past the depth block', { T: 2, B: 5, I: 300, H: 9 }],
  ['input past the column block', { T: 2, B: 3, I: 520, H: 5 }],
  ['rows past the depth block', { T: 9, B: 33, I: 6, H: 7 }],
  ['hidden past the row block', { T: 2, B: 2, I: 3, H: 131 }],
  ['no bias', { T: 3, B: 3, I: 5, H: 10, bias: false }],
  ['initial state zero', { T: 3, B: 3, I: 5, H: 10, initial: false }],
  ['no bias, initial state zero', { T: 3, B: 3, I: 5, H: 10, bias: false, initial: false }],
  ['no dy', { T: 3, B: 3, I: 5, H: 10, dy: false }],
  ['no dx', { T: 3, B: 3, I: 5, H: 10, dx: false }],
  ['no dy, no dx, no bias', { T: 3, B: 3, I: 5, H: 7, dy: false, dx: false, bias: false }],
  ['gradients from zero', { T: 3, B: 3, I: 5, H: 10, accumulated: 0 }],
];

describe.each(cells)('%s: forward, forward_train, backward', (cell) => {
  test.each(some(shapes, 10, cells.indexOf(cell)))('%s', (name, shape) => {
    check(cell, shape, 100 + shapes.findIndex((s) => s[0] === name));
  });
});

const tables: [name: string, shape: Shape][] = [
  ['one row', { T: 3, B: 4, I: 6, H: 9, V: 1 }],
  ['one row, one step, batch 1', { T: 1, B: 1, I: 1, H: 1, V: 1 }],
  ['two rows', { T: 3, B: 4, I: 1, H: 5, V: 2 }],
  ['repeated rows', { T: 7, B: 5, I: 16, H: 16, V: 9 }],
  ['as many rows as inputs', { T: 3, B: 5, I: 7, H: 10, V: 15 }],
  ['more rows than inputs', { T: 2, B: 3, I: 5, H: 11, V: 40 }],
  ['batch 1', { T: 9, B: 1, I: 17, H: 37, V: 5 }],
  ['tails', { T: 4, B: 3, I: 17, H: 17, V: 7 }],
  ['input past the depth block', { T: 3, B: 5, I: 300, H: 9, V: 4 }],
  ['rows past the row block', { T: 9, B: 33, I: 6, H: 7, V: 130 }],
  ['table past the depth block', { T: 9, B: 33, I: 6, H: 7, V: 270 }],
  ['no bias', { T: 3, B: 4, I: 5, H: 10, V: 6, bias: false }],
  ['no dTable', { T: 3, B: 4, I: 5, H: 10, V: 6, dx: false }],
  ['no dy, gradients from zero', { T: 3, B: 4, I: 5, H: 10, V: 6, dy: false, accumulated: 0 }],
];

describe.each(cells)('%s: rows of a table', (cell) => {
  test.each(some(tables, 6, cells.indexOf(cell)))('%s', (name, shape) => {
    const seed = 300 + tables.findIndex((s) => s[0] === name);
    check(cell, shape, seed);
    const p = problem(cell, shape, seed);
    for (const build of builds) checkAsDirect(build, p, `${build}, seed ${seed}`);
  });

  test('only one row occurs: the gradients of all others stay as they were', () => {
    const p = problem(cell, { T: 3, B: 4, I: 5, H: 10, V: 6 }, 321);
    const { index, table, dTable } = p.lookup!;
    index.fill(2);
    p.given.x = Float64Array.from({ length: 12 * 5 }, (_, i) => table[2 * 5 + (i % 5)]!);
    const expected = reference(p);
    for (const build of builds) {
      const kept = checkForward(build, p, expected, build);
      const { out } = checkBackward(build, p, kept, expected, build);
      for (const [i, v] of out.dTable!.entries()) {
        if (Math.floor(i / 5) !== 2) expect(v, `${build}: dTable[${i}]`).toBe(dTable[i]);
      }
    }
  });

  test('NaN in a row that no index names reaches no output', () => {
    const p = problem(cell, { T: 3, B: 4, I: 5, H: 10, V: 6 }, 322);
    const { index, table } = p.lookup!;
    for (const [i, v] of index.entries()) if (v === 3) index[i] = 4;
    p.given.x = Float64Array.from(
      { length: 12 * 5 },
      (_, i) => table[index[Math.floor(i / 5)]! * 5 + (i % 5)]!,
    );
    table.fill(Number.NaN, 15, 20);
    const expected = reference(p);
    for (const build of builds) checkForward(build, p, expected, build);
  });
});

const ends: Shape[] = [
  { T: 3, B: 3, I: 5, H: 7 },
  { T: 2, B: 5, I: 1, H: 9 },
  { T: 2, B: 1, I: 3, H: 2 },
  { T: 1, B: 2, I: 6, H: 1 },
  { T: 2, B: 7, I: 10, H: 11 },
  { T: 3, B: 3, I: 5, H: 7, V: 4 },
  { T: 2, B: 1, I: 3, H: 2, V: 7 },
];

describe.each(cells)('%s: each buffer in turn at the end of memory', (cell) => {
  test.each<Shape>(some(ends, 6, cells.indexOf(cell)))('T $T, B $B, I $I, H $H, V $V', (shape) => {
    const p = problem(cell, shape, 7);
    for (const build of builds) {
      const kept = train(build, p);
      const calls: ((flush: string) => Run)[] = [
        (flush) => infer(build, p, 2, flush),
        (flush) => train(build, p, flush),
        (flush) => backward(build, p, kept.out, flush),
      ];
      for (const call of calls) {
        const guarded = call('');
        expect(guarded.names.length).toBeGreaterThan(6);
        for (const flush of guarded.names) {
          const { out } = call(flush);
          for (const [name, values] of Object.entries(guarded.out)) {
            expectSame(out[name]!, values, `${build}, ${flush} last: ${name}`);
          }
        }
      }
    }
  });
});
