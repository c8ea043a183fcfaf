import { beforeAll, describe, expect, test } from 'vitest';
import { QUANT_SIGNATURES } from '../../src/kernels/generated/quantSignatures.ts';
import {
  ArgumentError,
  checkedQuant,
  init,
  packQuant,
  quantArena,
  quantWork,
} from '../../src/kernels/index.ts';
import { expectWords } from '../errors.ts';
import { thrown } from '../model/helpers.ts';

const [M, N, K] = [3, 13, 37];

beforeAll(() => init({ kernels: 'simd' }));

describe('kernels of int8 weights on an arena', () => {
  test('quant_linear multiplies what packQuant packed; float kernels run on the same memory', () => {
    using arena = quantArena(1 << 16);
    const x = arena.put(Float32Array.from({ length: M * K }, (_, i) => Math.sin(i)));
    const weights = Float32Array.from({ length: N * K }, (_, i) => Math.cos(3 * i));
    const w = arena.put(packQuant(weights, N, K));
    const y = arena.take(M, N);
    checkedQuant(arena).quant_linear(M, N, K, 2, x.ptr, w.ptr, 0, y.ptr, arena.scratch(quantWork(K, 2)));
    const [rows, values] = [arena.f32(x), arena.f32(y)];
    for (let i = 0; i < M * N; i++) {
      const [row, output] = [Math.floor(i / N), i % N];
      let sum = 0;
      for (let k = 0; k < K; k++) sum += rows[row * K + k]! * weights[output * K + k]!;
      // a weight is half a step of 1/127 off at most
      expect(Math.abs(values[i]! - sum)).toBeLessThan(K / 254);
      expect(Math.abs(values[i]! - sum)).toBeGreaterThan(0);
    }
    arena.kernels.vec_scale(M * N, 0, y.ptr);
    expect(arena.f32(y).every((value) => value === 0)).toBe(true);
  });

  test('checkedQuant has every kernel, and says which argument is wrong', () => {
    using arena = quantArena(1024);
    const calls = checkedQuant(arena);
    expect(Object.keys(calls).sort()).toEqual(
      Object.keys(arena.quant)
        .filter((name) => /^quant_/.test(name))
        .sort(),
    );
    expect(Object.keys(QUANT_SIGNATURES).length).toBeGreaterThan(0);
    const gather = calls.quant_gather as (...args: unknown[]) => void;
    const wrong: [unknown[], string[]][] = [
      [
        [1, 2],
        ['quant_gather', '6', '2'],
      ],
      [
        [1.5, 2, 3, 0, 0, 0],
        ['quant_gather: m', '1.5'],
      ],
      [
        [1, 2, 3, 8, 0, 0],
        ['quant_gather: w', '8'],
      ],
    ];
    for (const [args, words] of wrong)
      expectWords(
        thrown(() => gather(...args)),
        words,
      );
  });

  test.each([
    ['n', [[], 0, 3]],
    ['k', [[], 1, 2 ** 20]],
    ['weights', [[1, 2, 3], 2, 2]],
    ['weights', [[1, Number.NaN], 1, 2]],
    ['weights', ['abcd', 2, 2]],
  ] as [string, [never, number, number]][])('packQuant refuses a wrong %s', (argument, args) => {
    const error = thrown(() => packQuant(...args));
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as ArgumentError).argument).toBe(argument);
  });
});
