import { expected, type GemmTester, inOrder, type Problem, same, verify } from './gemmTester.ts';
import type { BuildName } from './sandbox.ts';

/** Runs on each of these builds: within the bound, and in the order of k where nothing is fused. */
export function prove(tester: GemmTester, of: Problem, on: readonly BuildName[]): void {
  const wanted = expected(of);
  const sums = inOrder(of);
  for (const build of on) {
    const got = tester.run(build, of);
    verify(build, of, got, wanted);
    if (!build.startsWith('relaxed')) same(`${build}, order of k,`, of, got, sums);
  }
}
