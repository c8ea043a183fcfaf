import { describe, expect, test } from 'vitest';
import { slstmBackwardWork, slstmWork } from '../../src/layers/cells/slstm.ts';
import { numericGradient, relativeError } from '../reference/gradcheck.ts';
import { generator, uniform } from '../reference/random.ts';
import { backward, forward, type SlstmParams } from '../reference/slstm.ts';
import { some } from '../thorough.ts';
import { expectClose, expectSame, rounded, subnormals } from './closeness.ts';
import { KernelCall } from './kernelCall.ts';
import { type BuildName, variants as builds, Sandbox } from './sandbox.ts';
import { lastStates, type Shape as Rows, rowOfSteps, rowsOf, sizesOf } from './scanTester.ts';

interface Shape extends Rows {
  heads?: number;
  exponential?: boolean;
}

const STATES = ['h', 'c', 'n', 'm'] as const;
type Given = Record<string, Float64Array>;
type Tensors = Record<string, Float32Array>;
interface Problem {
  shape: Shape;
  /** Float32 values: x, wIh, wHh, bIh, h0, c0, n0, m0, dy, dh, dc, dn; dwIh, dwHh, dbIh before the call. */
  given: Given;
}

function problem(shape: Shape, seed: number): Problem {
  const { B, I, H, heads = 1, accumulated = 0.5 } = shape;
  const N = rowsOf(shape);
  const next = generator(seed);
  const some = (length: number, size = 1) => rounded(uniform(next, length, size));
  const wHh = 4 * H * (H / heads);
  const given = {
    x: some(N * I),
    wIh: some(4 * H * I, 2 / Math.sqrt(I)),
    wHh: some(wHh, 1 / Math.sqrt(H / heads)),
    bIh: some(4 * H),
    ...{ h0: some(B * H), c0: some(B * H), n0: some(B * H).map((v) => Math.abs(v) + 1), m0: some(B * H) },
    ...{ dy: some(N * H), dh: some(B * H), dc: some(B * H), dn: some(B * H) },
    dwIh: some(4 * H * I, accumulated),
    dwHh: some(wHh, accumulated),
    dbIh: some(4 * H, accumulated),
  };
  return { shape, given };
}

function paramsOf({ shape, given: g }: Problem): SlstmParams {
  const { I, H, heads = 1, exponential = false, bias = true } = shape;
  const own = { weightIh: g.wIh!, weightHh: g.wHh!, biasIh: bias ? g.bIh : undefined };
  return { inputSize: I, hiddenSize: H, heads, exponential, ...own };
}

function statesOf({ given: g }: Problem) {
  return { h: g.h0!, c: g.c0!, n: g.n0!, m: g.m0! };
}

/** What the kernels give; gradients of parameters without what they are added to. */
function reference(p: Problem): Given {
  const { given: g, shape } = p;
  const sizes = sizesOf(shape);
  const pass = forward(paramsOf(p), g.x!, statesOf(p), sizes);
  const dy = shape.dy === false ? new Float64Array(g.dy!.length) : g.dy!;
  const back = backward(paramsOf(p), g.x!, pass, dy, { h: g.dh!, c: g.dc!, n: g.dn! }, sizes);
  return {
    y: pass.output,
    ...Object.fromEntries(STATES.map((name) => [`${name}N`, pass.last[name]])),
    dx: back.dX,
    ...{ dh: back.dStates0.h, dc: back.dStates0.c, dn: back.dStates0.n },
    ...{ dwIh: back.dWeightIh, dwHh: back.dWeightHh, dbIh: back.dBiasIh },
  };
}

class Call extends KernelCall {
  readonly #shape: Shape;

  constructor(build: BuildName, p: Problem, work: number, flush: string, chunk = 0) {
    const { B, I, H } = p.shape;
    const N = rowsOf(p.shape) + chunk * B;
    const floats = N * (2 * I + 12 * H + 1) + 9 * H * (I + H + 4) + 24 * B * H;
    super(new Sandbox(build, 4 * floats + work), p.given, flush);
    this.#shape = p.shape;
  }

  /** T to x, W_ih, W_hh and, unless it is the backward pass, b_ih. */
  head(withBias: boolean, packed = false): number[] {
    const { T, B, I, H, heads = 1, exponential = false, sizes, bias = true } = this.#shape;
    const at = this.indices('sizes', sizes);
    const weights = packed ? [0, 0] : [this.input('wIh'), this.input('wHh')];
    const biasAt = withBias ? [bias ? this.input('bIh') : 0] : [];
    return [T, B, I, H, heads, exponential ? 1 : 0, at, this.input('x'), ...weights, ...biasAt];
  }

  run(kernel: 'slstm_forward' | 'slstm_forward_train' | 'slstm_backward', args: number[]): Tensors {
    this.sandbox.run((kernels) => (kernels[kernel] as (...args: number[]) => void)(...args) ?? 0);
    return this.read();
  }
}

/** y, hN, cN, nN, mN; then with the weights packed before: yAgain, hNAgain, … */
function infer(build: BuildName, p: Problem, chunk: number, flush = '', names: string[] = []): Tensors {
  const { B, I, H, heads = 1 } = p.shape;
  const bytes = slstmWork(I, H, heads);
  const call = new Call(build, p, 2 * bytes, flush, chunk);
  const gates = call.output('gates', chunk * B * 4 * H);
  const work = call.work(bytes);
  const head = call.head(true);
  let out: Tensors = {};
  for (const packed of [0, 1]) {
    const suffix = packed ? 'Again' : '';
    const states = STATES.map((name) => call.output(`${name}N${suffix}`, p.given[`${name}0`]!));
    const y = call.output(`y${suffix}`, rowsOf(p.shape) * H);
    const args = head.map((value, i) => (packed && (i === 8 || i === 9) ? 0 : value));
    out = call.run('slstm_forward', [...args, ...states, y, gates, chunk, packed, work]);
  }
  names.push(...call.names);
  const { gates: _, ...rest } = out;
  return rest;
}

/** h, c, n, m [B + N, H]; kept [N, 4H]. */
function train(build: BuildName, p: Problem, flush = '', names: string[] = []): Tensors {
  const { B, I, H, heads = 1 } = p.shape;
  const N = rowsOf(p.shape);
  const bytes = slstmWork(I, H, heads);
  const call = new Call(build, p, bytes, flush);
  const head = call.head(true);
  const states = STATES.map((name) => {
    const all = new Float64Array((B + N) * H).fill(Number.NaN);
    all.set(p.given[`${name}0`]!);
    return call.output(name, all);
  });
  const out = call.run('slstm_forward_train', [
    ...[...head, ...states, call.output('kept', N * 4 * H)],
    call.work(bytes),
  ]);
  names.push(...call.names);
  return out;
}

/** da, dh, dc, dn, dx, dwIh, dwHh, dbIh; flow [T, 3] where it is asked for. */
function back(
  build: BuildName,
  p: Problem,
  kept: Tensors,
  flush = '',
  names: string[] = [],
  clip?: number,
): Tensors {
  const { T, I, H, heads = 1, bias = true, dy = true, dx = true } = p.shape;
  const N = rowsOf(p.shape);
  const bytes = slstmBackwardWork(N, I, H, heads);
  const call = new Call(build, p, bytes, flush);
  const args = call.head(false);
  args.push(call.output('hKept', kept.h!), ...STATES.slice(1).map((name) => call.input(name, kept[name]!)));
  args.push(call.output('da', kept.kept!), dy ? call.input('dy') : 0);
  args.push(...['dh', 'dc', 'dn'].map((name) => call.output(name, p.given[name]!)));
  args.push(dx ? call.output('dx', N * I) : 0);
  args.push(call.output('dwIh', p.given.dwIh!), call.output('dwHh', p.given.dwHh!));
  args.push(bias ? call.output('dbIh', p.given.dbIh!) : 0);
  const flow = clip === undefined ? 0 : call.output('flow', T * 3);
  const pointer = new Float32Array(Int32Array.of(flow).buffer)[0]!;
  args.push(clip === undefined ? 0 : call.input('watch', [clip, pointer]), call.work(bytes));
  const { hKept: _, ...out } = call.run('slstm_backward', args);
  names.push(...call.names);
  return out;
}

const shapes: Shape[] = [
  { T: 1, B: 1, I: 1, H: 1 },
  ...[1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 17, 33].map((H) => ({ T: 3, B: 4, I: 6, H })),
  ...[1, 2, 5, 13].map((B) => ({ T: 3, B, I: 5, H: 10 })),
  { T: 7, B: 3, I: 21, H: 6 },
  { T: 3, B: 3, I: 5, H: 10, exponential: true },
  { T: 4, B: 3, I: 5, H: 12, heads: 3 },
  { T: 4, B: 3, I: 5, H: 10, heads: 10, exponential: true },
  { T: 3, B: 2, I: 3, H: 22, heads: 2 },
  { T: 2, B: 5, I: 300, H: 9 },
  { T: 9, B: 33, I: 6, H: 7 },
  { T: 2, B: 2, I: 3, H: 132, heads: 4 },
  { T: 3, B: 3, I: 5, H: 10, bias: false },
  { T: 3, B: 3, I: 5, H: 10, dy: false },
  { T: 3, B: 3, I: 5, H: 10, dx: false },
  { T: 5, B: 4, I: 5, H: 10, sizes: [4, 3, 3, 1, 1] },
  { T: 4, B: 6, I: 3, H: 8, heads: 2, exponential: true, sizes: [4, 4, 2, 1] },
];

const label = ({ shape }: Problem) => JSON.stringify(shape);

describe('forward, forward_train, backward against the float64 reference', () => {
  test.each(some(shapes, 8))('%j', (shape) => {
    const p = problem(shape, 7 + shapes.indexOf(shape));
    const expected = reference(p);
    const { B, H, T } = shape;
    for (const build of builds) {
      const kept = train(build, p);
      for (const chunk of [2, T + 3]) {
        const out = infer(build, p, chunk);
        expectSame(out.y!, kept.h!.subarray(B * H), `${build}, chunk ${chunk}: y as trained`);
        expectClose(out.y!, expected.y!, 1e-5, `${build}: y`);
        for (const name of ['y', ...STATES.map((state) => `${state}N`)]) {
          expectClose(out[name]!, expected[name]!, 1e-5, `${build}: ${name}`);
          expectSame(out[`${name}Again`]!, out[name]!, `${build}: ${name}, packed before`);
        }
        for (const state of STATES) {
          expectSame(out[`${state}N`]!, lastStates(shape, kept[state]!), `${build}: ${state}N as trained`);
        }
      }
      const { da: _, ...gradients } = back(build, p, kept);
      for (const [name, values] of Object.entries(gradients)) {
        const before = name.startsWith('dw') || name === 'dbIh' ? p.given[name] : undefined;
        const added = before ? values.map((v, i) => v - before[i]!) : values;
        expectClose(added, expected[name]!, 1e-4, `${build}: ${name}`);
      }
    }
  });
});

test.each<Shape>([
  { T: 3, B: 3, I: 5, H: 7 },
  { T: 2, B: 2, I: 3, H: 6, heads: 3, exponential: true },
  { T: 4, B: 3, I: 3, H: 13, sizes: [3, 2, 2, 1] },
])('each buffer in turn at the end of memory: %j', (shape) => {
  const p = problem(shape, 3);
  for (const build of builds) {
    const kept = train(build, p);
    const calls = [
      (flush: string, names?: string[]) => infer(build, p, 2, flush, names),
      (flush: string, names?: string[]) => train(build, p, flush, names),
      (flush: string, names?: string[]) => back(build, p, kept, flush, names),
    ];
    for (const call of calls) {
      const names: string[] = [];
      const guarded = call('', names);
      expect(names.length).toBeGreaterThan(8);
      for (const flush of names) {
        const out = call(flush);
        for (const [key, values] of Object.entries(guarded)) {
          expectSame(out[key]!, values, `${build}, ${label(p)}, ${flush} last: ${key}`);
        }
      }
    }
  }
});

test('a row alone gives the bits it gives in a batch', () => {
  const shape: Shape = { T: 4, B: 5, I: 5, H: 10, heads: 2, sizes: [5, 4, 2, 2] };
  const p = problem(shape, 21);
  const { I, H } = shape;
  for (const build of builds) {
    const kept = train(build, p);
    const together: Tensors = { ...infer(build, p, 2), ...back(build, p, kept) };
    for (let b = 0; b < 5; b++) {
      const given = { ...p.given };
      for (const [name, width] of Object.entries({ x: I, dy: H })) {
        given[name] = Float64Array.from(rowOfSteps(shape, given[name]!, width, b));
      }
      for (const name of ['h0', 'c0', 'n0', 'm0', 'dh', 'dc', 'dn']) {
        given[name] = given[name]!.slice(b * H, (b + 1) * H);
      }
      const { sizes: _, ...rest } = shape;
      const q = { shape: { ...rest, T: sizesOf(shape).filter((size) => size > b).length, B: 1 }, given };
      const single: Tensors = { ...infer(build, q, 2), ...back(build, q, train(build, q)) };
      for (const [key, width] of Object.entries({ y: H, da: 4 * H, dx: I })) {
        expectSame(single[key]!, rowOfSteps(shape, together[key]!, width, b), `${build}, row ${b}: ${key}`);
      }
      for (const key of ['hN', 'cN', 'nN', 'mN', 'dh', 'dc', 'dn']) {
        const row = together[key]!.subarray(b * H, (b + 1) * H);
        expectSame(single[key]!, row, `${build}, row ${b}: ${key}`);
      }
    }
  }
});

describe('far from 0', () => {
  const FAR = [-300, -20, 0, 20, 300];

  test.each([false, true])(
    'exponential %j: no gate overflows, from zero states and from others',
    (exponential) => {
      for (const build of builds) {
        for (const [i, f] of FAR.flatMap((a) => FAR.map((b) => [a, b] as const))) {
          for (const n0 of [0, 1.5]) {
            const p = problem({ T: 3, B: 1, I: 1, H: 1, bias: false, accumulated: 0, exponential }, 1);
            p.given.x!.fill(1);
            p.given.wIh = Float64Array.of(i, f, 0.5, 1);
            p.given.wHh!.fill(0);
            p.given.n0!.fill(n0);
            if (n0 === 0) for (const name of ['h0', 'c0', 'm0']) p.given[name]!.fill(0);
            const expected = reference(p);
            const kept = train(build, p);
            const { da: _, ...found } = back(build, p, kept);
            for (const [key, v] of Object.entries({ ...infer(build, p, 1), ...found })) {
              const wanted = expected[key.replace('Again', '')]!;
              // m0 + ln f of a sum of hundreds has an ulp of 3e-5
              expectClose(v, wanted, 1e-3, `${build}, i ${i}, f ${f}, n0 ${n0}: ${key}`);
            }
          }
        }
      }
    },
  );
});

test('nothing kept is subnormal where c vanishes', () => {
  const p = problem({ T: 130, B: 2, I: 3, H: 5, dy: false, accumulated: 0 }, 11);
  p.given.wIh!.fill(0);
  p.given.wHh!.fill(0);
  p.given.bIh!.set([...Array(5).fill(0), ...Array(5).fill(-1), ...Array(10).fill(0)]);
  for (const build of builds) {
    const kept = train(build, p);
    const out = back(build, p, kept);
    for (const key of ['c', 'h', 'n', 'm']) expect(subnormals(kept[key]!), `${build}: ${key}`).toBe(0);
    for (const key of ['da', 'dc', 'dn', 'dh']) expect(subnormals(out[key]!), `${build}: ${key}`).toBe(0);
  }
});

test('NaN in x reaches its row from its step on, and no other', () => {
  const shape = { T: 4, B: 3, I: 5, H: 9 };
  const p = problem(shape, 3);
  p.given.x![(1 * 3 + 1) * 5] = Number.NaN;
  for (const build of builds) {
    for (const [i, v] of infer(build, p, 2).y!.entries()) {
      const row = Math.floor(i / 9);
      expect(Number.isNaN(v), `${build}: y[${i}]`).toBe(row % 3 === 1 && row >= 3);
    }
  }
});

test('watched: norms of all three gradients, the same bits', () => {
  const p = problem({ T: 1, B: 3, I: 5, H: 9, dy: false }, 41);
  const norm = (...parts: ArrayLike<number>[]) =>
    Math.sqrt(parts.flatMap((part) => [...Array.from(part)]).reduce((sum, v) => sum + v * v, 0));
  for (const build of builds) {
    const kept = train(build, p);
    const plain = back(build, p, kept);
    const { flow, ...watched } = back(build, p, kept, '', [], 0);
    for (const [key, values] of Object.entries(plain)) expectSame(watched[key]!, values, `${build}: ${key}`);
    const { dh, dc, dn } = p.given;
    const wanted = [norm(dh!), norm(dh!, dc!, dn!), norm(plain.dh!, plain.dc!, plain.dn!)];
    expectClose(flow!, wanted, 1e-6, build);
  }
});

test.each<Shape>([
  { T: 3, B: 3, I: 3, H: 4 },
  { T: 4, B: 3, I: 4, H: 6, heads: 2, exponential: true, sizes: [3, 2, 2, 1] },
])('the reference against central differences, m held: %j', (shape) => {
  const p = problem(shape, 5);
  const g = p.given;
  const sizes = sizesOf(shape);
  const dLast = { h: g.dh!, c: g.dc!, n: g.dn! };
  const pass = forward(paramsOf(p), g.x!, statesOf(p), sizes);
  const found = backward(paramsOf(p), g.x!, pass, g.dy!, dLast, sizes);
  const loss = () => {
    const { output, last } = forward(paramsOf(p), g.x!, statesOf(p), sizes, pass.stabilizer);
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
    return dot(output, g.dy!) + dot(last.h, g.dh!) + dot(last.c, g.dc!) + dot(last.n, g.dn!);
  };
  const leaves: [string, Float64Array, Float64Array][] = [
    ['x', g.x!, found.dX],
    ['h0', g.h0!, found.dStates0.h],
    ['c0', g.c0!, found.dStates0.c],
    ['n0', g.n0!, found.dStates0.n],
    ['wIh', g.wIh!, found.dWeightIh],
    ['wHh', g.wHh!, found.dWeightHh],
    ['bIh', g.bIh!, found.dBiasIh],
  ];
  for (const [name, leaf, gradient] of leaves) {
    expect(relativeError(gradient, numericGradient(loss, leaf), 1e-2), name).toBeLessThan(1e-6);
  }
});
