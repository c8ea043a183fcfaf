import { describe, expect, test } from 'vitest';
import type { KernelCalls } from '../../src/wasm/generated/kernelCalls.ts';
import { generator, uniform } from '../reference/random.ts';
import { logSoftmax, logSoftmaxBackward, softmax, softmaxBackward } from '../reference/softmax.ts';
import { expectClose, expectSame, rounded, subnormals } from './closeness.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';

const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 33];
const ROWS = [0, 1, 3];

function values(seed: number, length: number, scale = 1): Float64Array {
  return rounded(uniform(generator(seed), length, scale));
}

type Rows = (k: KernelCalls, m: number, n: number, a: number, b: number, y: number) => void;

/** Runs a kernel of two inputs [m, n], whose output may be one of them. */
function run(
  build: BuildName,
  n: number,
  [a, b]: readonly [Float64Array, Float64Array],
  call: Rows,
  into: 'a' | 'b' | 'y' = 'y',
  place: Record<string, Placement> = {},
): Float32Array {
  const length = a.length;
  const sandbox = new Sandbox(build, 12 * length);
  const given = (name: 'a' | 'b', v: Float64Array) =>
    into === name ? sandbox.output(name, v) : sandbox.input(name, v, place[name]);
  const [pa, pb] = [given('a', a), given('b', b)];
  const y = into === 'a' ? pa : into === 'b' ? pb : sandbox.output('y', length, place.y);
  sandbox.run((k) => call(k, length / n, n, pa, pb, y));
  return sandbox.read(y, length);
}

const kernels: Readonly<Record<string, Rows>> = {
  softmax_backward: (k, m, n, dy, y, dx) => k.softmax_backward(m, n, dy, y, dx),
  log_softmax_backward: (k, m, n, dy, y, dx) => k.log_softmax_backward(m, n, dy, y, dx),
  log_softmax_rows: (k, m, n, x, _, y) => k.log_softmax_rows(m, n, x, y),
};

function expected(name: string, n: number, a: Float64Array, b: Float64Array): Float64Array {
  if (name === 'softmax_backward') return softmaxBackward(n, a, b);
  return name === 'log_softmax_rows' ? logSoftmax(n, a) : logSoftmaxBackward(n, a, b);
}

function inputs(name: string, m: number, n: number): [Float64Array, Float64Array] {
  const x = values(m + 7 * n, m * n, 4);
  return [values(n, m * n, 2), rounded(name === 'softmax_backward' ? softmax(n, x) : logSoftmax(n, x))];
}

describe.each(builds)('%s', (build) => {
  describe.each(Object.entries(kernels))('%s', (name, call) => {
    test('every tail against float64', () => {
      for (const m of ROWS) {
        for (const n of WIDTHS) {
          const [a, b] = inputs(name, m, n);
          expectClose(run(build, n, [a, b], call), expected(name, n, a, b), 1e-6, `m ${m}, n ${n}`);
        }
      }
    });

    test('in place and at the ends of memory: the same bits', () => {
      for (const n of WIDTHS) {
        const given = inputs(name, 3, n);
        const y = run(build, n, given, call);
        expectSame(run(build, n, given, call, 'a'), y, `n ${n}, in a`);
        if (name !== 'log_softmax_rows') expectSame(run(build, n, given, call, 'b'), y, `n ${n}, in b`);
        for (const where of ['a', 'b', 'y'])
          expectSame(run(build, n, given, call, 'y', { [where]: 'flush' }), y, `n ${n}, ${where} at the end`);
      }
    });

    test('NaN reaches its row and no other', () => {
      for (let at = 0; at < 15; at++) {
        const [a, b] = inputs(name, 3, 5);
        a[at] = Number.NaN;
        const y = run(build, 5, [a, b], call);
        const rows = [...y.keys()].filter((i) => Number.isNaN(y[i])).map((i) => Math.floor(i / 5));
        expect(rows).toEqual(new Array(5).fill(Math.floor(at / 5)));
      }
    });
  });

  test('log_softmax_rows: far apart and close together', () => {
    for (const x of [
      Float64Array.from([1000, 0, -1000]),
      Float64Array.from([1e-8, 0, -1e-8]),
      Float64Array.from([-1.5e38, 1.5e38, 0]),
      Float64Array.from([4096.5, 4096.25, 4096]),
    ]) {
      const y = run(build, 3, [rounded(x), x], kernels.log_softmax_rows!);
      expectClose(y, logSoftmax(3, rounded(x)), 2e-7, `${x}`);
    }
  });

  test('subnormal gradients become 0', () => {
    for (const name of ['softmax_backward', 'log_softmax_backward']) {
      const [a, b] = inputs(name, 3, 7);
      const small = rounded(a.map((v) => v * 2 ** -126));
      expect(subnormals(run(build, 7, [small, b], kernels[name]!)), name).toBe(0);
    }
  });
});

test('checked and simd have the same bits', () => {
  for (const [name, call] of Object.entries(kernels)) {
    for (const n of WIDTHS) {
      const given = inputs(name, 3, n);
      expectSame(run('checked', n, given, call), run('simd', n, given, call), `${name}, n ${n}`);
    }
  }
});
