import { describe, expect, inject, test } from 'vitest';
import { judge, judgeOdd, MathTester, mathKernels, promises } from './mathTester.ts';
import { builds } from './sandbox.ts';

/**
 * Every STRIDE-th bit pattern; odd, so that every pattern of the low bits occurs. UNROLLED_STRIDE=1 for all of them. Fewer
 * in a browser, which runs the bytes that Node has run.
 */
const STRIDE = inject('browser') ? 499 : Number(process.env.UNROLLED_STRIDE ?? 101);
const CHUNK = 1 << 18;

const shipped = builds.filter((build) => build !== 'checked');

for (const kernel of mathKernels) {
  describe(`${kernel}, exhaustive`, () => {
    for (const [sign, first] of [
      ['positive', 0],
      ['negative', 0x80000000],
    ] as const) {
      const { ulps } = promises[kernel];
      const name = `${kernel} every ${STRIDE}th ${sign} float: at most ${ulps} ULP, in range`;
      test(name, { timeout: 1_200_000 }, async () => {
        const testers = shipped.map((build) => ({
          build,
          tester: new MathTester(build, kernel, CHUNK),
          worst: { ulps: 0, x: 0, got: 0 },
        }));
        const bits = new Uint32Array(CHUNK);
        const x = new Float32Array(bits.buffer);
        for (let at = 0; at < 0x80000000; at += CHUNK * STRIDE) {
          // past the last NaN the patterns start over
          for (let i = 0; i < CHUNK; i++) bits[i] = first + ((at + i * STRIDE) % 0x80000000);
          for (const { tester, worst } of testers) {
            const y = tester.apply(x);
            judge(kernel, x, y, worst);
            if (kernel !== 'vec_tanh' || first === 0) continue;
            const copy = y.slice();
            judgeOdd(x, copy, tester.apply(x.map((v) => -v)));
          }
          await new Promise((resolve) => setTimeout(resolve));
        }
        for (const { build, worst } of testers) {
          const what = `${build} ${kernel}(${worst.x}) = ${worst.got} is off by ${worst.ulps} ULP`;
          expect(worst.ulps, what).toBeLessThanOrEqual(ulps);
        }
      });
    }
  });
}
