import { describe, expect, test } from 'vitest';
import { convBackwardWork, convWork } from '../../src/memory/workspace.ts';
import * as reference from '../reference/conv1d.ts';
import { generator, uniform } from '../reference/random.ts';
import type { WindowShape } from '../reference/windows.ts';
import { some } from '../thorough.ts';
import { type BuildName, variants as builds, type Placement, Sandbox } from './sandbox.ts';
import { PackedWindows } from './windowTester.ts';

const SEED = 31;

interface Case extends WindowShape {
  readonly I: number;
  readonly O: number;
  readonly groups: number;
  readonly lengths: readonly number[];
}

const base = { stride: 1, dilation: 1, groups: 1, padding: 'valid' } as const;

/** Channels of every tail, both sides of 120, 256 rows and 256 columns, rows without a window, every padding. */
const cases: Case[] = [
  { ...base, I: 1, O: 1, size: 1, lengths: [1] },
  { ...base, I: 1, O: 5, size: 3, lengths: [9] },
  { ...base, I: 1, O: 9, size: 4, dilation: 2, lengths: [11, 11] },
  { ...base, I: 2, O: 3, size: 2, stride: 2, lengths: [7, 7, 7] },
  { ...base, I: 3, O: 8, size: 3, padding: 'same', lengths: [5, 4, 4, 1] },
  { ...base, I: 4, O: 4, size: 4, stride: 3, padding: 'same', lengths: [8, 7, 6, 5, 4, 3, 2, 1, 0] },
  { ...base, I: 5, O: 7, size: 3, dilation: 2, padding: 'causal', lengths: [6, 3, 1, 0] },
  { ...base, I: 6, O: 2, size: 3, stride: 2, padding: 'causal', lengths: [5, 5] },
  { ...base, I: 7, O: 16, size: 5, padding: 2, lengths: [6, 2, 1] },
  { ...base, I: 8, O: 12, size: 3, groups: 4, padding: 'same', lengths: [4, 4, 2] },
  { ...base, I: 9, O: 9, size: 3, groups: 9, padding: 'causal', lengths: [4, 4] },
  { ...base, I: 17, O: 33, size: 2, padding: 'valid', lengths: [3, 2, 1] },
  { ...base, I: 33, O: 3, size: 9, padding: 'causal', lengths: [125] },
  { ...base, I: 130, O: 5, size: 3, padding: 'same', lengths: [4, 3] },
  { ...base, I: 260, O: 10, size: 2, groups: 1, padding: 'causal', lengths: [2, 2] },
  { ...base, I: 514, O: 4, size: 2, groups: 2, padding: 'valid', lengths: [3] },
  { ...base, I: 2, O: 8, size: 3, padding: 'same', lengths: new Array(70).fill(4) },
];

const named = cases.map((c) => [JSON.stringify(c).slice(0, 120), c] as const);

function draw({ I, O, groups, size, dilation, lengths, padding, stride }: Case) {
  const next = generator(SEED + I * 7 + O);
  const windows = new PackedWindows({ size, stride, dilation, padding }, lengths);
  const P = (size - 1) * dilation;
  const random = (n: number) => Float32Array.from(uniform(next, n));
  const causal = padding === 'causal' && stride === 1 && P > 0;
  return {
    windows,
    P: causal ? P : 0,
    x: random(windows.rows * I),
    w: random(O * (I / groups) * size),
    b: random(O),
    state: random(causal ? lengths.length * P * I : 0),
    dy: random(windows.outRows * O),
    dlast: random(causal ? lengths.length * P * I : 0),
    dw: random(O * (I / groups) * size),
    db: random(O),
  };
}

function parameters(c: Case, { w, b }: ReturnType<typeof draw>): reference.Conv1dParams {
  const { I: inChannels, O: outChannels } = c;
  return { ...c, inChannels, outChannels, weight: Float64Array.from(w), bias: Float64Array.from(b) };
}

function forward(build: BuildName, c: Case, flush?: string, drawn = draw(c)) {
  const { windows, x, w, b, state, P } = drawn;
  const { I, O, groups, size } = c;
  const place = (name: string): Placement => (name === flush ? 'flush' : 'guarded');
  const bytes = convWork(I, O, size, groups);
  const floats = x.length + w.length + b.length + 2 * state.length + windows.outRows * O + windows.words;
  const sandbox = new Sandbox(build, 4 * floats + bytes);
  const table = windows.write(sandbox);
  const px = sandbox.input('x', x, place('x'));
  const pw = sandbox.input('w', w, place('w'));
  const pb = sandbox.input('b', b, place('b'));
  const ps = P ? sandbox.input('state', state, place('state')) : 0;
  const pl = P ? sandbox.output('last', state.length, place('last')) : 0;
  const y = sandbox.output('y', windows.outRows * O, place('y'));
  const work = sandbox.work(bytes, place('work'));
  sandbox.run((k) => k.conv1d_forward(table, I, O, groups, px, ps, pl, pw, pb, y, 0, work));
  return { y: sandbox.read(y, windows.outRows * O), last: P ? sandbox.read(pl, state.length) : undefined };
}

function backward(build: BuildName, c: Case, wantX: boolean, flush?: string) {
  const drawn = draw(c);
  const { windows, x, w, state, P, dy, dlast, dw, db } = drawn;
  const { I, O, groups, size } = c;
  const place = (name: string): Placement => (name === flush ? 'flush' : 'guarded');
  const bytes = convBackwardWork(I, O, size, groups);
  const floats = 2 * x.length + 2 * w.length + O + 2 * state.length + dy.length + windows.words;
  const sandbox = new Sandbox(build, 4 * floats + bytes);
  const table = windows.write(sandbox);
  const at = {
    x: sandbox.input('x', x, place('x')),
    w: sandbox.input('w', w, place('w')),
    dy: sandbox.input('dy', dy, place('dy')),
    state: P ? sandbox.input('state', state, place('state')) : 0,
    dstate: P ? sandbox.output('dstate', dlast, place('dstate')) : 0,
    dx: wantX ? sandbox.output('dx', x.length, place('dx')) : 0,
    dw: sandbox.output('dw', dw, place('dw')),
    db: sandbox.output('db', db, place('db')),
    work: sandbox.work(bytes, place('work')),
  };
  sandbox.run((k) =>
    k.conv1d_backward(
      table,
      I,
      O,
      groups,
      at.x,
      at.state,
      at.w,
      at.dy,
      at.dx,
      at.dstate,
      at.dw,
      at.db,
      at.work,
    ),
  );
  return {
    drawn,
    dx: wantX ? sandbox.read(at.dx, x.length) : undefined,
    dw: sandbox.read(at.dw, w.length),
    db: sandbox.read(at.db, O),
    dstate: P ? sandbox.read(at.dstate, state.length) : undefined,
  };
}

/** Within float32 rounding of sums of so many products of numbers up to 1. */
function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, terms: number, what: string) {
  expect(got.length, what).toBe(expected.length);
  for (let i = 0; i < got.length; i++) {
    const error = Math.abs(got[i]! - expected[i]!);
    if (!(error <= (terms + 3) * 2 ** -23 * Math.max(1, Math.sqrt(terms))))
      throw new Error(`${what}[${i}] is ${got[i]} instead of ${expected[i]}`);
  }
}

describe.each(some(named, 4))('%s', (_, c) => {
  const { I, O, size, groups } = c;
  const terms = (I / groups) * size;

  test('conv1d_forward: every row is that of the float64 reference', () => {
    for (const build of builds) {
      const drawn = draw(c);
      const { y, last } = forward(build, c);
      const p = parameters(c, drawn);
      for (let b = 0; b < c.lengths.length; b++) {
        const row = drawn.windows.row(drawn.x, b, I);
        const width = drawn.P * I;
        const before = Float64Array.from(drawn.state.subarray(b * width, (b + 1) * width));
        const expected = reference.forward(p, row, drawn.P ? before : undefined);
        expectClose(drawn.windows.row(y, b, O, 'out'), expected, terms, `${build} row ${b}`);
        if (last)
          expect([...last.subarray(b * width, (b + 1) * width)]).toEqual([...reference.last(row, before)]);
      }
    }
  });

  test('conv1d_forward: a row has the bits that it has without the others', () => {
    for (const build of builds) {
      const drawn = draw(c);
      const { y } = forward(build, c);
      for (let b = 0; b < Math.min(c.lengths.length, 3); b++) {
        if (drawn.windows.counts[b] === 0) continue;
        const { size: k, stride, dilation, padding } = c;
        const windows = new PackedWindows({ size: k, stride, dilation, padding }, [c.lengths[b]!]);
        const width = drawn.P * I;
        const own = {
          ...drawn,
          windows,
          x: Float32Array.from(drawn.windows.row(drawn.x, b, I)),
          state: drawn.state.slice(b * width, (b + 1) * width),
        };
        const alone = forward(build, c, undefined, own);
        expect([...alone.y], `${build} row ${b}`).toEqual([...drawn.windows.row(y, b, O, 'out')]);
      }
    }
  });

  test('the bits do not depend on the tiles', () => {
    for (const [build, other] of [
      ['simd', 'simd wide'],
      ['simd', 'checked'],
    ] as const) {
      expect(forward(other, c)).toEqual(forward(build, c));
      expect(backward(other, c, true)).toEqual(backward(build, c, true));
    }
  });

  test.each([true, false])('conv1d_backward, dx %s: gradients of the float64 reference', (wantX) => {
    for (const build of builds) {
      const { drawn, dx, dw, db, dstate } = backward(build, c, wantX);
      const p = parameters(c, drawn);
      const dWeight = Float64Array.from(drawn.dw);
      const dBias = Float64Array.from(drawn.db);
      for (let b = 0; b < c.lengths.length; b++) {
        const width = drawn.P * I;
        const part = (values: Float32Array) => Float64Array.from(values.subarray(b * width, (b + 1) * width));
        const row = drawn.windows.row(drawn.x, b, I);
        const dY = drawn.windows.row(drawn.dy, b, O, 'out');
        const states = drawn.P ? [part(drawn.state), part(drawn.dlast)] : [];
        const expected = reference.backward(p, row, dY, ...states);
        for (const [i, d] of expected.dWeight.entries()) dWeight[i]! += d;
        for (const [i, d] of expected.dBias.entries()) dBias[i]! += d;
        const products = (O / groups) * size;
        if (dx) expectClose(drawn.windows.row(dx, b, I), expected.dX, products, `${build} dx of row ${b}`);
        const dBefore = wantX ? expected.dBefore : new Float64Array(width);
        if (dstate) expectClose(part(dstate), dBefore, products, `${build} dstate of row ${b}`);
      }
      expectClose(dw, dWeight, drawn.windows.outRows, `${build} dw`);
      expectClose(db, dBias, drawn.windows.outRows, `${build} db`);
    }
  });

  for (const build of builds) {
    test(`${build}: each buffer last in memory gives the same bits`, () => {
      const ahead = forward(build, c);
      for (const flush of ['x', 'w', 'b', 'state', 'last', 'y', 'work'])
        expect(forward(build, c, flush), flush).toEqual(ahead);
      const back = backward(build, c, true);
      for (const flush of ['x', 'w', 'dy', 'state', 'dstate', 'dx', 'dw', 'db', 'work'])
        expect(backward(build, c, true, flush), flush).toEqual(back);
    });
  }
});

test('conv1d_forward: NaN in a step reaches the outputs that see it, and no others', () => {
  const c: Case = { ...base, I: 3, O: 5, size: 3, dilation: 2, padding: 'same', lengths: [9, 9] };
  for (const build of builds) {
    const drawn = draw(c);
    drawn.x[(4 * 2 + 1) * 3 + 1] = Number.NaN;
    const { y } = forward(build, c, undefined, drawn);
    const bad = new Set([...y].flatMap((v, i) => (Number.isNaN(v) ? [Math.floor(i / 5)] : [])));
    expect([...bad]).toEqual([2, 4, 6].map((t) => t * 2 + 1));
  }
});

test('conv1d_forward in place: the last state may take the place of the first one', () => {
  const c: Case = { ...base, I: 5, O: 4, size: 4, padding: 'causal', lengths: [5, 2, 1, 0] };
  for (const build of builds) {
    const { windows, x, w, b, state } = draw(c);
    const bytes = convWork(5, 4, 4, 1);
    const sandbox = new Sandbox(
      build,
      4 * (x.length + w.length + 4 + state.length + windows.outRows * 4 + windows.words) + bytes,
    );
    const table = windows.write(sandbox);
    const [px, pw, pb] = [sandbox.input('x', x), sandbox.input('w', w), sandbox.input('b', b)];
    const ps = sandbox.output('state', state);
    const y = sandbox.output('y', windows.outRows * 4);
    const work = sandbox.work(bytes);
    sandbox.run((k) => k.conv1d_forward(table, 5, 4, 1, px, ps, ps, pw, pb, y, 0, work));
    const apart = forward(build, c);
    expect(sandbox.read(y, windows.outRows * 4)).toEqual(apart.y);
    expect(sandbox.read(ps, state.length)).toEqual(apart.last);
  }
});
