import { afterAll, describe, expect, test } from 'vitest';
import { every, some } from '../thorough.ts';
import * as g from './gemmTester.ts';
import { prove } from './prove.ts';
import { type BuildName, variants as builds, Sandbox } from './sandbox.ts';

const SEED = 20_817;
const kernels: g.GemmKernel[] = ['sgemm_nn', 'sgemm_nt', 'sgemm_tn'];
const shipped = builds.filter((build) => build !== 'checked');
const tester = new g.GemmTester(6 << 20);
/** m, n, k and beta of products that are larger than a block. */
const BLOCKED = [
  [121, 513, 257, 0],
  [121, 39, 600, 1],
  [241, 23, 257, 0],
  [5, 1030, 257, 1],
  [7, 513, 600, 0],
  [3, 1030, 600, 1],
  [1, 1030, 600, 0],
] as const;

afterAll(() => tester.sweep());

for (const kernel of kernels) {
  describe(kernel, () => {
    for (const [im, m] of g.M.entries()) {
      test(`${kernel} m=${m}: n and k, beta, leading dimensions and data in turn`, () => {
        let next = im;
        for (const n of g.N) {
          for (const k of g.K) {
            const turn = next++;
            // the slow suite proves all; 11 has no factor of how many leads and data there are
            if (turn % every(22)) continue;
            const beta = (turn + Math.floor(turn / g.DATA.length)) % 2;
            const lead = g.LEADS[turn % g.LEADS.length]!;
            const data = g.DATA[turn % g.DATA.length]!;
            const of = g.problem(kernel, { m, n, k }, { beta, lead, data, seed: SEED + turn });
            prove(tester, of, turn % 11 === 0 ? builds : shipped);
          }
        }
        tester.sweep();
      });
    }

    for (const [m, n, k, beta] of some(BLOCKED, 24, kernels.indexOf(kernel))) {
      test(`${kernel} blocked: m=${m} n=${n} k=${k} beta=${beta}`, () => {
        prove(tester, g.problem(kernel, { m, n, k }, { beta, lead: 'plus one', seed: SEED }), shipped);
        prove(
          tester,
          g.problem(kernel, { m, n, k }, { beta, lead: 'tight', data: 'integers', seed: SEED }),
          shipped,
        );
        tester.sweep();
      });
    }

    test(`${kernel} blocked, checked: m=121 n=23 k=257`, () => {
      for (const beta of [0, 1])
        prove(tester, g.problem(kernel, { m: 121, n: 23, k: 257 }, { beta, seed: SEED }), builds);
    });

    for (const operand of ['a', 'b', 'c', 'work'] as const) {
      test(`${kernel} flush: ${operand} ends on the last byte of the memory`, () => {
        for (const m of [1, 2, 3, 4, 5, 6, 7, 13]) {
          for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 17, 33]) {
            for (const k of some([1, 2, 3, 4, 5, 7, 8, 17, 257], 10, m + n)) {
              const turn = m + n + k;
              const of = g.problem(
                kernel,
                { m, n, k },
                { beta: turn & 1, lead: g.LEADS[turn % 3]!, seed: SEED },
              );
              for (const build of turn % 5 === 0 ? builds : shipped) {
                const got = tester.run(build, of, operand);
                if (!build.startsWith('relaxed')) g.same(build, of, got, g.inOrder(of));
              }
            }
          }
        }
      });
    }

    test(`${kernel} NaN: in a row of A reaches exactly that row of C`, () => {
      for (const m of [1, 2, 3, 4, 5, 6, 7, 9, 13, 17]) {
        for (let row = 0; row < m; row++) {
          for (const { of, build } of each(kernel, { m, n: 13, k: 5 })) {
            of.a.floats[kernel === 'sgemm_tn' ? (row % 5) * of.a.ld + row : row * of.a.ld + (row % 5)] =
              Number.NaN;
            expectNaN(build, of, (i) => i === row);
          }
        }
      }
    });

    test(`${kernel} NaN: in a column of B reaches exactly that column of C`, () => {
      for (const m of [1, 3, 4, 7]) {
        for (const n of some([1, 3, 8, 13, 33], 6, m)) {
          for (let column = 0; column < n; column++) {
            for (const { of, build } of each(kernel, { m, n, k: 5 })) {
              const p = column % 5;
              of.b.floats[kernel === 'sgemm_nt' ? column * of.b.ld + p : p * of.b.ld + column] = Number.NaN;
              expectNaN(build, of, (_, j) => j === column);
            }
          }
        }
      }
    });

    test(`${kernel} NaN: in C stays in its element with beta 1`, () => {
      for (const m of [1, 3, 4, 7]) {
        for (const { of, build } of each(kernel, { m, n: 13, k: 5 }, 1)) {
          of.c.floats[(m - 1) * of.c.ld + 9] = Number.NaN;
          expectNaN(build, of, (i, j) => i === m - 1 && j === 9);
        }
      }
    });

    test(`${kernel} Inf: times 0 is NaN, times a number Inf`, () => {
      for (const m of [1, 2, 3, 4, 7]) {
        for (const { of, build } of each(kernel, { m, n: 11, k: 3 })) {
          // row 0 of A: (Inf, 0, 0); row 0 of B: 0 in column 0, then 1, −1, 1, …
          const at = (i: number, p: number) => (kernel === 'sgemm_tn' ? p * of.a.ld + i : i * of.a.ld + p);
          const bt = (p: number, j: number) => (kernel === 'sgemm_nt' ? j * of.b.ld + p : p * of.b.ld + j);
          for (let p = 0; p < 3; p++) of.a.floats[at(0, p)] = p === 0 ? Number.POSITIVE_INFINITY : 0;
          for (let j = 0; j < 11; j++) of.b.floats[bt(0, j)] = j === 0 ? 0 : j % 2 === 0 ? -1 : 1;
          const row = new Float32Array(tester.run(build, of).buffer).subarray(0, 11);
          const wanted = Array.from({ length: 11 }, (_, j) =>
            j === 0 ? Number.NaN : j % 2 === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
          );
          expect([...row], `${build} ${of.label}`).toEqual(wanted);
        }
      }
    });

    test(`${kernel} order: a row alone has the bits it has among others`, () => {
      for (const [m, n, k] of [
        [2, 17, 300],
        [3, 33, 65],
        [4, 9, 17],
        [5, 40, 257],
        [13, 45, 300],
        [121, 11, 64],
      ] as const) {
        for (const { of, build } of each(kernel, { m, n, k })) {
          const all = tester.run(build, of);
          for (let i = 0; i < m; i++) {
            const alone = rowOf(of, i);
            g.same(
              `${build}, row ${i} of ${m},`,
              alone,
              tester.run(build, alone),
              all.subarray(i * n, (i + 1) * n),
            );
          }
        }
      }
    });

    test(`${kernel} order: two products of half the depth, the second with beta 1, have the bits of one`, () => {
      for (const [m, n, k, split] of [
        [1, 37, 64, 13],
        [3, 17, 300, 150],
        [7, 19, 300, 256],
        [13, 33, 65, 1],
      ] as const) {
        for (const { of, build } of each(kernel, { m, n, k })) {
          const first = depth(of, 0, split);
          const c = tester.run(build, first);
          const second = {
            ...depth(of, split, k),
            beta: 1,
            c: { ld: n, words: c, floats: new Float32Array(c.buffer) },
          };
          g.same(
            `${build}, depth ${split} + ${k - split},`,
            of,
            tester.run(build, second),
            tester.run(build, of),
          );
        }
      }
    });
  });
}

describe('sgemm', () => {
  test('sgemm order: nn, nt and tn of one product have the same bits', () => {
    for (const [m, n, k] of [
      [1, 37, 300],
      [2, 9, 65],
      [3, 45, 257],
      [4, 8, 64],
      [6, 33, 17],
      [23, 31, 300],
      [121, 19, 257],
      [7, 513, 20],
    ] as const) {
      for (const build of builds) {
        for (const beta of [0, 1]) {
          const of = g.problem('sgemm_nn', { m, n, k }, { beta, seed: SEED });
          const wanted = tester.run(build, of);
          for (const kernel of ['sgemm_nt', 'sgemm_tn'] as const) {
            const other = g.problem(kernel, { m, n, k }, { beta, lead: 'prime', seed: SEED });
            g.same(build, other, tester.run(build, other), wanted);
          }
        }
      }
    }
  });

  test('sgemm identity: checked and simd have the same bits, subnormal, huge and NaN operands included', () => {
    const special = [-0, 1e-45, -1e-40, 1e-20, 3e38, -3e38, Number.POSITIVE_INFINITY, Number.NaN];
    let numbers = 0;
    for (const kernel of kernels) {
      for (const m of [1, 2, 3, 4, 5, 13]) {
        for (const n of [5, 8, 17, 33]) {
          for (const value of special) {
            const of = g.problem(kernel, { m, n, k: 19 }, { beta: 1, lead: 'prime', seed: SEED + m * n });
            for (let i = 0; i < of.a.floats.length; i += 13) of.a.floats[i] = value;
            for (let i = 0; i < of.b.floats.length; i += 29) of.b.floats[i] = value;
            const checked = tester.run('checked', of);
            g.same(`simd against checked, ${value},`, of, tester.run('simd', of), checked);
            numbers += checked.filter((bits) => bits !== 0x7fc00000).length;
          }
        }
      }
    }
    expect(numbers).toBeGreaterThan(1000);
  });

  test('sgemm checked: a leading dimension below its row is refused', () => {
    for (const kernel of kernels) {
      for (const short of ['a', 'b', 'c'] as const) {
        const sandbox = new Sandbox('checked', 4096);
        const ptr = sandbox.output('all', 512);
        const ld = (name: string) => (name === short ? 3 : 4);
        expect(() =>
          sandbox.kernels[kernel](4, 4, 4, ptr, ld('a'), ptr, ld('b'), 0, ptr, ld('c'), ptr),
        ).toThrow(/leading dimension/);
      }
    }
  });
});

/** The problem anew for each build, to be changed freely. */
function each(kernel: g.GemmKernel, shape: { m: number; n: number; k: number }, beta = 0) {
  return builds.map((build) => ({
    build,
    of: g.problem(kernel, shape, { beta, lead: 'plus one', seed: SEED }),
  }));
}

function expectNaN(build: BuildName, of: g.Problem, where: (i: number, j: number) => boolean): void {
  const got = new Float32Array(tester.run(build, of).buffer);
  for (let i = 0; i < of.m; i++) {
    for (let j = 0; j < of.n; j++) {
      const value = got[i * of.n + j]!;
      if (Number.isNaN(value) !== where(i, j))
        throw new Error(`${build} ${of.label}: C[${i}, ${j}] is ${value}`);
    }
  }
}

/** Row i of A, and of the product, alone. */
function rowOf(of: g.Problem, i: number): g.Problem {
  const { kernel, m, n, k, a } = of;
  const one = g.problem(kernel, { m: 1, n, k }, { seed: SEED });
  for (let p = 0; p < k; p++)
    one.a.floats[p] = a.floats[kernel === 'sgemm_tn' ? p * a.ld + i : i * a.ld + p]!;
  return { ...one, b: of.b, label: `${one.label}, row ${i} of m=${m}` };
}

/** Rows from..to−1 of B with the columns of A that meet them. */
function depth(of: g.Problem, from: number, to: number): g.Problem {
  const part = g.problem(of.kernel, { m: of.m, n: of.n, k: to - from }, { seed: SEED });
  const { a, b } = of;
  for (let p = from; p < to; p++) {
    const q = p - from;
    for (let i = 0; i < of.m; i++) {
      if (of.kernel === 'sgemm_tn') part.a.floats[q * part.a.ld + i] = a.floats[p * a.ld + i]!;
      else part.a.floats[i * part.a.ld + q] = a.floats[i * a.ld + p]!;
    }
    for (let j = 0; j < of.n; j++) {
      if (of.kernel === 'sgemm_nt') part.b.floats[j * part.b.ld + q] = b.floats[j * b.ld + p]!;
      else part.b.floats[q * part.b.ld + j] = b.floats[p * b.ld + j]!;
    }
  }
  return part;
}
