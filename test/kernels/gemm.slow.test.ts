import { describe, inject, test } from 'vitest';
import { DATA, type GemmKernel, GemmTester, K, LEADS, M, N, problem } from './gemmTester.ts';
import { prove } from './prove.ts';
import { variants as builds } from './sandbox.ts';

const SEED = 77;
/** Of the products of other sizes one of these is made; 5 has no factor of how many sizes, leads and data there are. */
const EVERY = inject('browser') ? 5 : 1;
const kernels: GemmKernel[] = ['sgemm_nn', 'sgemm_nt', 'sgemm_tn'];

for (const kernel of kernels) {
  describe(`${kernel}, exhaustive`, () => {
    const tester = new GemmTester(6 << 20);
    const shipped = builds.filter((build) => build !== 'checked');

    for (const m of M) {
      test(`${kernel} m=${m}: n, k, beta and leading dimensions, data in turn`, {
        timeout: 600_000,
      }, () => {
        let turn = m;
        for (const n of N) {
          for (const k of K) {
            for (const beta of [0, 1]) {
              for (const lead of LEADS) {
                if (turn++ % EVERY) continue;
                const data = DATA[Math.floor(turn / EVERY) % DATA.length]!;
                prove(tester, problem(kernel, { m, n, k }, { beta, lead, data, seed: SEED + n * k }), builds);
              }
            }
          }
        }
        tester.sweep();
      });
    }

    // the fast suite has some of these
    for (const m of inject('browser') ? [] : [121, 241]) {
      for (const n of [513, 1030]) {
        for (const k of [257, 600]) {
          test(`${kernel} blocked: m=${m} n=${n} k=${k}`, { timeout: 600_000 }, () => {
            for (const beta of [0, 1]) {
              const of = problem(kernel, { m, n, k }, { beta, lead: 'plus one', seed: SEED });
              prove(tester, of, shipped);
            }
            tester.sweep();
          });
        }
      }
    }
  });
}
