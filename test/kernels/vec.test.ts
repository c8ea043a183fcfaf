import { describe, expect, test } from 'vitest';
import type { KernelCalls } from '../../src/wasm/generated/kernelCalls.ts';
import { gather, scatterAdd } from '../reference/embedding.ts';
import { ulpDiff32 } from '../reference/math.ts';
import { generator, uniform } from '../reference/random.ts';
import { some } from '../thorough.ts';
import { type BuildName, builds, Sandbox } from './sandbox.ts';

const SEED = 31_337;
const LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 33];
const { fround } = Math;

const special = [
  0,
  -0,
  1e-45,
  -1e-40,
  2 ** -126,
  1.5,
  -3,
  3.4e38,
  -3.4e38,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
];

function random(length: number, seed = SEED): Float32Array {
  return Float32Array.from(uniform(generator(seed + length), length, 2));
}

/** Special values in the order given by start, so that any lane meets any of them. */
function specials(length: number, start: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => special[(start + i) % special.length]!);
}

interface Elementwise {
  /** Buffers in the order of the arguments; `y` alone is written, and is an input too when `reads`. */
  readonly inputs: readonly string[];
  readonly reads: boolean;
  readonly call: (kernels: KernelCalls, n: number, at: Record<string, number>) => void;
  /** Rounded as the builds without fused instructions do. */
  readonly of: (inputs: readonly number[], y: number) => number;
  /** As a fused instruction rounds, where the relaxed build has one. */
  readonly fused?: (inputs: readonly number[], y: number) => number;
}

const S = fround(-0.3);
const LIMIT = 1.25;

const elementwise: Record<string, Elementwise> = {
  vec_fill: { inputs: [], reads: false, call: (k, n, at) => k.vec_fill(n, S, at.y!), of: () => S },
  vec_add: {
    inputs: ['a', 'b'],
    reads: false,
    call: (k, n, at) => k.vec_add(n, at.a!, at.b!, at.y!),
    of: ([a, b]) => fround(a! + b!),
  },
  vec_mul: {
    inputs: ['a', 'b'],
    reads: false,
    call: (k, n, at) => k.vec_mul(n, at.a!, at.b!, at.y!),
    of: ([a, b]) => fround(a! * b!),
  },
  vec_scale: {
    inputs: [],
    reads: true,
    call: (k, n, at) => k.vec_scale(n, S, at.y!),
    of: (_, y) => fround(S * y),
  },
  vec_axpy: {
    inputs: ['x'],
    reads: true,
    call: (k, n, at) => k.vec_axpy(n, S, at.x!, at.y!),
    of: ([x], y) => fround(fround(S * x!) + y),
    fused: ([x], y) => fround(S * x! + y),
  },
  vec_clamp: {
    inputs: [],
    reads: true,
    call: (k, n, at) => k.vec_clamp(n, LIMIT, at.y!),
    of: (_, y) => Math.max(Math.min(y, LIMIT), -LIMIT),
  },
};

for (const [name, kernel] of Object.entries(elementwise)) {
  describe(name, () => {
    const data: [string, (n: number, salt: number) => Float32Array][] = [
      ['random', (n, salt) => random(n, SEED + salt * 1000)],
      // twelve values: from each of these starts they meet other lanes
      ...[0, 3, 6, 9].map((start): [string, (n: number, salt: number) => Float32Array] => [
        `special from ${start}`,
        (n, salt) => specials(n, start + salt * 5),
      ]),
    ];
    for (const flush of ['', ...kernel.inputs, 'y']) {
      const where = flush ? `flush, ${flush} ends on the last byte of the memory` : 'guarded';
      test(`${name} ${where}: every tail, every value exact`, () => {
        for (const build of builds) {
          for (const n of LENGTHS) {
            for (const [what, draw] of some(flush ? data.slice(0, 2) : data, 2, n)) {
              const sandbox = new Sandbox(build, n * 4 * 3);
              const inputs = kernel.inputs.map((_, i) => draw(n, i));
              const before = draw(n, 2);
              const at: Record<string, number> = {};
              for (const [i, input] of kernel.inputs.entries()) {
                at[input] = sandbox.input(input, inputs[i]!, input === flush ? 'flush' : 'guarded');
              }
              at.y = sandbox.output('y', kernel.reads ? before : n, flush === 'y' ? 'flush' : 'guarded');
              sandbox.run((kernels) => kernel.call(kernels, n, at));
              const got = sandbox.read(at.y, n);
              for (let i = 0; i < n; i++) {
                const args = inputs.map((values) => values[i]!);
                expectElement(
                  kernel,
                  build,
                  got[i]!,
                  args,
                  before[i]!,
                  `${build} ${name} n=${n} ${what} [${i}]`,
                );
              }
            }
          }
        }
      });
    }

    test(`${name} identity: checked and simd have the same bits`, () => {
      for (const n of LENGTHS) {
        const [checked, simd] = (['checked', 'simd'] as const).map((build) => {
          const sandbox = new Sandbox(build, n * 4 * 3);
          const at: Record<string, number> = {};
          for (const [i, input] of kernel.inputs.entries()) at[input] = sandbox.input(input, random(n, i));
          at.y = sandbox.output('y', random(n, 77));
          sandbox.run((kernels) => kernel.call(kernels, n, at));
          return sandbox.bits(at.y, n);
        });
        expect(simd).toEqual(checked);
      }
    });
  });
}

function expectElement(
  { of, fused }: Elementwise,
  build: BuildName,
  got: number,
  inputs: readonly number[],
  y: number,
  what: string,
): void {
  const wanted = of(inputs, y);
  if (Object.is(got, wanted)) return;
  // the sum in float64 is rounded twice: one step from the fused one at most
  if (build === 'relaxed' && fused && ulpDiff32(got, fused(inputs, y)) <= 1) return;
  throw new Error(`${what} is ${got} instead of ${wanted}, seed ${SEED}`);
}

describe('in place', () => {
  for (const name of ['vec_add', 'vec_mul'] as const) {
    const op = (a: number, b: number) => fround(name === 'vec_add' ? a + b : a * b);
    test(`${name} in place: y may be a, b or both`, () => {
      for (const build of builds) {
        for (const n of LENGTHS) {
          const [a, b] = [random(n, 1), random(n, 2)];
          for (const which of ['a', 'b', 'both']) {
            const sandbox = new Sandbox(build, n * 8);
            const y = sandbox.output('y', which === 'b' ? b : a);
            const other = which === 'both' ? y : sandbox.input('other', which === 'b' ? a : b);
            sandbox.run((k) => (which === 'b' ? k[name](n, other, y, y) : k[name](n, y, other, y)));
            const wanted = a.map((v, i) => op(v, which === 'both' ? v : b[i]!));
            expect(sandbox.read(y, n), `${build} n=${n} ${which}`).toEqual(wanted);
          }
        }
      }
    });
  }
});

/** Four running sums, one a lane, then ((l0 + l1) + (l2 + l3)). */
function lanes(n: number, round: (x: number) => number, term: (i: number) => number): number {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) sums[i % 4] = round(sums[i % 4]! + term(i));
  return round(round(sums[0]! + sums[1]!) + round(sums[2]! + sums[3]!));
}

const reductions = {
  vec_sum: (k: KernelCalls, n: number, x: number) => k.vec_sum(n, x),
  vec_sum_squares: (k: KernelCalls, n: number, x: number) => k.vec_sum_squares(n, x),
  vec_max: (k: KernelCalls, n: number, x: number) => k.vec_max(n, x),
};

function reduce(
  build: BuildName,
  name: 'vec_sum' | 'vec_sum_squares' | 'vec_max',
  x: Float32Array,
  flush = false,
) {
  const sandbox = new Sandbox(build, x.length * 4);
  const ptr = sandbox.input('x', x, flush ? 'flush' : 'guarded');
  return sandbox.run((kernels) => reductions[name](kernels, x.length, ptr));
}

describe('vec_sum and vec_sum_squares', () => {
  const terms = {
    vec_sum: (x: number) => x,
    vec_sum_squares: (x: number) => x * x,
  };
  for (const name of ['vec_sum', 'vec_sum_squares'] as const) {
    test(`${name} tails: the float64 sum of four lanes to the bit, guarded and flush`, () => {
      for (const build of builds) {
        for (const n of [...LENGTHS, 1000, 1003]) {
          const x = random(n);
          const wanted = lanes(
            n,
            (v) => v,
            (i) => terms[name](x[i]!),
          );
          for (const flush of [false, true])
            expect(reduce(build, name, x, flush), `${build} n=${n}`).toBe(wanted);
        }
      }
    });

    test(`${name} cancellation: float64 keeps what float32 sums lose`, () => {
      const x = Float32Array.from([2 ** 60, 1, 1, 1, -(2 ** 60), 3, 4, 5]);
      // lane 0 cancels, the others do not meet it before
      const wanted = name === 'vec_sum' ? 15 : 2 ** 121;
      for (const build of builds) expect(reduce(build, name, x), build).toBe(wanted);
      const tiny = new Float32Array(4096).fill(2 ** -20);
      tiny[0] = 1;
      const exact = name === 'vec_sum' ? 1 + 4095 * 2 ** -20 : 1 + 4095 * 2 ** -40;
      for (const build of builds) expect(reduce(build, name, tiny), build).toBe(exact);
    });

    test(`${name} range: the largest and the smallest floats neither overflow nor vanish`, () => {
      for (const build of builds) {
        for (const value of [2 ** 127, 2 ** -149]) {
          const x = new Float32Array(5).fill(value);
          expect(reduce(build, name, x), build).toBe(5 * terms[name](value));
        }
      }
    });

    test(`${name} NaN and Inf: reach the result from any place`, () => {
      for (const build of builds) {
        for (const n of [1, 3, 4, 6, 9]) {
          for (let i = 0; i < n; i++) {
            const x = random(n);
            x[i] = Number.POSITIVE_INFINITY;
            expect(reduce(build, name, x), build).toBe(Number.POSITIVE_INFINITY);
            x[i] = Number.NaN;
            expect(reduce(build, name, x), build).toBeNaN();
          }
        }
      }
    });
  }
});

describe('vec_max', () => {
  test('vec_max tails: the largest in any place, guarded and flush', () => {
    for (const build of builds) {
      for (const n of LENGTHS.slice(1)) {
        for (let i = 0; i < n; i++) {
          const x = random(n).map((v) => v - 10);
          x[i] = -3.5;
          for (const flush of [false, true])
            expect(reduce(build, 'vec_max', x, flush), `${build} n=${n}`).toBe(-3.5);
        }
      }
    }
  });

  test('vec_max NaN and Inf: NaN in any place wins, Inf over numbers, -Inf under them', () => {
    for (const build of builds) {
      for (const n of [1, 2, 3, 4, 5, 7, 8, 17]) {
        for (let i = 0; i < n; i++) {
          const x = random(n);
          x[i] = Number.POSITIVE_INFINITY;
          expect(reduce(build, 'vec_max', x), build).toBe(Number.POSITIVE_INFINITY);
          x[i] = Number.NaN;
          expect(reduce(build, 'vec_max', x), `${build} n=${n} NaN at ${i}`).toBeNaN();
        }
        const low = new Float32Array(n).fill(Number.NEGATIVE_INFINITY);
        expect(reduce(build, 'vec_max', low), build).toBe(Number.NEGATIVE_INFINITY);
      }
    }
  });
});

describe('vec_dot', () => {
  function dot(build: BuildName, a: Float32Array, b: Float32Array, flush = '') {
    const n = a.length;
    const sandbox = new Sandbox(build, n * 8);
    const pa = sandbox.input('a', a, flush === 'a' ? 'flush' : 'guarded');
    const pb = sandbox.input('b', b, flush === 'b' ? 'flush' : 'guarded');
    return sandbox.run((kernels) => kernels.vec_dot(n, pa, pb));
  }

  test('vec_dot tails: four lanes to the bit, in bounds where fused, guarded and flush', () => {
    for (const build of builds) {
      for (const n of [...LENGTHS, 1001]) {
        const a = random(n, 5);
        const b = random(n, 6);
        let exact = 0;
        let abs = 0;
        for (let i = 0; i < n; i++) {
          exact += a[i]! * b[i]!;
          abs += Math.abs(a[i]! * b[i]!);
        }
        for (const flush of ['', 'a', 'b']) {
          const got = dot(build, a, b, flush);
          expect(Math.abs(got - exact), `${build} n=${n}`).toBeLessThanOrEqual((n + 2) * 2 ** -24 * abs);
          if (build !== 'relaxed') expect(got).toBe(lanes(n, fround, (i) => fround(a[i]! * b[i]!)));
        }
      }
    }
  });

  test('vec_dot NaN and Inf: NaN from any place, Inf · 0 is NaN', () => {
    for (const build of builds) {
      for (const n of [1, 3, 4, 6, 9]) {
        for (let i = 0; i < n; i++) {
          const a = random(n, 5);
          const b = random(n, 6);
          a[i] = Number.POSITIVE_INFINITY;
          b[i] = 2;
          expect(dot(build, a, b), build).toBe(Number.POSITIVE_INFINITY);
          b[i] = 0;
          expect(dot(build, a, b), build).toBeNaN();
          expect(dot(build, b, a), build).toBeNaN();
        }
      }
    }
  });
});

describe.each(['add_column_sums', 'add_column_sums2'] as const)('%s', (kernel) => {
  const outputs = kernel === 'add_column_sums' ? 1 : 2;

  function columnSums(build: BuildName, m: number, n: number, gap: number, flush = '', poke = -1) {
    const lda = n + gap;
    const length = m === 0 || n === 0 ? 0 : (m - 1) * lda + n;
    const a = random(length, m);
    if (poke >= 0) a[poke] = Number.NaN;
    // what a gap holds must not count
    for (let i = 0; i < length; i++) if (i % lda >= n) a[i] = Number.NaN;
    const before = [random(n, 9), random(n, 10)].slice(0, outputs);
    const sandbox = new Sandbox(build, (length + 2 * n) * 4);
    const pa = sandbox.input('a', a, flush === 'a' ? 'flush' : 'guarded');
    const py = before.map((y, i) => sandbox.output(`y${i}`, y, flush === `y${i}` ? 'flush' : 'guarded'));
    const [y1, y2] = py as [number, number];
    sandbox.run((k) =>
      outputs === 1 ? k.add_column_sums(m, n, pa, lda, y1) : k.add_column_sums2(m, n, pa, lda, y1, y2),
    );
    const wanted = before.map((y) =>
      y.map((start, j) => {
        let sum = start;
        for (let i = m - 1; i >= 0; i--) sum = fround(sum + a[i * lda + j]!);
        return sum;
      }),
    );
    return { got: py.map((at) => sandbox.read(at, n)), wanted };
  }

  test('tails: every column from the last row to the first to the bit, with gaps and without', () => {
    for (const build of builds) {
      for (const n of LENGTHS) {
        for (const m of some([0, 1, 2, 5, 33], 2, n)) {
          for (const gap of [0, 1, 5]) {
            for (const flush of gap === 1 ? ['', 'a', 'y0', 'y1'].slice(0, 2 + outputs) : ['']) {
              const { got, wanted } = columnSums(build, m, n, gap, flush);
              expect(got, `${build} m=${m} n=${n} gap=${gap} ${flush}`).toEqual(wanted);
            }
          }
        }
      }
    }
  });

  test('NaN: reaches exactly its column', () => {
    for (const build of builds) {
      for (let j = 0; j < 19; j++) {
        for (const y of columnSums(build, 3, 19, 0, '', 19 + j).got) {
          expect([...y.keys()].filter((i) => Number.isNaN(y[i]))).toEqual([j]);
        }
      }
    }
  });

  test('checked: a leading dimension below its row is refused', () => {
    const sandbox = new Sandbox('checked', 4096);
    const ptr = sandbox.output('all', 512);
    expect(() => sandbox.kernels[kernel](2, 4, ptr, 3, ptr, ptr)).toThrow(/leading dimension/);
  });
});

const ROWS = 7;

/** Row numbers with repeats, the first and the last row among them. */
function rowNumbers(m: number): Int32Array {
  const next = generator(SEED + m);
  return Int32Array.from({ length: m }, (_, i) => [ROWS - 1, 0, 3, 3][i] ?? Math.floor(next() * ROWS));
}

describe('gather_rows and scatter_add_rows', () => {
  const counts = [0, 2, 17];

  for (const flush of ['', 'table', 'index', 'y']) {
    test(`gather_rows ${flush ? `flush, ${flush} at the end` : 'guarded'}: copies every row to the bit`, () => {
      for (const build of builds) {
        for (const n of LENGTHS) {
          for (const m of counts) {
            const index = rowNumbers(m);
            const table = random(ROWS * n, 3);
            if (n > 0) table.set(specials(n, m), 3 * n);
            const sandbox = new Sandbox(build, (ROWS * n + m + m * n) * 4);
            const pt = sandbox.input('table', table, flush === 'table' ? 'flush' : 'guarded');
            const pi = sandbox.indices('index', index, flush === 'index' ? 'flush' : 'guarded');
            const py = sandbox.output('y', m * n, flush === 'y' ? 'flush' : 'guarded');
            sandbox.run((kernels) => kernels.gather_rows(m, n, pt, pi, py));
            const wanted = Float32Array.from(gather(Float64Array.from(table), index, n));
            expect(sandbox.read(py, m * n), `${build} m=${m} n=${n}`).toEqual(wanted);
          }
        }
      }
    });
  }

  for (const flush of ['', 'x', 'index', 'table']) {
    test(`scatter_add_rows ${flush ? `flush, ${flush} at the end` : 'guarded'}: adds from the last to the first, repeats add up`, () => {
      for (const build of builds) {
        for (const n of LENGTHS) {
          for (const m of counts) {
            const index = rowNumbers(m);
            const x = random(m * n, 4);
            const table = random(ROWS * n, 3);
            const sandbox = new Sandbox(build, (ROWS * n + m + m * n) * 4);
            const px = sandbox.input('x', x, flush === 'x' ? 'flush' : 'guarded');
            const pi = sandbox.indices('index', index, flush === 'index' ? 'flush' : 'guarded');
            const pt = sandbox.output('table', table, flush === 'table' ? 'flush' : 'guarded');
            sandbox.run((kernels) => kernels.scatter_add_rows(m, n, px, pi, pt));
            const got = sandbox.read(pt, ROWS * n);

            const ordered = table.slice();
            for (let i = m - 1; i >= 0; i--) {
              for (let j = 0; j < n; j++) ordered[index[i]! * n + j]! += x[i * n + j]!;
            }
            expect(got, `${build} m=${m} n=${n}`).toEqual(ordered);
            const exact = scatterAdd(Float64Array.from(x), index, ROWS, n);
            for (const [i, v] of got.entries())
              expect(Math.abs(v - table[i]! - exact[i]!)).toBeLessThan(1e-5);
          }
        }
      }
    });
  }

  test('scatter_add_rows NaN: reaches exactly its element', () => {
    for (const build of builds) {
      for (let at = 0; at < 18; at++) {
        const x = random(18, 4);
        x[at] = Number.NaN;
        const sandbox = new Sandbox(build, 1024);
        const px = sandbox.input('x', x);
        const pi = sandbox.indices('index', [4, 1]);
        const pt = sandbox.output('table', new Float32Array(ROWS * 9));
        sandbox.run((kernels) => kernels.scatter_add_rows(2, 9, px, pi, pt));
        const got = sandbox.read(pt, ROWS * 9);
        const wanted = (at < 9 ? 4 : 1) * 9 + (at % 9);
        expect([...got.keys()].filter((i) => Number.isNaN(got[i]))).toEqual([wanted]);
      }
    }
  });
});

describe('find_bad_index', () => {
  function find(build: BuildName, index: number[], limit: number, ignore: number, flush = false): number {
    const sandbox = new Sandbox(build, index.length * 4);
    const ptr = sandbox.indices('index', index, flush ? 'flush' : 'guarded');
    return sandbox.run((kernels) => kernels.find_bad_index(index.length, ptr, limit, ignore));
  }

  test('find_bad_index tails: the first of several, in any place, guarded and flush', () => {
    for (const build of builds) {
      for (const n of LENGTHS) {
        const good = Array.from({ length: n }, (_, i) => (i * 5) % 10);
        for (const flush of [false, true]) {
          expect(find(build, good, 10, -1, flush), `${build} n=${n}`).toBe(-1);
        }
        for (let i = 0; i < n; i++) {
          const bad = [...good];
          bad[n - 1] = 10;
          bad[i] = -2;
          expect(find(build, bad, 10, -1), `${build} n=${n}`).toBe(i);
        }
      }
    }
  });

  test('find_bad_index limits: negative, the limit itself and the extremes are bad, `ignore` is not', () => {
    for (const build of builds) {
      for (const value of [-1, 10, 11, 2 ** 31 - 1, -(2 ** 31), -100]) {
        expect(find(build, [0, 9, value], 10, -5), `${build} ${value}`).toBe(2);
        expect(find(build, [value, 9, 0], 10, value), `${build} ${value}`).toBe(-1);
      }
      expect(find(build, [0], 0, -1)).toBe(0);
      expect(find(build, [0], 1, -1)).toBe(-1);
    }
  });
});
