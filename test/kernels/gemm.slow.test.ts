import { describe, test } from 'vitest';
import { DATA, type GemmKernel, GemmTester, K, LEADS, M, N, problem } from './gemmTester.ts';
import { prove } from './prove.ts';
import { variants as builds } from './sandbox.ts';

const SEED = 77;
const kernels: GemmKernel[] = ['sgemm_nn', 'sgemm_nt', 'sgemm_tn'];

for (const kernel of kernels) {
  describe(`${kernel}, exhaustive`, () => {
    const tester = new GemmTester(6 << 20);
    const shipped = builds.filter((build) => build !== 'checked');

    for (const m of M) {
      test(`${kernel} m=${m}: every n, k, beta, leading dimension, data and build`, {
        timeout: 600_000,
      }, () => {
        for (const n of N) {
          for (const k of K) {
            for (const beta of [0, 1]) {
              for (const lead of LEADS) {
                for (const data of DATA) {
                  const of = problem(kernel, { m, n, k }, { beta, lead, data, seed: SEED + n * k });
                  prove(tester, of, builds);
                }
              }
            }
          }
        }
        tester.sweep();
      });
    }

    for (const m of [121, 241]) {
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
