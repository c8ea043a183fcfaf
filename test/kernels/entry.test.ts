import { beforeAll, describe, expect, test } from 'vitest';
import { LSTM, Sequential } from '../../src/index.ts';
import { SIGNATURES } from '../../src/kernels/generated/signatures.ts';
import * as entry from '../../src/kernels/index.ts';
import type { Words } from '../errors.ts';
import { expectWords } from '../errors.ts';
import { thrown } from '../model/helpers.ts';
import { wasmBytes } from './binaries.ts';

const { Arena, ArgumentError, checked, init, lstmWork, MemoryError, sgemm, sgemv, ShapeError } = entry;

/** Multiples of 1/8 in −2..2: products of a few are exact. */
function numbers(n: number, seed: number): Float32Array {
  return Float32Array.from(
    { length: n },
    (_, i) => ((Math.imul(i + 1, seed * 2654435761) >>> 16) % 33) / 8 - 2,
  );
}

beforeAll(() => init({ kernels: 'simd' }));

describe('sgemm', () => {
  const shapes = [
    [1, 1, 1],
    [2, 9, 5],
    [7, 8, 3],
    [13, 21, 17],
    [5, 3, 0],
  ] as const;

  test.each(
    shapes.flatMap((shape) =>
      (['nn', 'nt', 'tn'] as const).flatMap((ops) => [0, 1].map((beta) => [ops, beta, shape] as const)),
    ),
  )('%s, beta %i, m n k = %s', (ops, beta, [m, n, k]) => {
    const [ta, tb] = [...ops] as ['n' | 't', 'n' | 't'];
    const [lda, ldb, ldc] = [(ta === 't' ? m : k) + 1, (tb === 't' ? k : n) + 2, n + 3];
    const arena = new Arena(1 << 16);
    const a = numbers((ta === 't' ? k : m) * lda, 3);
    const b = numbers((tb === 't' ? n : k) * ldb, 5);
    const c = numbers(m * ldc, 7);
    const [ra, rb, rc] = [arena.put(a), arena.put(b), arena.put(c)];
    sgemm(arena, ta, tb, m, n, k, ra, lda, rb, ldb, beta, rc, ldc);
    const expected = c.map((before, at) => {
      const [i, j] = [Math.floor(at / ldc), at % ldc];
      if (j >= n) return before;
      let sum = beta ? before : 0;
      for (let p = 0; p < k; p++) {
        sum +=
          (ta === 't' ? a[p * lda + i]! : a[i * lda + p]!) * (tb === 't' ? b[j * ldb + p]! : b[p * ldb + j]!);
      }
      return sum;
    });
    expect(arena.f32(rc)).toEqual(expected);
  });

  test('pointers into a region count from there', () => {
    const arena = new Arena(4096);
    const a = arena.put([9, 1, 2, 3, 4]);
    const c = arena.take(4);
    sgemm(arena, 'n', 'n', 2, 2, 2, a.ptr + 4, 2, a.ptr + 4, 2, 0, c, 2);
    expect([...arena.f32(c)]).toEqual([7, 10, 15, 22]);
  });
});

test('sgemv, both ways', () => {
  const arena = new Arena(4096);
  const a = arena.put([1, 2, 3, 4, 5, 6], 2, 3);
  const [x, y] = [arena.put([1, 10, 100]), arena.put([1000, 2000, 3000])];
  sgemv(arena, 'n', 2, 3, a, 3, x, 1, y);
  expect([...arena.f32(y)]).toEqual([1321, 2654, 3000]);
  sgemv(arena, 't', 2, 3, a, 3, x, 0, y);
  expect([...arena.f32(y)]).toEqual([41, 52, 63]);
});

test('saxpy, sscal, sdot, snrm2', () => {
  const arena = new Arena(4096);
  const [x, y] = [arena.put([1, 2, 3]), arena.put([10, 20, 30])];
  entry.saxpy(arena, 3, 2, x, y);
  expect([...arena.f32(y)]).toEqual([12, 24, 36]);
  entry.sscal(arena, 2, 0.5, y);
  expect([...arena.f32(y)]).toEqual([6, 12, 36]);
  expect(entry.sdot(arena, 3, x, y)).toBe(6 + 24 + 108);
  expect(entry.snrm2(arena, 2, arena.put([3, 4]))).toBe(5);
  const { free } = arena;
  expect(() => arena.put([1, 2, 3], 2)).toThrow(/values/);
  expect(arena.free).toBe(free);
});

describe('what BLAS names refuse, before anything is written', () => {
  const call = (change: Record<number, unknown>) => () => {
    const arena = new Arena(4096);
    const [a, b, c] = [arena.take(2, 3), arena.take(3, 4), arena.take(2, 4)];
    const args = ['n', 'n', 2, 4, 3, a, 3, b, 4, 0, c, 4].map((value, i) =>
      i in change ? change[i] : value,
    );
    (sgemm as (...args: unknown[]) => void)(arena, ...args);
  };

  test.each<[string, Record<number, unknown>, new (...args: never[]) => Error, Words]>([
    ['transA', { 0: 'x' }, ArgumentError, ['transA', 'n', 't', '"x"']],
    ['both transposed', { 0: 't', 1: 't' }, ArgumentError, ['transB']],
    ['a negative size', { 2: -1 }, ArgumentError, ['m']],
    ['a fraction', { 4: 1.5 }, ArgumentError, ['k']],
    ['lda below its row', { 6: 2 }, ArgumentError, ['lda', '2']],
    ['beta 2', { 9: 2 }, ArgumentError, ['beta']],
    ['no region', { 5: undefined }, ArgumentError, ['a']],
    ['a pointer off 4 bytes', { 5: 65_538 }, ArgumentError, ['a']],
    ['a pointer into page 0', { 10: 1024 }, ArgumentError, ['c']],
    ['A beyond its region', { 2: 3 }, ShapeError, ['a', 'room', '9', '6']],
    ['B beyond its region', { 8: 5 }, ShapeError, ['b', 'room', '14', '12']],
    ['C beyond the arena', { 10: 131_068 }, ShapeError, ['c', 'room', '8', '1']],
  ])('%s', (_, change, error, message) => {
    expect(call({})).not.toThrow();
    expect(thrown(call(change))).toBeInstanceOf(error);
    expectWords(thrown(call(change)), message);
  });

  test('scratch memory that is not free', () => {
    const arena = new Arena(65_536);
    const a = arena.take(64, 64);
    arena.take(arena.free / 4 - 16);
    const error = thrown(() => sgemm(arena, 'n', 'n', 64, 64, 64, a, 64, a, 64, 0, a, 64));
    expect(error).toBeInstanceOf(MemoryError);
  });
});

describe('Arena', () => {
  test('takes regions on 64 bytes, gives them back to a mark, and says when it is full', () => {
    const arena = new Arena(1000);
    expect(arena.capacity).toBe(65_536);
    const first = arena.take(3);
    const mark = arena.mark();
    const second = arena.take(5, 7);
    expect([first.ptr, second.ptr, arena.free]).toEqual([65_536, 65_600, 65_536 - 64 - 192]);
    arena.release(mark);
    expect(arena.take(1).ptr).toBe(second.ptr);
    arena.release(mark);
    expect(thrown(() => arena.release((mark + 64) as entry.Mark))).toBeInstanceOf(MemoryError);
    expect(thrown(() => arena.take(65_536 / 4))).toBeInstanceOf(MemoryError);
    expect(arena.take((65_536 - 64) / 4).length).toBe(16_368);
    expect(arena.free).toBe(0);
  });

  test('puts floats and integers', () => {
    using arena = new Arena(1000);
    expect(arena.i32(arena.put(Int32Array.of(1, -2)))).toEqual(Int32Array.of(1, -2));
    expect(arena.f32(arena.put([0.5], 2))).toEqual(Float32Array.of(0.5, 0));
    expect(thrown(() => arena.put([1, 2, 3], 2))).toBeInstanceOf(MemoryError);
  });

  test('refuses sizes that can not be', () => {
    for (const capacity of [0, -1, 1.5, Number.NaN, '8']) {
      expect(thrown(() => new Arena(capacity as number))).toBeInstanceOf(ArgumentError);
    }
    expect(thrown(() => new Arena(2 ** 31))).toBeInstanceOf(MemoryError);
  });

  test('is gone after dispose', () => {
    const arena = new Arena(1000);
    const region = arena.take(2);
    arena.dispose();
    expect(thrown(() => arena.f32(region))).toBeInstanceOf(MemoryError);
  });
});

describe('kernels', () => {
  test('have the signatures that TypeScript is told', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 32_768 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasmBytes('simd')), {
      env: { memory, lost: () => false },
    });
    const counts = Object.entries(exports).map(([name, f]) => [name, (f as () => void).length]);
    const told = Object.entries(SIGNATURES).map(([name, s]) => [name, s ? s.split(' ').length : 0]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(counts));
  });

  test('checked: the result of the kernel, or what is wrong with which argument', () => {
    const arena = new Arena(4096);
    const { vec_sum, vec_fill, is_relaxed } = checked(arena);
    const x = arena.take(6);
    vec_fill(6, 1.5, x.ptr);
    expect(vec_sum(6, x.ptr)).toBe(9);
    expect(is_relaxed()).toBe(0);
    const loose = vec_sum as (...args: unknown[]) => number;
    for (const [args, message] of [
      [[6], ['vec_sum', '2', '1']],
      [
        [6.5, x.ptr],
        ['vec_sum: n', '32-bit', '6.5'],
      ],
      [
        [6, x],
        ['vec_sum: x', 'object'],
      ],
      [
        [6, x.ptr + 2],
        ['vec_sum: x', '4', '65536..131072'],
      ],
      [
        [6, 200_000],
        ['vec_sum: x', '200000'],
      ],
      [
        [6, Number.NaN],
        ['vec_sum: x', 'NaN'],
      ],
    ] as const) {
      expectWords(
        thrown(() => loose(...args)),
        message,
      );
    }
  });

  test('lstm_forward gives the bits of the layer', () => {
    const [T, B, I, H] = [5, 2, 3, 7];
    const x = numbers(T * B * I, 11);
    const model = new Sequential([new LSTM(I, H)], { seed: 4 });
    const output = model.forward({ data: x, shape: [T, B, I] }).data;
    const state = model.stateDict();
    const arena = new Arena(1 << 16);
    const [wIh, wHh, bIh, bHh] = ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0'].map(
      (name) => arena.put(state[`0.${name}`]!.data).ptr,
    ) as [number, number, number, number];
    const [px, h, c] = [arena.put(x).ptr, arena.take(B, H).ptr, arena.take(B, H).ptr];
    const [y, gates] = [arena.take(T, B, H), arena.take(T, B, 4 * H).ptr];
    const work = arena.scratch(lstmWork(I, H, 0));
    checked(arena).lstm_forward(T, B, I, H, 0, 0, px, 0, wIh, wHh, bIh, bHh, h, c, y.ptr, gates, T, 0, work);
    expect(arena.f32(y)).toEqual(output);
  });
});
