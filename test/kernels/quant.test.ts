import { describe, expect, test } from 'vitest';
import { isExact } from '../../src/quant/exact.ts';
import { type Int8Rows, type MatrixSpec, pack, quantWork, unpack } from '../../src/quant/matrix.ts';
import type { QuantCalls } from '../../src/wasm/generated/quantCalls.ts';
import { sigmoid } from '../reference/math.ts';
import { quantLinear } from '../reference/quant.ts';
import { generator, uniform } from '../reference/random.ts';
import { some } from '../thorough.ts';
import { relaxedIsSupported, wasmBytes } from './binaries.ts';
import { expectClose, expectSame } from './closeness.ts';
import { type BuildName, type Placement, Sandbox } from './sandbox.ts';

const relaxed = relaxedIsSupported && isExact(new WebAssembly.Module(wasmBytes('relaxed quant')));
const builds: BuildName[] = ['checked quant', 'simd quant', ...(relaxed ? (['relaxed quant'] as const) : [])];

/** Rows, outputs, inputs: every tail of 8 outputs and 16 inputs, one row, pairs of rows, more than 32 rows. */
const shapes = some(
  [
    ...[1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 17].map((n) => [3, n, 16] as const),
    ...[1, 2, 3, 4, 5, 11, 15, 16, 17, 31, 33, 47, 64].map((k) => [2, 9, k] as const),
    ...[
      [1, 21, 40] as const,
      [31, 6, 5] as const,
      [33, 5, 18] as const,
      [70, 3, 3] as const,
      [0, 3, 4] as const,
    ],
  ],
  3,
);

interface Matrix extends MatrixSpec, Int8Rows {
  readonly packed: Float32Array<ArrayBuffer>;
}

function matrix(n: number, k: number, next: () => number): Matrix {
  // −128 and 127 among them
  const values = Int8Array.from({ length: n * k }, (_, i) =>
    i % 7 === 0 ? -128 : Math.floor(next() * 256) - 128,
  );
  if (values.length > 1) values[1] = 127;
  const scales = Float32Array.from(uniform(next, n), (v) => Math.abs(v) / 100);
  const spec = { name: 'w', shape: [n, k] };
  return { ...spec, values, scales, packed: pack({ values, scales }, spec) };
}

/** The bits of packed weights, which may look like any NaN. */
function place(sandbox: Sandbox, name: string, { packed }: Matrix, at: Placement = 'guarded'): number {
  return sandbox.indices(name, new Int32Array(packed.buffer), at);
}

const quant = (sandbox: Sandbox, call: (kernels: QuantCalls) => void) =>
  sandbox.run((kernels) => call(kernels as unknown as QuantCalls));

const draw = (next: () => number, length: number) => Float32Array.from(uniform(next, length, 3));

function linear(
  build: BuildName,
  m: number,
  w: Matrix,
  planes: number,
  x: Float32Array,
  b?: Float32Array,
  flush = '',
) {
  const [n, k] = w.shape as [number, number];
  const work = quantWork(k, planes);
  const sandbox = new Sandbox(build, 4 * (x.length + w.packed.length + n + m * n) + work);
  const at = (name: string): Placement => (name === flush ? 'flush' : 'guarded');
  const [px, pw] = [sandbox.input('x', x, at('x')), place(sandbox, 'w', w, at('w'))];
  const pb = b ? sandbox.input('b', b, at('b')) : 0;
  const y = sandbox.output('y', m * n, at('y'));
  const scratch = sandbox.work(work, at('work'));
  quant(sandbox, (kernels) => kernels.quant_linear(m, n, k, planes, px, pw, pb, y, scratch));
  return sandbox.read(y, m * n);
}

function expected(m: number, w: Matrix, planes: number, x: Float32Array, b?: Float32Array): Float32Array {
  const k = w.shape[1]!;
  const rows = Array.from({ length: m }, (_, i) => x.subarray(i * k, (i + 1) * k));
  return Float32Array.from(
    rows.flatMap((row) => [...quantLinear(row, planes, w.values, w.scales, (j) => b?.[j])]),
  );
}

describe('quant_linear', () => {
  for (const planes of [1, 2]) {
    for (const [m, n, k] of shapes) {
      test(`quant_linear m=${m} n=${n} k=${k}, planes ${planes}: the bits of the reference in every build`, () => {
        const next = generator(m + 100 * n + 10_000 * k);
        const w = matrix(n, k, next);
        const x = draw(next, m * k);
        const b = draw(next, n);
        for (const build of builds) {
          expectSame(linear(build, m, w, planes, x, b), expected(m, w, planes, x, b), build);
          expectSame(linear(build, m, w, planes, x), expected(m, w, planes, x), `${build} no bias`);
        }
      });
    }

    test(`planes ${planes}: each operand as the last bytes of the memory`, () => {
      const next = generator(planes);
      const w = matrix(11, 21, next);
      const [x, b] = [draw(next, 3 * 21), draw(next, 11)];
      for (const build of builds)
        for (const flush of ['x', 'w', 'b', 'y', 'work'])
          expectSame(
            linear(build, 3, w, planes, x, b, flush),
            expected(3, w, planes, x, b),
            `${build} ${flush}`,
          );
    });

    test(`planes ${planes}: sums of the largest products are exact`, () => {
      // 1024: most inputs for which 14 bits are multiplied whole
      for (const k of [1024, 1025, 4096]) {
        const values = new Int8Array(8 * k).map((_, i) => (i < k ? -128 : 127));
        const scales = new Float32Array(8).fill(1);
        const spec = { name: 'w', shape: [8, k] };
        const w = { ...spec, values, scales, packed: pack({ values, scales }, spec) };
        for (const x of [
          new Float32Array(k).fill(2),
          Float32Array.from({ length: k }, (_, i) => (i % 2 ? 5 : -5)),
        ])
          for (const build of builds)
            expectSame(linear(build, 1, w, planes, x), expected(1, w, planes, x), `${build} ${k}`);
      }
    });

    test(`planes ${planes}: whole and in two parts, one row, pairs and one more`, () => {
      for (const k of [1024, 1029]) {
        const next = generator(k);
        const w = matrix(13, k, next);
        const x = draw(next, 3 * k);
        for (const build of builds)
          for (const m of [1, 3])
            expectSame(
              linear(build, m, w, planes, x.slice(0, m * k)),
              expected(m, w, planes, x.slice(0, m * k)),
              `${build} ${m} ${k}`,
            );
      }
    });

    test(`planes ${planes}: zeros give the bias, tiny rows too, NaN and infinity reach exactly their row`, () => {
      const next = generator(3);
      const w = matrix(5, 7, next);
      const b = draw(next, 5);
      for (const build of builds) {
        expectSame(linear(build, 1, w, planes, new Float32Array(7), b), b, build);
        expectSame(linear(build, 1, w, planes, new Float32Array(7).fill(1e-40), b), b, build);
        for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
          const x = draw(next, 3 * 7);
          x[9] = bad;
          const y = linear(build, 3, w, planes, x, b);
          const clean = expected(3, w, planes, x.with(9, 0), b);
          for (const row of [0, 2])
            expectSame(y.subarray(row * 5, row * 5 + 5), clean.subarray(row * 5, row * 5 + 5), build);
          expect(
            y.subarray(5, 10).every((v) => !Number.isFinite(v)),
            `${build} ${bad}`,
          ).toBe(true);
        }
      }
    });
  }

  test('what is packed is unpacked, in another order too', () => {
    const next = generator(8);
    for (const [n, k] of [
      [1, 1],
      [9, 17],
      [6, 33],
    ] as const) {
      const { values, scales } = matrix(n, k, next);
      const order = { row: (r: number) => (r + 2) % n, column: (c: number) => k - 1 - c };
      for (const spec of [
        { name: 'w', shape: [n, k] },
        { name: 'w', shape: [n, k], order },
      ]) {
        const again = unpack(pack({ values, scales }, spec), spec);
        expect([...again.values]).toEqual([...values]);
        expect([...again.scales]).toEqual([...scales]);
      }
    }
  });
});

test.runIf(relaxed)('relaxed products of all forms have the bits of the reference', () => {
  // what the sum of four products is where sums of two saturate, as x64 without VNNI does them, and with it
  const [saturated, exact] = [[0x41, 0xfe, 0xff, 0x03] as const, [0x41, 0x84, 0xf4, 0x07] as const];
  const bytes = wasmBytes('relaxed quant');
  const at = bytes.findIndex((_, i) => saturated.every((byte, j) => bytes[i + j] === byte));
  expect(at).toBeGreaterThan(0);
  const next = generator(12);
  for (const k of [5, 48, 1030]) {
    const [m, n] = [3, 13];
    const w = matrix(n, k, next);
    const x = draw(next, m * k);
    for (const sum of [saturated, exact]) {
      bytes.set(sum, at);
      const memory = new WebAssembly.Memory({ initial: 8, maximum: 8 });
      const module = new WebAssembly.Module(bytes);
      const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as QuantCalls;
      const f32 = new Float32Array(memory.buffer);
      const [px, pw, py, work] = [65_536, 131_072, 196_608, 200_704];
      f32.set(x, px / 4);
      new Int32Array(memory.buffer).set(new Int32Array(w.packed.buffer), pw / 4);
      for (const planes of [1, 2])
        for (const rows of [1, m]) {
          kernels.quant_linear(rows, n, k, planes, px, pw, 0, py, work);
          const y = f32.slice(py / 4, py / 4 + rows * n);
          expectSame(y, expected(rows, w, planes, x.slice(0, rows * k)), `${sum} ${k} ${planes} ${rows}`);
        }
    }
  }
});

test('quant_gather: the rows of the matrix as floats', () => {
  const next = generator(5);
  for (const k of [1, 5, 16, 35]) {
    const w = matrix(11, k, next);
    const index = [10, 0, 7, 8, 0];
    for (const build of builds) {
      const sandbox = new Sandbox(build, 4 * (w.packed.length + 5 + 5 * k));
      const [pw, pi] = [place(sandbox, 'w', w), sandbox.indices('index', index)];
      const y = sandbox.output('y', 5 * k, 'flush');
      quant(sandbox, (kernels) => kernels.quant_gather(5, 11, k, pw, pi, y));
      const rows = index.flatMap((row) =>
        [...w.values.subarray(row * k, (row + 1) * k)].map((v) => v * w.scales[row]!),
      );
      expectSame(sandbox.read(y, 5 * k), Float32Array.from(rows), `${build} ${k}`);
    }
  }
});

const KINDS = { tanh: 0, relu: 1, gru: 2, lstm: 3 } as const;
type Kind = keyof typeof KINDS;
interface Cell {
  readonly kind: Kind;
  readonly I: number;
  readonly H: number;
  readonly wIh: Matrix;
  readonly wHh: Matrix;
  readonly bias: Float32Array;
}

function cell(kind: Kind, I: number, H: number): Cell {
  const next = generator(I + 10 * H);
  const gates = kind === 'lstm' ? 4 : kind === 'gru' ? 3 : 1;
  const [wIh, wHh] = [matrix(gates * H, I, next), matrix(gates * H, H, next)];
  return { kind, I, H, wIh, wHh, bias: draw(next, (gates === 1 ? 1 : 4) * H) };
}

/** T steps: y, then h and c. */
function recurrent(
  build: BuildName,
  c: Cell,
  planes: number,
  T: number,
  B: number,
  x: Float32Array,
  h: Float32Array,
  cs: Float32Array,
  chunk: number,
  sizes?: number[],
) {
  const { kind, I, H } = c;
  const N = x.length / I;
  const width = kind === 'lstm' || kind === 'gru' ? 4 : 1;
  const work = quantWork(Math.max(I, H), planes);
  const floats =
    x.length +
    c.wIh.packed.length +
    c.wHh.packed.length +
    4 * H +
    2 * B * H +
    N * H +
    chunk * B * width * H +
    T;
  const sandbox = new Sandbox(build, 4 * floats + work);
  const rows = sizes ? sandbox.indices('sizes', sizes) : 0;
  const [px, pi, ph] = [sandbox.input('x', x), place(sandbox, 'wIh', c.wIh), place(sandbox, 'wHh', c.wHh)];
  const bias = sandbox.input('bias', c.bias);
  const [hAt, cAt] = [sandbox.output('h', h), sandbox.output('c', cs)];
  const [y, gates] = [sandbox.output('y', N * H), sandbox.output('gates', chunk * B * width * H)];
  const scratch = sandbox.work(work, 'flush');
  // biome-ignore format: the order of the kernel's arguments
  quant(sandbox, (kernels) => kernels.quant_recurrent(
    KINDS[kind], T, B, I, H, planes, rows, px, pi, ph, bias, hAt, cAt, y, gates, chunk, scratch,
  ));
  return { y: sandbox.read(y, N * H), h: sandbox.read(hAt, B * H), c: sandbox.read(cAt, B * H) };
}

/** One step of one row, from products in their bits. */
function step(
  { kind, I, H, wIh, wHh, bias }: Cell,
  planes: number,
  x: Float32Array,
  h: Float32Array,
  c: Float32Array,
) {
  const input = quantLinear(x.subarray(0, I), planes, wIh.values, wIh.scales, (j) => bias[j]);
  if (kind === 'gru') {
    const start = [...input.subarray(H), ...bias.subarray(3 * H)];
    const a = quantLinear(h, planes, wHh.values, wHh.scales, (j) => start[j]);
    return Float64Array.from(h, (old, j) => {
      const [r, z] = [sigmoid(a[j]!), sigmoid(a[H + j]!)];
      const n = Math.tanh(input[j]! + r * a[2 * H + j]!);
      return n + z * (old - n);
    });
  }
  const a = quantLinear(h, planes, wHh.values, wHh.scales, (j) => input[j]);
  if (kind === 'lstm')
    return Float64Array.from(h, (_, j) => {
      const state = sigmoid(a[H + j]!) * c[j]! + sigmoid(a[j]!) * Math.tanh(a[2 * H + j]!);
      return sigmoid(a[3 * H + j]!) * Math.tanh(state);
    });
  return Float64Array.from(a, (v) => (kind === 'tanh' ? Math.tanh(v) : Math.max(v, 0)));
}

describe.each(Object.keys(KINDS) as Kind[])('quant_recurrent %s', (kind) => {
  const sizes = some(
    [
      [1, 1],
      [3, 5],
      [7, 8],
      [16, 17],
      [20, 13],
      [33, 4],
    ] as const,
    2,
  );

  test.each(sizes)('I %i, H %i: one step from the bits of its products', (I, H) => {
    const c = cell(kind, I, H);
    const next = generator(I);
    const [x, h, cs] = [draw(next, I), draw(next, H), draw(next, H)];
    for (const planes of [1, 2])
      for (const build of builds) {
        const { y } = recurrent(build, c, planes, 1, 1, x, h, cs, 1);
        // of a single unit 8.2e-7 with relaxed gates
        const most = build.startsWith('relaxed') ? 2e-6 : 3e-7;
        expectClose(y, step(c, planes, x, h, cs), most, `${build} ${planes}`);
      }
  });

  test('gates of any size, and NaN', () => {
    const c = cell(kind, 3, 6);
    const next = generator(6);
    const [h, cs] = [draw(next, 6), draw(next, 6)];
    for (const size of [1e-20, 30, 200, 1e30]) {
      const x = draw(next, 3).map((v) => v * size);
      for (const build of builds) {
        const { y } = recurrent(build, c, 2, 1, 1, x, h, cs, 1);
        expectClose(y, step(c, 2, x, h, cs), 2e-6, `${build} ${size}`);
      }
    }
    for (const build of builds) {
      const { y } = recurrent(build, c, 2, 1, 1, Float32Array.of(0, Number.NaN, 0), h, cs, 1);
      if (kind !== 'relu') expect(y.every(Number.isNaN), build).toBe(true);
    }
  });

  test.each(sizes)(
    'I %i, H %i: T steps of B rows have the bits of single steps of single rows, ragged too',
    (I, H) => {
      const c = cell(kind, I, H);
      const next = generator(H);
      const lengths = [4, 3, 1];
      const [T, B] = [4, 3];
      const x = draw(next, T * B * I);
      const [h0, c0] = [draw(next, B * H), draw(next, B * H)];
      for (const planes of [1, 2])
        for (const build of builds.slice(1)) {
          const rowByRow = lengths.map((_, b) => {
            let [h, cs]: [Float32Array, Float32Array] = [
              h0.slice(b * H, (b + 1) * H),
              c0.slice(b * H, (b + 1) * H),
            ];
            return Array.from({ length: T }, (_, t) => {
              const at = (t * B + b) * I;
              const one = recurrent(build, c, planes, 1, 1, x.slice(at, at + I), h, cs, 1);
              [h, cs] = [one.h, one.c];
              return one;
            });
          });
          for (const chunk of [1, 3, 4]) {
            const whole = recurrent(build, c, planes, T, B, x, h0, c0, chunk);
            for (let t = 0; t < T; t++)
              for (let b = 0; b < B; b++)
                expectSame(
                  whole.y.slice((t * B + b) * H, (t * B + b + 1) * H),
                  rowByRow[b]![t]!.y,
                  `${build} ${t} ${b}`,
                );
          }
          const counts = [3, 2, 2, 1];
          const packed = counts.flatMap((m, t) => [...x.subarray(t * B * I, (t * B + m) * I)]);
          const ragged = recurrent(build, c, planes, T, B, Float32Array.from(packed), h0, c0, 2, counts);
          for (const [b, length] of lengths.entries()) {
            const last = rowByRow[b]![length - 1]!;
            expectSame(ragged.h.slice(b * H, (b + 1) * H), last.h, `${build} last h of ${b}`);
            if (kind === 'lstm')
              expectSame(ragged.c.slice(b * H, (b + 1) * H), last.c, `${build} last c of ${b}`);
          }
        }
    },
  );
});
