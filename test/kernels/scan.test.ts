import { describe, expect, test } from 'vitest';
import { some, thorough } from '../thorough.ts';
import { expectClose, expectSame, subnormals } from './closeness.ts';
import { type BuildName, variants as builds } from './sandbox.ts';
import {
  alone,
  backward,
  gatesOf,
  infer,
  lastStates,
  names,
  type Problem,
  problem,
  reference,
  rowOfSteps,
  type Shape,
  sizesOf,
  train,
} from './scanTester.ts';
import type { Expected, Run, Tensors } from './sequenceTester.ts';

const OUTPUT_TOLERANCE = 1e-5;
const GRADIENT_TOLERANCE = 1e-4;

/** Forward passes in every chunking against the reference; returns what training keeps. */
function checkForward(build: BuildName, p: Problem, expected: Expected, label: string): Tensors {
  const { T, B, H } = p.shape;
  const kept = train(build, p).out;
  const states = kept.states!;
  expectSame(states.subarray(0, B * H), p.given.state0!, `${label}: states before the first step`);
  const y = kept.y ?? states.subarray(B * H);
  const chunks = build !== 'simd' && !thorough ? [2] : [1, 2, T, T + 3];
  for (const chunk of chunks) {
    const { out } = infer(build, p, chunk);
    const at = `${label}, chunk ${chunk}`;
    expectClose(out.y!, expected.y!, OUTPUT_TOLERANCE, `${at}: y`);
    expectClose(out.stateN!, expected.stateN!, OUTPUT_TOLERANCE, `${at}: last states`);
    expectSame(out.y!, y, `${at}: y as trained`);
    expectSame(out.stateN!, lastStates(p.shape, states), `${at}: last states as trained`);
    for (const name of ['y', 'stateN']) {
      expectSame(out[`${name}Again`]!, out[name]!, `${at}: ${name}, packed before`);
    }
  }
  return kept;
}

function checkBackward(
  build: BuildName,
  p: Problem,
  kept: Tensors,
  expected: Expected,
  label: string,
): Tensors {
  const { out } = backward(build, p, kept);
  for (const [name, values] of Object.entries(out)) {
    if (name === 'da') continue;
    const before = name === 'dState' ? undefined : p.given[name];
    const added = before ? values.map((v, i) => v - before[i]!) : values;
    expectClose(added, expected[name]!, GRADIENT_TOLERANCE, `${label}: ${name}`);
  }
  return out;
}

const shapes: [name: string, shape: Shape][] = [
  ['uniform 16', { T: 2, B: 4, I: 16, H: 16 }],
  ['tail 17', { T: 2, B: 4, I: 17, H: 17 }],
  ['input below hidden', { T: 3, B: 4, I: 2, H: 19 }],
  ['input above hidden', { T: 3, B: 4, I: 21, H: 6 }],
  ...[1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 33].map((H): [string, Shape] => [
    `hidden ${H}`,
    { T: 3, B: 4, I: 6, H },
  ]),
  ...[1, 3, 4, 6, 9, 11].map((H): [string, Shape] => [`input and hidden ${H}`, { T: 3, B: 3, I: H, H }]),
  ...[1, 2, 7].map((T): [string, Shape] => [`steps ${T}`, { T, B: 3, I: 5, H: 11 }]),
  ...[1, 2, 5, 13].map((B): [string, Shape] => [`batch ${B}`, { T: 3, B, I: 5, H: 10 }]),
  ['all one', { T: 1, B: 1, I: 1, H: 1 }],
  ['input past the depth block', { T: 2, B: 5, I: 300, H: 9 }],
  ['rows past the depth block', { T: 9, B: 33, I: 6, H: 7 }],
  ['hidden past the row block', { T: 2, B: 2, I: 3, H: 131 }],
  ['no bias', { T: 3, B: 3, I: 5, H: 10, bias: false }],
  ['no dy', { T: 3, B: 3, I: 5, H: 10, dy: false }],
  ['no dx', { T: 3, B: 3, I: 5, H: 10, dx: false }],
  ['no dx, input and hidden 7', { T: 3, B: 3, I: 7, H: 7, dx: false }],
  [
    'no dy, no dx, no bias, input and hidden 7',
    { T: 3, B: 3, I: 7, H: 7, dy: false, dx: false, bias: false },
  ],
  ['gradients from zero', { T: 3, B: 3, I: 5, H: 10, accumulated: 0 }],
  ['sizes, all rows', { T: 3, B: 4, I: 5, H: 10, sizes: [4, 4, 4] }],
  ['sizes', { T: 5, B: 4, I: 5, H: 10, sizes: [4, 3, 3, 1, 1] }],
  ['sizes, input and hidden 9', { T: 4, B: 5, I: 9, H: 9, sizes: [5, 5, 2, 1] }],
  ['sizes, one row', { T: 3, B: 1, I: 2, H: 5, sizes: [1, 1, 1] }],
  ['sizes, fewer rows at once', { T: 4, B: 6, I: 3, H: 4, sizes: [4, 4, 2, 1] }],
  ['sizes, no dy', { T: 4, B: 3, I: 3, H: 6, sizes: [3, 2, 2, 1], dy: false }],
  ['sizes past the depth block', { T: 9, B: 40, I: 6, H: 7, sizes: [40, 40, 39, 37, 36, 36, 30, 20, 1] }],
];

describe.each(names)('%s: forward, forward_train, backward', (name) => {
  test.each(some(shapes, 20, names.indexOf(name)))('%s', (label, shape) => {
    const seed = 500 + shapes.findIndex((s) => s[0] === label);
    const p = problem(name, shape, seed);
    const expected = reference(p);
    const { checked, simd } = Object.fromEntries(
      builds.map((build) => {
        const at = `${build}, seed ${seed}`;
        const kept = checkForward(build, p, expected, at);
        return [build, { ...kept, ...checkBackward(build, p, kept, expected, at) }];
      }),
    ) as Record<BuildName, Tensors>;
    for (const [key, values] of Object.entries(simd)) expectSame(checked[key]!, values, `checked: ${key}`);
  });
});

const ends: Shape[] = [
  { T: 3, B: 3, I: 5, H: 7 },
  { T: 2, B: 5, I: 9, H: 9 },
  { T: 2, B: 1, I: 3, H: 2 },
  { T: 1, B: 2, I: 6, H: 1 },
  { T: 4, B: 3, I: 3, H: 13, sizes: [3, 2, 2, 1] },
];

describe.each(names)('%s: each buffer in turn at the end of memory', (name) => {
  test.each<Shape>(some(ends, 12, names.indexOf(name)))('T $T, B $B, I $I, H $H, sizes $sizes', (shape) => {
    const p = problem(name, shape, 7);
    for (const build of builds) {
      const kept = train(build, p).out;
      const calls: ((flush: string) => Run)[] = [
        (flush) => infer(build, p, 2, flush),
        (flush) => train(build, p, flush),
        (flush) => backward(build, p, kept, flush),
      ];
      for (const call of calls) {
        const guarded = call('');
        expect(guarded.names.length).toBeGreaterThan(5);
        for (const flush of guarded.names) {
          const { out } = call(flush);
          for (const [key, values] of Object.entries(guarded.out)) {
            expectSame(out[key]!, values, `${build}, ${flush} last: ${key}`);
          }
        }
      }
    }
  });
});

describe.each(names)('%s: a row alone', (name) => {
  test.each<Shape>([
    { T: 4, B: 7, I: 5, H: 10 },
    { T: 4, B: 5, I: 9, H: 9, sizes: [5, 4, 2, 2] },
  ])('gives the bits it gives in a batch: T $T, B $B, I $I, H $H, sizes $sizes', (shape) => {
    const p = problem(name, shape, 21);
    const { I, H } = shape;
    const G = gatesOf(p) * H;
    for (const build of builds) {
      const passes = (q: Problem) => {
        const kept = train(build, q).out;
        const { kept: _, states: __, ...rest } = kept;
        return { ...rest, ...infer(build, q, 2).out, ...backward(build, q, kept).out };
      };
      const together: Tensors = passes(p);
      for (let b = 0; b < sizesOf(shape)[0]!; b++) {
        const single: Tensors = passes(alone(p, b));
        for (const [key, width] of Object.entries({ y: H, da: G, dx: I })) {
          expectSame(single[key]!, rowOfSteps(shape, together[key]!, width, b), `${build}, row ${b}: ${key}`);
        }
        for (const key of ['stateN', 'dState']) {
          const row = together[key]!.subarray(b * H, (b + 1) * H);
          expectSame(single[key]!, row, `${build}, row ${b}: ${key}`);
        }
      }
    }
  });
});

describe.each(names)('%s: a sequence in two segments, the later one first', (name) => {
  test.each<Shape>([
    { T: 7, B: 3, I: 5, H: 10 },
    { T: 300, B: 1, I: 4, H: 4 },
    { T: 5, B: 40, I: 9, H: 9, sizes: [40, 37, 37, 20, 3] },
  ])('has the same bits: T $T, B $B, I $I, H $H', (shape) => {
    const p = problem(name, shape, 31);
    const { T, B, I, H } = shape;
    const sizes = sizesOf(shape);
    const cut = Math.ceil(T / 2);
    const rows = sizes.slice(0, cut).reduce((a, b) => a + b);
    for (const build of builds) {
      const kept = train(build, p).out;
      const whole = backward(build, p, kept).out;
      const { sizes: _, ...plain } = shape;
      const segment = (from: number, to: number, given: Tensors): Problem => ({
        name,
        shape: { ...plain, T: to - from, B, ...(shape.sizes && { sizes: sizes.slice(from, to) }) },
        given: { ...p.given, ...widened(given) },
      });
      const x = Float32Array.from(p.given.x!);
      const dy = Float32Array.from(p.given.dy!);
      // the later segment starts from the last states of the first
      const first = kept.states!.subarray(0, (B + rows) * H);
      const between = lastStates(segment(0, cut, {}).shape, first);
      const later = segment(cut, T, { x: x.subarray(rows * I), dy: dy.subarray(rows * H), state0: between });
      const keptLater = train(build, later).out;
      const back = backward(build, later, keptLater).out;
      const { dState, dwIh, dv = new Float32Array(), dbIh } = back as Record<string, Float32Array>;
      const earlier = segment(0, cut, {
        x: x.subarray(0, rows * I),
        dy: dy.subarray(0, rows * H),
        ...{ dState: dState!, dwIh: dwIh!, dv, dbIh: dbIh! },
      });
      const found = backward(build, earlier, train(build, earlier).out).out;
      for (const key of Object.keys(found).filter((k) => /^d(State|wIh|v|bIh)$/.test(k))) {
        expectSame(found[key]!, whole[key]!, `${build}: ${key}`);
      }
    }
  });
});

function widened(values: Tensors): Expected {
  return Object.fromEntries(Object.entries(values).map(([key, v]) => [key, Float64Array.from(v)]));
}

describe.each(names)('%s: vanishing', (name) => {
  test.each([130, 300])('%i steps: nothing kept is subnormal', (T) => {
    const p = problem(name, { T, B: 3, I: 5, H: 9, dy: false, accumulated: 0 }, 11);
    for (const key of ['wIh', 'bIh']) p.given[key] = p.given[key]!.map((w) => Math.fround(w * 0.01));
    p.given.v = p.given.v!.map((w) => Math.fround(name === 'sru' ? w * 0.01 : 0.5 + 0.01 * w));
    p.given.x!.fill(0);
    p.given.bIh!.fill(0);
    const expected = reference(p);
    for (const build of builds) {
      const { out: kept } = train(build, p);
      const { out } = backward(build, p, kept);
      // where a state became 0, max(0, ·) has no slope
      if (name !== 'indrnn relu') checkBackward(build, p, kept, expected, build);
      expect(subnormals(kept.states!), `${build}: states`).toBe(0);
      expect(subnormals(out.dState!), `${build}: dState`).toBe(0);
      expect(subnormals(out.da!), `${build}: da`).toBe(0);
    }
    // the state, or its gradient, does pass through the subnormal range
    const all = Float32Array.from([...expected.y!, ...expected.dState!, ...expected.dx!]);
    expect(subnormals(all)).toBeGreaterThan(0);
  });
});

/** One element, one step, weights 1: the pre-activations are the rows of x. */
function element(name: Problem['name'], a: number[], state0: number): Problem {
  const p = problem(name, { T: 1, B: 1, I: 1, H: 1, bias: false, accumulated: 0 }, 1);
  p.given.x = Float64Array.of(1);
  p.given.wIh = Float64Array.from(a, Math.fround);
  p.given.v!.fill(0);
  p.given.state0 = Float64Array.of(Math.fround(state0));
  p.given.dy = Float64Array.of(0.25);
  p.given.dState = Float64Array.of(0.5);
  return p;
}

/** Within 4e-6 of `expected`, or of a few of the least normal floats where results fall through the subnormals. */
function expectRelative(got: number, expected: number, label: string): void {
  expect(Math.abs(got - expected), label).toBeLessThanOrEqual(4e-6 * Math.abs(expected) + 16 * 2 ** -126);
}

describe('gates far from 0 keep the digits of their gradients', () => {
  const far = [-300, -89, -60, -20, -3, -0.5, 0, 0.5, 3, 20, 60, 89, 300];

  test('mingru', () => {
    for (const build of builds) {
      for (const a of far) {
        const p = element('mingru', [a, 3], -2);
        const expected = reference(p);
        const { out } = backward(build, p, train(build, p).out);
        for (const key of ['dwIh', 'dState']) {
          for (const [i, v] of out[key]!.entries()) {
            expectRelative(v, expected[key]![i]!, `${build}, a ${a}: ${key}[${i}]`);
          }
        }
      }
    }
  });

  test('minlstm', () => {
    for (const build of builds) {
      for (const f of far) {
        for (const i of far) {
          const p = element('minlstm', [f, i, 3], -2);
          const expected = reference(p);
          const { out: kept } = train(build, p);
          const at = `${build}, f ${f}, i ${i}`;
          expect(Math.abs(kept.states![1]! - expected.y![0]!), `${at}: h`).toBeLessThan(3e-6);
          const { out } = backward(build, p, kept);
          for (const key of ['dwIh', 'dState']) {
            for (const [j, v] of out[key]!.entries()) {
              expectRelative(v, expected[key]![j]!, `${at}: ${key}[${j}]`);
            }
          }
        }
      }
    }
  });

  test('sru', () => {
    for (const build of builds) {
      for (const f of far) {
        for (const r of far) {
          const p = element('sru', [3, f, r], -2);
          const expected = reference(p);
          const { out } = backward(build, p, train(build, p).out);
          for (const [j, v] of out.dwIh!.entries()) {
            expectRelative(v, expected.dwIh![j]!, `${build}, f ${f}, r ${r}: dwIh[${j}]`);
          }
        }
      }
    }
  });
});

describe.each(names)('%s: NaN', (name) => {
  test('in x reaches its row from its step on, and no other', () => {
    const shape = { T: 4, B: 3, I: 5, H: 9 };
    const p = problem(name, shape, 3);
    const [t, b] = [1, 1];
    p.given.x![(t * shape.B + b) * shape.I] = Number.NaN;
    for (const build of builds) {
      const { out } = infer(build, p, 2);
      for (const [i, v] of out.y!.entries()) {
        const row = Math.floor(i / shape.H);
        const hit = row % shape.B === b && row >= t * shape.B;
        expect(Number.isNaN(v), `${build}: y[${i}]`).toBe(hit);
      }
    }
  });
});

describe.each(names)('%s: watched', (name) => {
  const shape = { T: 4, B: 3, I: 5, H: 9, sizes: [3, 3, 2, 1] };
  const norm = (values: Iterable<number>) => Math.sqrt([...values].reduce((sum, v) => sum + v * v, 0));

  test('norms of what comes to each step and of what it passes on; the same bits as unwatched', () => {
    const p = problem(name, shape, 41);
    const { T, B, I, H, sizes } = shape;
    for (const build of builds) {
      const kept = train(build, p).out;
      const plain = backward(build, p, kept).out;
      const { flow, ...watched } = backward(build, p, kept, '', { clip: 0, flow: true }).out;
      for (const [key, values] of Object.entries(plain))
        expectSame(watched[key]!, values, `${build}: ${key}`);
      let row = sizes.reduce((a, b) => a + b);
      const coming = Float32Array.from(p.given.dState!);
      for (let t = T - 1; t >= 0; t--) {
        const m = sizes[t]!;
        row -= m;
        const before = t ? sizes[t - 1]! : B;
        const from = row + B - before;
        // the step alone
        const slice = (values: ArrayLike<number>, width: number, first: number, rows: number) =>
          Float64Array.from(Array.prototype.slice.call(values, first * width, (first + rows) * width));
        const step: Problem = {
          name,
          shape: { T: 1, B: m, I, H },
          given: {
            ...p.given,
            x: slice(p.given.x!, I, row, m),
            dy: slice(p.given.dy!, H, row, m),
            state0: slice(kept.states!, H, from, m),
            dState: slice(coming, H, 0, m),
          },
        };
        const { out } = backward(build, step, train(build, step).out);
        coming.set(out.dState!);
        const [came, all, passed] = flow!.subarray(t * 3, t * 3 + 3);
        const wanted = norm(arrived(step));
        expect(Math.abs(came! - wanted) / wanted, `${build}, step ${t}: came`).toBeLessThan(1e-5);
        expect(all, `${build}, step ${t}: all states`).toBe(came);
        expect(passed, `${build}, step ${t}: passed on`).toBeCloseTo(norm(out.dState!), 5);
      }
    }
  });

  test('a limit of each row: what is above comes to it, what is below keeps its bits', () => {
    const p = problem(name, { T: 1, B: 3, I: 5, H: 9 }, 43);
    const { H } = p.shape;
    // of the first row nothing passes the limit
    for (const key of ['dy', 'dState']) for (let j = 0; j < H; j++) p.given[key]![j]! *= 1e-3;
    const limit = 0.25;
    for (const build of builds) {
      const kept = train(build, p).out;
      const free = backward(build, p, kept).out.dState!;
      const clipped = backward(build, p, kept, '', { clip: limit, flow: true }).out;
      const came = arrived(p);
      const norms = [0, 1, 2].map((b) => norm(came.subarray(b * H, (b + 1) * H)));
      expect(norms[0]).toBeLessThan(limit);
      expect(Math.min(norms[1]!, norms[2]!)).toBeGreaterThan(limit);
      expectSame(clipped.dState!.subarray(0, H), free.subarray(0, H), `${build}: row 0`);
      expect(clipped.flow![0], build).toBeCloseTo(norm([norms[0]!, limit, limit]), 5);
      if (name === 'sru') continue;
      // of the others dState is linear in what came
      for (const b of [1, 2]) {
        const part = (values: Float32Array) => values.subarray(b * H, (b + 1) * H);
        const scaled = Float64Array.from(part(free), (v) => (v * limit) / norms[b]!);
        expectClose(part(clipped.dState!), scaled, 1e-5, `${build}: row ${b}`);
      }
    }
  });
});

/** dL/dh of a problem of one step, or SRU's dL/dc, with what dy brings. */
function arrived(p: Problem): Float64Array {
  const { I, H } = p.shape;
  return p.given.dState!.map((d, i) => {
    const dy = p.given.dy![i]!;
    if (p.name !== 'sru') return d + dy;
    const [b, j] = [Math.floor(i / H), i % H];
    let a = (p.given.bIh![H + j] ?? 0) + p.given.v![H + j]! * p.given.state0![i]!;
    for (let k = 0; k < I; k++) a += p.given.x![b * I + k]! * p.given.wIh![(2 * H + j) * I + k]!;
    return d + dy / (1 + Math.exp(-a));
  });
}
