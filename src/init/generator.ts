import { integer } from '../check.ts';
import { ArgumentError } from '../errors.ts';

/**
 * xoshiro128** (Blackman & Vigna 2018), seeded with splitmix32. It uses only integer arithmetic, so a seed gives the
 * same numbers on every engine.
 */
export class Generator {
  readonly #s = new Uint32Array(4);
  readonly #kept = new Uint32Array(4);

  /** @throws {ArgumentError} if seed is not an integer in 0..2^53−1 */
  constructor(seed: number) {
    integer('seed', seed, 0);
    let x = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b9)) >>> 0;
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e3779b9) >>> 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.#s[i] = z ^ (z >>> 15);
    }
  }

  /** An integer in 0..2^32−1. */
  next(): number {
    const s = this.#s;
    const s1 = s[1]!;
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
    s[2]! ^= s[0]!;
    s[3]! ^= s1;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= s1 << 9;
    s[3] = rotate(s[3]!, 11);
    return result;
  }

  /** A multiple of 2^-24 in [0, 1). */
  uniform(): number {
    return (this.next() >>> 8) * 2 ** -24;
  }

  /** An integer in 0..n−1. @throws {ArgumentError} if n is not an integer in 1..2^32 */
  integer(n: number): number {
    integer('n', n, 1, 2 ** 32);
    return Math.floor((this.next() / 2 ** 32) * n);
  }

  /**
   * A normal number with mean 0 and variance 1: the sum of 12 uniform numbers minus 6 (Irwin–Hall), which needs no
   * logarithm; |value| <= 6.
   */
  normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.uniform();
    return sum;
  }

  /**
   * out[i] = base + (sum − offset) · factor, where sum is that of `terms` calls of `uniform`, 1 to 127; offset: a multiple of
   * 2^-24. Models draw with the kernel of this form.
   * @internal
   */
  fill(out: Float32Array, terms: number, offset: number, factor: number, base: number): void {
    for (let i = 0; i < out.length; i++) {
      let sum = -offset;
      for (let j = 0; j < terms; j++) sum += this.uniform();
      out[i] = base + sum * factor;
    }
  }

  /** Stores the current state. @internal */
  mark(): void {
    this.#kept.set(this.#s);
  }

  /** Restores the state stored by `mark`. @internal */
  rewind(): void {
    this.#s.set(this.#kept);
  }

  /** The state: four 32-bit integers. Can be assigned. */
  get state(): number[] {
    return [...this.#s];
  }

  /** @throws {ArgumentError} unless it is four 32-bit integers, not all 0 */
  set state(value: readonly number[]) {
    const given = Array.isArray(value) ? [...value] : [];
    const whole = given.length === 4 && given.every((v) => Number.isInteger(v) && v >>> 0 === v);
    if (!whole || given.every((v) => v === 0)) {
      throw new ArgumentError('generator state', 'four 32-bit integers, not all 0', value);
    }
    this.#s.set(given);
  }
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
