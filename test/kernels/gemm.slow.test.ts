import { describe, test } from 'vitest';
import {
  DATA,
  expected,
  type GemmKernel,
  GemmTester,
  inOrder,
  K,
  LEADS,
  M,
  N,
  problem,
  same,
  verify,
} from './gemmTester.ts';
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
                  const wanted = expected(of);
                  const sums = inOrder(of);
                  for (const build of builds) {
                    const got = tester.run(build, of);
                    verify(build, of, got, wanted);
                    if (!build.startsWith('relaxed')) same(`${build}, order of k,`, of, got, sums);
                  }
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
              const wanted = expected(of);
              const sums = inOrder(of);
              for (const build of shipped) {
                const got = tester.run(build, of);
                verify(build, of, got, wanted);
                if (!build.startsWith('relaxed')) same(`${build}, order of k,`, of, got, sums);
              }
            }
            tester.sweep();
          });
        }
      }
    }
  });
}
