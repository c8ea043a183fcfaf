import { describe, expect, test } from 'vitest';
import { ArgumentError, Generator } from '../../src/index.ts';
import { thrown } from '../model/helpers.ts';

const MASK = 0xffff_ffffn;

/** xoshiro128** after Blackman & Vigna (2018), its state from splitmix32, in integers of any size. */
class Reference {
  s: bigint[] = [];

  constructor(seed: number) {
    const wide = BigInt(seed);
    let x = (wide & MASK) ^ (((wide >> 32n) * 0x9e3779b9n) & MASK);
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9n) & MASK;
      let z = ((x ^ (x >> 16n)) * 0x21f0aaadn) & MASK;
      z = ((z ^ (z >> 15n)) * 0x735a2d97n) & MASK;
      this.s.push(z ^ (z >> 15n));
    }
  }

  next(): bigint {
    const [s0, s1, s2, s3] = this.s as [bigint, bigint, bigint, bigint];
    const result = (rotate((s1 * 5n) & MASK, 7n) * 9n) & MASK;
    const t = (s1 << 9n) & MASK;
    const [a, b] = [s2 ^ s0, s3 ^ s1];
    this.s = [s0 ^ b, s1 ^ a, a ^ t, rotate(b, 11n)];
    return result;
  }
}

function rotate(x: bigint, bits: bigint): bigint {
  return ((x << bits) | (x >> (32n - bits))) & MASK;
}

const seeds = [0, 1, 42, 2 ** 32 - 1, 2 ** 32, 123_456_789_012, Number.MAX_SAFE_INTEGER];

describe('Generator', () => {
  test.each(seeds)('seed %i: the numbers of the reference', (seed) => {
    const [generator, reference] = [new Generator(seed), new Reference(seed)];
    for (let i = 0; i < 1000; i++) expect(generator.next()).toBe(Number(reference.next()));
    expect(generator.state).toEqual(reference.s.map(Number));
  });

  test.each([
    [0, [1789933344, 44971166, 2521387044, 3848737593]],
    [42, [660444221, 3652823732, 77672526, 910233633]],
  ])('seed %i: the first numbers', (seed, first) => {
    const generator = new Generator(seed);
    expect(Array.from({ length: 4 }, () => generator.next())).toEqual(first);
  });

  test('seeds beyond 32 bits are told apart', () => {
    const first = new Set(seeds.map((seed) => new Generator(seed).next()));
    expect(first.size).toBe(seeds.length);
  });

  test('the state continues where it was taken', () => {
    const [a, b] = [new Generator(3), new Generator(4)];
    for (let i = 0; i < 10; i++) a.next();
    const { state } = a;
    const after = Array.from({ length: 10 }, () => a.next());
    b.state = JSON.parse(JSON.stringify(state));
    expect(Array.from({ length: 10 }, () => b.next())).toEqual(after);
    expect(state).not.toEqual(a.state);
  });

  const N = 200_000;

  test('uniform: multiples of 2^-24 in [0, 1), evenly', () => {
    const generator = new Generator(1);
    const bins = new Array(64).fill(0);
    for (let i = 0; i < N; i++) {
      const u = generator.uniform();
      if (u < 0 || u >= 1 || !Number.isInteger(u * 2 ** 24)) expect.fail(`${u}`);
      bins[Math.floor(u * 64)]++;
    }
    // χ² of 63 degrees of freedom: mean 63, standard deviation 11.2
    const chi = bins.reduce((sum, n) => sum + (n - N / 64) ** 2 / (N / 64), 0);
    expect(chi).toBeLessThan(63 + 5 * 11.3);
    expect(chi).toBeGreaterThan(63 - 5 * 11.3);
  });

  test('normal: mean 0, variance 1, symmetric, within ±6', () => {
    const generator = new Generator(2);
    const moments = [0, 0, 0];
    for (let i = 0; i < N; i++) {
      const v = generator.normal();
      if (Math.abs(v) > 6) expect.fail(`${v}`);
      for (const k of [0, 1, 2]) moments[k]! += v ** (k + 1) / N;
    }
    const sigma = 1 / Math.sqrt(N);
    expect(Math.abs(moments[0]!)).toBeLessThan(5 * sigma);
    expect(Math.abs(moments[1]! - 1)).toBeLessThan(5 * Math.SQRT2 * sigma);
    expect(Math.abs(moments[2]!)).toBeLessThan(5 * 4 * sigma);
  });

  test.each([1, 2, 7, 1000, 2 ** 32])('integer: 0..n−1 evenly, n = %i', (n) => {
    const generator = new Generator(3);
    const counts = new Map<number, number>();
    const M = 20_000;
    for (let i = 0; i < M; i++) {
      const v = generator.integer(n);
      if (!Number.isInteger(v) || v < 0 || v >= n) expect.fail(`${v}`);
      const bin = Math.floor((v / n) * Math.min(n, 10));
      counts.set(bin, (counts.get(bin) ?? 0) + 1);
    }
    const bins = Math.min(n, 10);
    expect(counts.size).toBe(bins);
    for (const count of counts.values())
      expect(Math.abs(count - M / bins)).toBeLessThan(5 * Math.sqrt(M / bins) + 1);
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53, '1', undefined])('seed %o is refused', (seed) => {
    const error = thrown(() => new Generator(seed as never));
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as ArgumentError).argument).toBe('seed');
  });

  test.each([0, -1, 1.5, 2 ** 33, Number.NaN])('integer(%o) is refused', (n) => {
    expect(thrown(() => new Generator(1).integer(n))).toBeInstanceOf(ArgumentError);
  });

  test.each([[[0, 0, 0, 0]], [[1, 2, 3]], [[1, 2, 3, 2 ** 32]], [[1, 2, 3, -1]], [[1, 2, 3, '4']], [null]])(
    'state %o is refused and changes nothing',
    (state) => {
      const generator = new Generator(1);
      const before = generator.state;
      const error = thrown(() => {
        generator.state = state as never;
      });
      expect(error).toBeInstanceOf(ArgumentError);
      expect(generator.state).toEqual(before);
    },
  );
});
