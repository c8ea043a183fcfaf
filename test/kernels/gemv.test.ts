import { afterAll, describe, expect, test } from 'vitest';
import { some, thorough } from '../thorough.ts';
import * as g from './gemmTester.ts';
import { prove } from './prove.ts';
import { variants as builds, Sandbox } from './sandbox.ts';

const SEED = 4_711;
const N = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64];
const K = [0, 1, 2, 3, 4, 5, 7, 8, 17, 64, 65, 300];
const tester = new g.GemmTester(1 << 18);

afterAll(() => tester.sweep());

/** The product of many rows that has this one as a row. */
const ofManyRows = { sgemv_n: 'sgemm_nn', sgemv_t: 'sgemm_nt' } as const satisfies Partial<
  Record<g.GemmKernel, g.GemmKernel>
>;

for (const kernel of ['sgemv_n', 'sgemv_t'] as const) {
  describe(kernel, () => {
    for (const data of g.DATA) {
      for (const lead of g.LEADS) {
        test(`${kernel} ${data}, ld ${lead}: every n and k, each beta or in turn`, () => {
          for (const n of N) {
            for (const k of some(K, 8, n)) {
              for (const beta of thorough ? [0, 1] : [(n + k) & 1]) {
                const of = g.problem(kernel, { m: 1, n, k }, { beta, lead, data, seed: SEED + n * k });
                prove(tester, of, builds);
              }
            }
          }
          tester.sweep();
        });
      }
    }

    for (const operand of ['a', 'b', 'c', 'work'] as const) {
      if (operand === 'work' && kernel === 'sgemv_t') continue;
      test(`${kernel} flush: ${operand} ends on the last byte of the memory`, () => {
        for (const n of N) {
          for (const k of some(K, 8, n)) {
            for (const build of builds) {
              const options = { beta: (n + k) & 1, lead: g.LEADS[(n + k) % 3]!, seed: SEED };
              const of = g.problem(kernel, { m: 1, n, k }, options);
              const got = tester.run(build, of, operand);
              if (!build.startsWith('relaxed')) g.same(build, of, got, g.inOrder(of));
            }
          }
        }
      });
    }

    test(`${kernel} order: the bits of the same row in a product of many`, () => {
      for (const n of N) {
        for (const k of some(K, 8, n)) {
          for (const beta of [0, 1]) {
            for (const build of builds) {
              const many = g.problem(ofManyRows[kernel], { m: 5, n, k }, { beta, lead: 'tight', seed: SEED });
              const all = tester.run(build, many);
              for (const i of [0, 4]) {
                const one = g.problem(kernel, { m: 1, n, k }, { beta, seed: SEED });
                one.a.floats.set(many.a.floats.subarray(i * k, (i + 1) * k));
                one.c.floats.set(many.c.floats.subarray(i * n, (i + 1) * n));
                const row: g.Problem = { ...one, b: many.b };
                g.same(`${build}, row ${i},`, row, tester.run(build, row), all.subarray(i * n, (i + 1) * n));
              }
            }
          }
        }
      }
    });

    test(`${kernel} NaN: in a column of B reaches exactly that element, in x all of them`, () => {
      for (const n of [1, 3, 4, 7, 16, 33, 49]) {
        for (const k of [1, 3, 4, 6]) {
          for (const build of builds) {
            for (let j = 0; j < n; j++) {
              const of = g.problem(kernel, { m: 1, n, k }, { lead: 'plus one', seed: SEED });
              const p = j % k;
              of.b.floats[kernel === 'sgemv_t' ? j * of.b.ld + p : p * of.b.ld + j] = Number.NaN;
              expect(nans(tester.run(build, of)), `${build} ${of.label}`).toEqual([j]);
            }
            const of = g.problem(kernel, { m: 1, n, k }, { seed: SEED });
            of.a.floats[k - 1] = Number.NaN;
            expect(nans(tester.run(build, of)).length, `${build} ${of.label}`).toBe(n);
          }
        }
      }
    });

    test(`${kernel} Inf: times 0 is NaN, times a number Inf`, () => {
      for (const n of [2, 4, 9, 18, 34]) {
        for (const k of [1, 4, 5]) {
          for (const build of builds) {
            const of = g.problem(kernel, { m: 1, n, k }, { seed: SEED });
            of.a.floats.fill(0);
            of.a.floats[k - 1] = Number.POSITIVE_INFINITY;
            for (let j = 0; j < n; j++) {
              of.b.floats[kernel === 'sgemv_t' ? j * of.b.ld + k - 1 : (k - 1) * of.b.ld + j] =
                j === 0 ? 0 : -1;
            }
            const got = [...new Float32Array(tester.run(build, of).buffer)];
            const wanted = Array.from({ length: n }, (_, j) =>
              j === 0 ? Number.NaN : Number.NEGATIVE_INFINITY,
            );
            expect(got, `${build} ${of.label}`).toEqual(wanted);
          }
        }
      }
    });

    test(`${kernel} checked: a leading dimension below its row is refused`, () => {
      const sandbox = new Sandbox('checked', 4096);
      const ptr = sandbox.output('all', 512);
      expect(() => sandbox.kernels[kernel](4, 4, ptr, ptr, 3, 0, ptr, ptr)).toThrow(/leading dimension/);
    });
  });
}

function nans(bits: Uint32Array): number[] {
  return [...bits.keys()].filter((i) => bits[i] === 0x7fc00000);
}
