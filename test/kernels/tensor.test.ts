import { describe, expect, test } from 'vitest';
import { generator, uniform } from '../reference/random.ts';
import { BINARY, COMPARE, reduced, UNARY } from '../reference/tensor.ts';
import { some } from '../thorough.ts';
import { expectClose, expectSame } from './closeness.ts';
import { builds, type Placement, Sandbox } from './sandbox.ts';

const LENGTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 33];
const SPECIAL = [0, -0, 1e-45, -1e-40, 0.5, 1.5, -2.5, -3, 3.4e38, -3.4e38, Infinity, -Infinity, Number.NaN];

/** Random values, of which every third is special. */
function values(length: number, seed: number): Float32Array {
  const random = uniform(generator(seed + 1), length, 2);
  return Float32Array.from({ length }, (_, i) =>
    i % 3 === 0 ? SPECIAL[(i / 3 + seed) % SPECIAL.length]! : random[i]!,
  );
}

/** Which of a and b are repeated: strides of rows of n, and within a row. */
const STRIDES = [
  { name: 'rows apart', a: (n: number) => [n, 1], b: (n: number) => [n, 1] },
  { name: 'a row for all', a: (n: number) => [n, 1], b: () => [0, 1] },
  { name: 'a value per row', a: (n: number) => [n, 1], b: () => [1, 0] },
  { name: 'one value', a: () => [0, 0], b: (n: number) => [n, 1] },
  { name: 'a column and a row', a: () => [1, 0], b: () => [0, 1] },
  { name: 'gaps', a: (n: number) => [n + 3, 1], b: (n: number) => [n + 1, 1] },
] as const;

/** Calls f with the operands of m rows of n for every tail and kind of strides. */
function forOperands(
  f: (
    m: number,
    n: number,
    a: Float32Array,
    lda: number,
    sa: number,
    b: Float32Array,
    ldb: number,
    sb: number,
    label: string,
  ) => void,
): void {
  for (const n of LENGTHS) {
    for (const m of [0, 1, 3]) {
      for (const { name, a, b } of some(STRIDES, 3, n + m)) {
        const [lda, sa] = a(n) as [number, number];
        const [ldb, sb] = b(n) as [number, number];
        const length = (ld: number, s: number) => Math.max(0, (m - 1) * ld + (n - 1) * s + 1);
        const [first, second] = [values(length(lda, sa), n), values(length(ldb, sb), m + n + 5)];
        f(m, n, first, lda, sa, second, ldb, sb, `${m} x ${n}, ${name}`);
      }
    }
  }
}

describe.each(builds)('tensors, %s', (build) => {
  test.each(BINARY.map((of, kind) => [kind, of] as const))('tensor_binary kind %i', (kind, of) => {
    for (const place of ['guarded', 'flush'] as Placement[]) {
      forOperands((m, n, a, lda, sa, b, ldb, sb, label) => {
        const sandbox = new Sandbox(build, (a.length + b.length + m * n) * 4);
        const x = sandbox.input('a', a);
        const w = sandbox.input('b', b, place);
        const y = sandbox.output('y', m * n);
        sandbox.run((kernels) => kernels.tensor_binary(kind, m, n, x, lda, sa, w, ldb, sb, y));
        const expected = Float32Array.from({ length: m * n }, (_, at) => {
          const [i, j] = [Math.floor(at / n), at % n];
          return of(a[i * lda + j * sa]!, b[i * ldb + j * sb]!);
        });
        expectSame(sandbox.read(y, m * n), expected, label);
      });
    }
  });

  test('tensor_binary into its first operand', () => {
    for (const n of LENGTHS) {
      const [a, b] = [values(2 * n, n), values(n, 3)];
      const sandbox = new Sandbox(build, n * 12);
      const y = sandbox.output('y', a);
      const w = sandbox.input('b', b);
      sandbox.run((kernels) => kernels.tensor_binary(0, 2, n, y, n, 1, w, 0, 1, y));
      expectSame(
        sandbox.read(y, 2 * n),
        a.map((value, i) => value + b[i % n]!),
        `${n}`,
      );
    }
  });

  test.each(COMPARE.map((of, kind) => [kind, of] as const))('tensor_compare kind %i', (kind, of) => {
    forOperands((m, n, a, lda, sa, b, ldb, sb, label) => {
      for (const type of [0, 1, 2]) {
        // few values, so that some are equal
        const [first, second] = [a, b].map((each) =>
          type === 0 ? each : Float32Array.from(each, (_, i) => (i * 7 + each.length) % 3),
        ) as [Float32Array, Float32Array];
        const sandbox = new Sandbox(build, (a.length + b.length + m * n) * 4);
        const put = (name: string, given: Float32Array) => {
          if (type === 0) return sandbox.input(name, given);
          if (type === 1) return sandbox.indices(name, given);
          const ptr = sandbox.indices(name, new Int32Array(Math.ceil(given.length / 4)));
          new Uint8Array(sandbox.memory.buffer, ptr, given.length).set(given);
          return ptr;
        };
        const [x, w] = [put('a', first), put('b', second)];
        const y = sandbox.output('y', Math.ceil((m * n) / 4));
        const bytes = new Uint8Array(sandbox.memory.buffer, y, Math.ceil((m * n) / 4) * 4);
        bytes.fill(9);
        sandbox.run((kernels) => kernels.tensor_compare(kind, type, m, n, x, lda, sa, w, ldb, sb, y));
        const expected = Array.from(bytes, (_, at) => {
          if (at >= m * n) return 9;
          const [i, j] = [Math.floor(at / n), at % n];
          return Number(of(first[i * lda + j * sa]!, second[i * ldb + j * sb]!));
        });
        expect([...bytes], `${label}, type ${type}`).toEqual(expected);
      }
    });
  });

  test('tensor_select', () => {
    for (const n of LENGTHS) {
      const sandbox = new Sandbox(build, n * 13 + 4);
      const which = sandbox.indices('which', new Int32Array(Math.ceil(n / 4)));
      const mask = new Uint8Array(sandbox.memory.buffer, which, n);
      for (let i = 0; i < n; i++) mask[i] = (i * 5) % 3;
      const [a, b] = [values(n, 1), values(n, 2)];
      const [x, w] = [sandbox.input('a', a), sandbox.input('b', b)];
      const y = sandbox.output('y', n);
      sandbox.run((kernels) => kernels.tensor_select(n, which, x, w, y));
      const expected = a.map((value, i) => ((i * 5) % 3 > 0 ? value : b[i]!));
      expectSame(sandbox.read(y, n), expected, `${n}`);
    }
  });

  test.each(UNARY.map((of, kind) => [kind, of] as const))('tensor_unary kind %i', (kind, of) => {
    for (const place of ['guarded', 'flush'] as Placement[]) {
      for (const n of LENGTHS) {
        const x = values(n, n + kind);
        const sandbox = new Sandbox(build, n * 8);
        const from = sandbox.input('x', x, place);
        const y = sandbox.output('y', n);
        sandbox.run((kernels) => kernels.tensor_unary(kind, -0.75, 1.25, n, from, y));
        const expected = x.map((value) => of(value, -0.75, 1.25));
        // log64 of a subnormal is that of a normal number near by
        const skipped = (i: number) => kind === 11 && x[i]! > 0 && x[i]! < 2 ** -126;
        const got = sandbox.read(y, n).map((value, i) => (skipped(i) ? 0 : value));
        expectSame(
          got,
          expected.map((value, i) => (skipped(i) ? 0 : value)),
          `n ${n}`,
        );
      }
    }
  });

  test('tensor_sum and tensor_max of the middle axis', () => {
    for (const n of LENGTHS) {
      for (const [m, k] of [
        [0, 3],
        [1, 1],
        [1, 9],
        [3, 4],
        [2, 7],
      ] as const) {
        const x = Float32Array.from(uniform(generator(n * 10 + m), m * k * n, 3));
        for (const place of ['guarded', 'flush'] as Placement[]) {
          const sandbox = new Sandbox(build, (x.length + 2 * m * n) * 4);
          const from = sandbox.input('x', x, place);
          const [sum, max] = [sandbox.output('sum', m * n), sandbox.output('max', m * n)];
          sandbox.run((kernels) => kernels.tensor_sum(m, k, n, from, sum));
          sandbox.run((kernels) => kernels.tensor_max(m, k, n, from, max));
          const sums = reduced(x, [m, k, n], (values) => values.reduce((a, b) => a + b, 0));
          expectClose(sandbox.read(sum, m * n), sums, 1e-7, `${m} x ${k} x ${n}`);
          const largest = reduced(x, [m, k, n], (values) => Math.max(...values));
          expectSame(sandbox.read(max, m * n), Float32Array.from(largest), `${m} x ${k} x ${n}`);
        }
      }
    }
  });

  test.each([1, 3])('tensor_sum and tensor_max of special values, rows of %i', (n) => {
    for (const special of [Infinity, -Infinity, Number.NaN]) {
      for (let at = 0; at < 6; at++) {
        const x = new Float32Array(6 * n).fill(1);
        x[at * n] = special;
        const sandbox = new Sandbox(build, 128);
        const from = sandbox.input('x', x);
        const [sum, max] = [sandbox.output('sum', n), sandbox.output('max', n)];
        sandbox.run((kernels) => kernels.tensor_sum(1, 6, n, from, sum));
        sandbox.run((kernels) => kernels.tensor_max(1, 6, n, from, max));
        expect(sandbox.read(sum, 1)[0]).toBe(special);
        expect(sandbox.read(max, 1)[0]).toBe(special === -Infinity ? 1 : special);
      }
    }
  });

  test('tensor_sum of nothing is 0', () => {
    for (const n of [1, 5]) {
      const sandbox = new Sandbox(build, 128);
      const y = sandbox.output('y', n * 2);
      sandbox.run((kernels) => kernels.tensor_sum(2, 0, n, y, y));
      expect([...sandbox.read(y, n * 2)]).toEqual(new Array(n * 2).fill(0));
    }
  });

  test('segment_sum leaves out segments that are not there', () => {
    for (const n of LENGTHS) {
      const segments = [2, 0, -1, 2, 7, 4, 3, 0, -(2 ** 31)];
      const x = Float32Array.from(uniform(generator(n), segments.length * n, 1));
      const sandbox = new Sandbox(build, (x.length + 5 * n) * 4 + 256);
      const from = sandbox.input('x', x);
      const ids = sandbox.indices('segment', segments);
      const y = sandbox.output('y', 4 * n);
      sandbox.run((kernels) => kernels.segment_sum(segments.length, n, from, ids, 4, y));
      const expected = Float32Array.from({ length: 4 * n }, (_, at) =>
        segments.reduce((sum, s, i) => (s === Math.floor(at / n) ? sum + x[i * n + (at % n)]! : sum), 0),
      );
      expectClose(sandbox.read(y, 4 * n), expected, 1e-7, `rows of ${n}`);
    }
  });

  test('tensor_copy by any strides', () => {
    type Four = readonly [number, number, number, number];
    const cases: readonly (readonly [sizes: Four, s: Four, t: Four])[] = [
      // sizes, strides of x, strides of y
      [
        [2, 3, 4, 5],
        [60, 20, 5, 1],
        [60, 20, 5, 1],
      ],
      [
        [2, 3, 4, 5],
        [1, 2, 6, 24],
        [60, 20, 5, 1],
      ],
      [
        [1, 1, 3, 4],
        [0, 0, 9, 1],
        [0, 0, 4, 1],
      ],
      [
        [1, 2, 3, 4],
        [0, 0, 4, 1],
        [0, 12, 4, 1],
      ],
      [
        [1, 1, 1, 7],
        [0, 0, 0, 0],
        [0, 0, 0, 1],
      ],
      [
        [1, 1, 1, 7],
        [0, 0, 0, 3],
        [0, 0, 0, 2],
      ],
      [
        [1, 1, 5, 1],
        [0, 0, 2, 1],
        [0, 0, 1, 1],
      ],
      [
        [2, 0, 3, 4],
        [12, 12, 4, 1],
        [12, 12, 4, 1],
      ],
    ];
    for (const [sizes, s, t] of cases) {
      const reach = (strides: readonly number[]) =>
        1 + sizes.reduce((sum, size, i) => sum + Math.max(0, size - 1) * strides[i]!, 0);
      const x = values(reach(s), 4);
      const before = new Float32Array(reach(t)).fill(7);
      const sandbox = new Sandbox(build, (x.length + before.length) * 4);
      const from = sandbox.input('x', x, 'flush');
      const y = sandbox.output('y', before);
      sandbox.run((kernels) => kernels.tensor_copy(2, ...sizes, from, ...s, y, ...t));
      const expected = before.slice();
      const [n0, n1, n2, n3] = sizes;
      for (let h = 0; h < n0; h++)
        for (let i = 0; i < n1; i++)
          for (let j = 0; j < n2; j++)
            for (let k = 0; k < n3; k++) {
              expected[h * t[0] + i * t[1] + j * t[2] + k * t[3]] =
                x[h * s[0] + i * s[1] + j * s[2] + k * s[3]]!;
            }
      expectSame(sandbox.read(y, expected.length), expected, `${sizes}`);
    }
  });

  test('tensor_copy of bytes', () => {
    for (const [s3, t3] of [
      [1, 1],
      [2, 1],
      [1, 3],
    ] as const) {
      const sandbox = new Sandbox(build, 128);
      const [x, y] = [sandbox.indices('x', new Int32Array(9)), sandbox.output('y', 12)];
      const bytes = (ptr: number, n: number) => new Uint8Array(sandbox.memory.buffer, ptr, n);
      bytes(x, 36).forEach((_, i, all) => {
        all[i] = i + 1;
      });
      bytes(y, 48).fill(99);
      sandbox.run((kernels) => kernels.tensor_copy(0, 1, 1, 2, 5, x, 0, 0, 11, s3, y, 0, 0, 16, t3));
      const expected = new Array(48).fill(99);
      for (const j of [0, 1]) for (let k = 0; k < 5; k++) expected[j * 16 + k * t3] = 1 + j * 11 + k * s3;
      expect([...bytes(y, 48)]).toEqual(expected);
    }
  });
});
