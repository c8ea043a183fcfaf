import { describe, expect, test } from 'vitest';
import { generator, uniform } from '../reference/random.ts';
import { expectClose, expectSame, subnormals } from './closeness.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';

const LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 31];
const KEY = 77;
const HALF = 2 ** 31;
const { fround } = Math;

function random(seed: number, length: number): Float32Array {
  return Float32Array.from(uniform(generator(seed), length, 2));
}

/** 1 where dropout keeps the value, 0 where it drops it. */
function kept(n: number, counter: number, threshold: number): Float32Array {
  const sandbox = new Sandbox('simd', n * 8);
  const x = sandbox.input('x', new Float32Array(n).fill(1));
  const y = sandbox.output('y', n);
  sandbox.run((k) => k.dropout(n, KEY, counter, threshold, 1, x, y));
  return sandbox.read(y, n);
}

describe.each(builds)('%s dropout_steps', (build) => {
  function steps(T: number, B: number, n: number, sizes?: number[], place: Record<string, Placement> = {}) {
    const rows = sizes ? sizes.reduce((a, b) => a + b, 0) : T * B;
    const x = random(rows, rows * n);
    const sandbox = new Sandbox(build, 8 * rows * n + 4 * T);
    const px = place.xy ? sandbox.output('xy', x, place.xy) : sandbox.input('x', x, place.x);
    const ps = sizes ? sandbox.indices('sizes', sizes, place.sizes) : 0;
    const py = place.xy ? px : sandbox.output('y', rows * n, place.y);
    sandbox.run((k) => k.dropout_steps(T, B, n, ps, KEY, HALF, 2, px, py));
    return { x, y: sandbox.read(py, rows * n) };
  }

  test('element (t, b, j) is kept as counter b·n + j says at every step; in place, at the end of memory', () => {
    for (const n of LENGTHS.slice(1)) {
      const mask = kept(3 * n, 0, HALF);
      for (const sizes of [undefined, [3, 3, 3, 3], [3, 2, 2, 1], [2, 1, 1, 1]]) {
        const { x, y } = steps(4, 3, n, sizes);
        let at = 0;
        const expected = (sizes ?? [3, 3, 3, 3]).flatMap((rows) =>
          Array.from({ length: rows * n }, (_, k) => (mask[k] ? x[at++]! * 2 : 0 * at++)),
        );
        expectSame(y, expected, `n ${n}, sizes ${sizes}`);
        for (const name of sizes ? ['x', 'y', 'sizes', 'xy'] : ['xy']) {
          expectSame(steps(4, 3, n, sizes, { [name]: 'flush' }).y, y, `n ${n}, ${name} at the end`);
        }
      }
    }
  });

  test('no step, no output', () => {
    expect(steps(0, 3, 5).y.length).toBe(0);
  });
});

type Zoneout = 'zoneout' | 'zoneout_backward';

/** The first buffer (old, or dx), and the second one (x, or dold). */
function run(
  build: BuildName,
  kernel: Zoneout,
  [a, b]: readonly [Float32Array, Float32Array],
  { counter = 0, threshold = HALF, place = [] as Placement[] } = {},
): [Float32Array, Float32Array] {
  const n = a.length;
  const sandbox = new Sandbox(build, n * 8);
  const pa = sandbox[kernel === 'zoneout' ? 'input' : 'output']('a', a, place[0]);
  const pb = sandbox.output('b', b, place[1]);
  sandbox.run((k) => k[kernel](n, KEY, counter, threshold, pa, pb));
  return [sandbox.read(pa, n), sandbox.read(pb, n)];
}

const places: Placement[][] = [
  ['guarded', 'guarded'],
  ['flush', 'guarded'],
  ['guarded', 'flush'],
];

describe.each(builds)('%s zoneout', (build) => {
  test('old where dropout drops, x elsewhere, to the bit, NaN and -0 too', () => {
    for (const n of LENGTHS) {
      for (const [counter, threshold] of [
        [0, HALF],
        [0xfffffffc, 2 ** 30],
        [5, 0],
        [5, 0xffffffff],
      ] as const) {
        const old = random(n, n);
        const x = random(n + 50, n);
        for (let i = 0; i < n; i += 3) (i % 2 ? old : x)[i] = i % 4 ? Number.NaN : -0;
        const mask = kept(n, counter, threshold);
        const expected = x.map((v, i) => (mask[i] ? v : old[i]!));
        for (const place of places) {
          const [, got] = run(build, 'zoneout', [old, x], { counter, threshold, place });
          expectSame(got, expected, `n ${n}, counter ${counter}, threshold ${threshold}, ${place}`);
        }
      }
    }
  });

  test('keeps the old value as often as it should', () => {
    const n = 100_000;
    const [, got] = run(build, 'zoneout', [new Float32Array(n).fill(1), new Float32Array(n)], {
      threshold: Math.round(0.1 * 2 ** 32),
    });
    const count = got.reduce((a, v) => a + v, 0);
    expect(Math.abs(count - n * 0.1)).toBeLessThan(4 * Math.sqrt(n * 0.1 * 0.9));
  });

  test('backward: the gradient goes to old where old was kept, elsewhere both stay to the bit', () => {
    for (const n of LENGTHS) {
      for (const counter of [0, 9]) {
        const dx = random(n, n);
        const dold = random(n + 50, n).map((v, i) => (i % 5 ? v : -0));
        for (let i = 1; i < n; i += 6) dx[i] = Number.NaN;
        const mask = kept(n, counter, HALF);
        for (const place of places) {
          const [gotDx, gotDold] = run(build, 'zoneout_backward', [dx, dold], { counter, place });
          const label = `n ${n}, counter ${counter}, ${place}`;
          expectSame(
            gotDx,
            dx.map((v, i) => (mask[i] ? v : 0)),
            `${label}: dx`,
          );
          expectSame(
            gotDold,
            dold.map((v, i) => (mask[i] ? v : fround(v + dx[i]!))),
            `${label}: dold`,
          );
        }
      }
    }
  });
});

describe.each(builds)('%s zoneout_mean', (build) => {
  function mean(p: number, old: Float32Array, x: Float32Array, place: Placement[] = []): Float32Array {
    const sandbox = new Sandbox(build, x.length * 8);
    const po = sandbox.input('old', old, place[0]);
    const px = sandbox.output('x', x, place[1]);
    sandbox.run((k) => k.zoneout_mean(x.length, p, po, px));
    return sandbox.read(px, x.length);
  }

  test('x + p·(old − x) against float64, at the end of memory too', () => {
    for (const n of LENGTHS) {
      const [old, x] = [random(n, n), random(n + 50, n)];
      for (const p of [0, 0.1, 0.5, 1]) {
        const got = mean(p, old, x);
        expectClose(
          got,
          Float64Array.from(x, (v, i) => v + p * (old[i]! - v)),
          2e-7,
          `n ${n}, p ${p}`,
        );
        for (const place of places) expectSame(mean(p, old, x, place), got, `n ${n}, p ${p}, ${place}`);
      }
    }
  });

  test('a subnormal state becomes 0; NaN reaches its lane alone', () => {
    const tiny = new Float32Array(7).fill(2 ** -126);
    const got = mean(0.9, tiny, new Float32Array(7));
    expect(subnormals(got)).toBe(0);
    expectSame(got, new Float32Array(7), 'subnormal');
    for (let lane = 0; lane < 7; lane++) {
      const x = random(lane, 7);
      x[lane] = Number.NaN;
      const y = mean(0.25, random(8, 7), x);
      expect([...y.keys()].filter((i) => Number.isNaN(y[i]))).toEqual([lane]);
    }
  });
});
