import { describe, expect, test } from 'vitest';
import { generator, uniform } from '../reference/random.ts';
import { builds, Sandbox } from './sandbox.ts';

const SIZES = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 20, 33];

describe.each(builds)('transpose, %s', (build) => {
  test('every tail, with room between the rows', () => {
    for (const m of SIZES) {
      for (const n of SIZES) {
        for (const [moreX, moreY] of [
          [0, 0],
          [3, 5],
        ] as const) {
          const ldx = n + moreX;
          const ldy = m + moreY;
          const values = Float32Array.from(uniform(generator(m * 100 + n), m * ldx, 1));
          const sandbox = new Sandbox(build, (m * ldx + n * ldy) * 4);
          const x = sandbox.input('x', values);
          const y = sandbox.output('y', new Float32Array(n * ldy).fill(7));
          sandbox.run((kernels) => kernels.transpose(m, n, x, ldx, y, ldy));
          const expected = new Float32Array(n * ldy).fill(7);
          for (let i = 0; i < m; i++)
            for (let j = 0; j < n; j++) expected[j * ldy + i] = values[i * ldx + j]!;
          expect(sandbox.read(y, n * ldy), `${m} x ${n}, ${ldx} and ${ldy}`).toEqual(expected);
        }
      }
    }
  });

  test('nothing where a side is 0', () => {
    for (const [m, n] of [
      [0, 4],
      [4, 0],
    ] as const) {
      const sandbox = new Sandbox(build, 256);
      const x = sandbox.input('x', new Float32Array(4));
      const y = sandbox.output('y', new Float32Array(4).fill(7));
      sandbox.run((kernels) => kernels.transpose(m, n, x, 4, y, 4));
      expect(sandbox.read(y, 4)).toEqual(new Float32Array(4).fill(7));
    }
  });
});
