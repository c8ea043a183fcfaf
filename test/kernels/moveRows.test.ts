import { describe, expect, test } from 'vitest';
import { generator, uniform } from '../reference/random.ts';
import { expectSame } from './closeness.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';

const WIDTHS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 17];
const ROWS = 6;
const { fround } = Math;

const modes: [name: string, mode: number, of: (x: number, y: number) => number][] = [
  ['copy', 0, (x) => x],
  ['add', 1, (x, y) => fround(y + x)],
  ['multiply', 2, (x, y) => fround(y * x)],
];

function random(seed: number, length: number): Float32Array {
  return Float32Array.from(uniform(generator(seed), length, 2));
}

interface Case {
  readonly m: number;
  readonly n: number;
  readonly gap: number;
  readonly index: Int32Array | undefined;
  readonly place?: Record<string, Placement>;
}

function move(build: BuildName, mode: number, { m, n, gap, index, place = {} }: Case) {
  const ldx = n + gap;
  const ldy = n + 2 * gap;
  const x = random(1, (ROWS - 1) * ldx + n);
  const y = random(2, m === 0 ? 0 : (m - 1) * ldy + n);
  if (x.length) x[n - 1] = Number.NaN;
  const sandbox = new Sandbox(build, 4 * (x.length + y.length + m));
  const px = sandbox.input('x', x, place.x);
  const pi = index ? sandbox.indices('index', index, place.index) : 0;
  const py = sandbox.output('y', y, place.y);
  sandbox.run((k) => k.move_rows(m, n, px, ldx, pi, py, ldy, mode));
  const expected = (of: (x: number, y: number) => number) =>
    y.map((v, k) => {
      const [row, column] = [Math.floor(k / ldy), k % ldy];
      return column >= n ? v : of(x[(index ? index[row]! : row) * ldx + column]!, v);
    });
  return { got: sandbox.read(py, y.length), expected };
}

describe.each(modes)('move_rows %s', (_, mode, of) => {
  test.each(builds)('%s: every tail, by index and in order, with gaps, which stay', (build) => {
    for (const n of WIDTHS) {
      for (const m of [0, 1, 2, ROWS]) {
        const some = Int32Array.from([5, 0, 3, 3, 1, 2]).subarray(0, m);
        for (const index of [undefined, some]) {
          for (const gap of [0, 1, 5]) {
            if (n + gap === 0) continue;
            const { got, expected } = move(build, mode, { m, n, gap, index });
            expectSame(got, expected(of), `m ${m}, n ${n}, gap ${gap}, ${index ? 'by index' : 'in order'}`);
          }
        }
      }
    }
  });

  test.each(builds)('%s: at the end of memory', (build) => {
    for (const n of WIDTHS.slice(1)) {
      for (const name of ['x', 'index', 'y']) {
        const place = { [name]: 'flush' } as const;
        const index = Int32Array.from([5, 1, 5]);
        const { got, expected } = move(build, mode, { m: 3, n, gap: 1, index, place });
        expectSame(got, expected(of), `n ${n}, ${name}`);
      }
    }
  });
});

test('move_rows checked: a leading dimension below its row is refused', () => {
  const sandbox = new Sandbox('checked', 64);
  const p = sandbox.output('all', 16);
  expect(() => sandbox.kernels.move_rows(1, 4, p, 3, 0, p, 4, 0)).toThrow(/leading dimension/);
});
