import { describe, expect, test } from 'vitest';
import { generator, uniform } from '../reference/random.ts';
import { expectSame } from './closeness.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';

interface Options {
  key?: number;
  counter?: number;
  threshold?: number;
  scale?: number;
  place?: [x: Placement, y: Placement];
}

function threshold(p: number): number {
  return Math.round(p * 2 ** 32);
}

function dropout(build: BuildName, x: ArrayLike<number>, o: Options = {}): Float32Array {
  const {
    key = 1,
    counter = 0,
    threshold: t = threshold(0.5),
    scale = 1,
    place = ['guarded', 'guarded'],
  } = o;
  const n = x.length;
  const sandbox = new Sandbox(build, n * 8 + 256);
  const from = sandbox.input('x', x, place[0]);
  const to = sandbox.output('y', n, place[1]);
  sandbox.run((k) => k.dropout(n, key, counter, t, scale, from, to));
  return sandbox.read(to, n);
}

/** 1 where the value is kept. */
function mask(build: BuildName, n: number, o: Options = {}): Float32Array {
  return dropout(build, new Float32Array(n).fill(1), o);
}

/** FNV-1a of the mask, a byte a value. */
function hash(values: Float32Array): number {
  let h = 0x811c9dc5;
  for (const v of values) h = Math.imul(h ^ v, 0x01000193);
  return h >>> 0;
}

const N = 100_000;

describe('dropout', () => {
  test.each([
    { key: 1, counter: 0, bits: '0001000011111100', sum: 1841845128 },
    { key: 0xdeadbeef, counter: 12345, bits: '1001011000001000', sum: 1149914014 },
    { key: 0, counter: 0xfffffff8, bits: '1110010001000010', sum: 1443350599 },
  ])('mask of key $key from $counter', ({ key, counter, bits, sum }) => {
    for (const build of builds) {
      const kept = mask(build, 4096, { key, counter });
      expect([...kept.subarray(0, 16)].join(''), build).toBe(bits);
      expect(hash(kept), build).toBe(sum);
    }
  });

  test('the word of a value is the highest threshold that keeps it', () => {
    // key 1, counters 0..4
    const words = [1927925247, 1173055101, 492002416, 3521596485, 1900248260];
    for (const build of builds) {
      for (const [i, word] of words.entries()) {
        expect(mask(build, 5, { threshold: word })[i], `${build}, value ${i}`).toBe(1);
        expect(mask(build, 5, { threshold: word + 1 })[i], `${build}, value ${i}`).toBe(0);
      }
    }
  });

  test.each([0.1, 0.5, 0.9])('rate %f within four sigma', (p) => {
    for (const build of builds) {
      for (const key of [0, 1, 2, 77, 0x80000000, 0xffffffff]) {
        const kept = mask(build, N, { key, threshold: threshold(p) }).reduce((a, b) => a + b, 0);
        const sigma = Math.sqrt(N * p * (1 - p));
        expect(Math.abs(kept - N * (1 - p)), `${build}, key ${key}`).toBeLessThan(4 * sigma);
      }
    }
  });

  test.each(builds)(
    '%s: masks of neighbouring keys and neighbouring values agree by chance only',
    (build) => {
      const sigma = Math.sqrt(N) / 2;
      const agreements = (a: Float32Array, b: Float32Array) =>
        a.reduce((s, v, i) => s + (v === b[i] ? 1 : 0), 0);
      for (const key of [0, 1, 1000]) {
        const kept = mask(build, N + 64, { key });
        const whole = kept.subarray(0, N);
        for (const other of [key + 1, key ^ 2, key ^ 0x80000000]) {
          const same = agreements(whole, mask(build, N, { key: other }));
          expect(Math.abs(same - N / 2), `keys ${key}, ${other}`).toBeLessThan(4 * sigma);
        }
        for (const lag of [1, 2, 4, 64]) {
          const same = agreements(whole, kept.subarray(lag, lag + N));
          expect(Math.abs(same - N / 2), `key ${key}, lag ${lag}`).toBeLessThan(4 * sigma);
        }
      }
    },
  );

  test.each(builds)('%s: two pieces give what one call gives', (build) => {
    const x = Float32Array.from(uniform(generator(4), 103));
    const options = { key: 9, counter: 0xffffffd0, scale: 2 };
    const whole = dropout(build, x, options);
    for (const cut of [1, 2, 3, 4, 5, 50, 101]) {
      const first = dropout(build, x.subarray(0, cut), options);
      const second = dropout(build, x.subarray(cut), { ...options, counter: options.counter + cut });
      expectSame([...first, ...second], whole, `cut at ${cut}`);
    }
  });

  test.each(builds)('%s: threshold 0 keeps all, the highest almost none', (build) => {
    const x = Float32Array.from(uniform(generator(5), 37));
    expectSame(dropout(build, x, { threshold: 0 }), x, 'kept');
    expectSame(dropout(build, x, { threshold: 0xffffffff }), new Float32Array(37), 'dropped');
  });

  test.each(builds)(
    '%s: kept values are x · scale exactly, dropped ones 0 even from NaN and Inf',
    (build) => {
      const x = Float32Array.from(uniform(generator(6), 64));
      x.fill(Number.NaN, 20, 30).fill(Number.NEGATIVE_INFINITY, 40, 50);
      const scale = Math.fround(1 / 0.7);
      const kept = mask(build, 64, { key: 5 });
      const y = dropout(build, x, { key: 5, scale });
      const expected = x.map((v, i) => (kept[i] ? v * scale : 0));
      expectSame(y, expected, 'y');
      expect(kept.subarray(20, 30)).toContain(0);
      expect(kept.subarray(20, 30)).toContain(1);
    },
  );

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 31])('n %i: in place, at the end of memory, backward', (n) => {
    const x = Float32Array.from(uniform(generator(n), n));
    const dy = Float32Array.from(uniform(generator(n + 100), n));
    const options = { key: n, counter: 3, scale: 2 };
    const found = builds.map((build) => {
      const y = dropout(build, x, options);
      for (const place of [
        ['flush', 'guarded'],
        ['guarded', 'flush'],
      ] as const) {
        expectSame(dropout(build, x, { ...options, place: [...place] }), y, `${build}, ${place}`);
      }
      const sandbox = new Sandbox(build, 1024);
      const at = sandbox.output('x', x);
      sandbox.run((k) => k.dropout(n, n, 3, threshold(0.5), 2, at, at));
      expectSame(sandbox.read(at, n), y, `${build}, in place`);
      const dx = dropout(build, dy, options);
      const both = y.map((v, i) => (v === 0 ? 0 : dy[i]! * 2));
      expectSame(dx, both, `${build}, backward`);
      return y;
    });
    for (const [i, y] of found.entries()) expectSame(y, found[0]!, builds[i]!);
  });
});
