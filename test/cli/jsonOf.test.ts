import { expect, test } from 'vitest';
import { jsonOf } from '../../src/cli/serve/jsonOf.ts';

const read = (values: Float32Array) => Float32Array.from(JSON.parse(jsonOf(values)));

test.each([0, 1, 2, 64])('%i float32 values come back to the bit', (n) => {
  const values = Float32Array.from({ length: n }, (_, i) => Math.sin(i) * 4);
  expect(read(values)).toEqual(values);
});

test('at the borders of decades and of the range', () => {
  const near = [
    0,
    1e-9,
    1e-8,
    1e-7,
    0.1,
    1,
    9.999999,
    10,
    99.99999,
    100,
    214.74836,
    1000,
    2 ** 31,
    1e9,
    3.4e38,
  ];
  const values = Float32Array.from(near.flatMap((x) => [x, -x, x * (1 + 2 ** -23), -x * (1 - 2 ** -24)]));
  // -0 is written as 0
  expect(read(values.map((x) => x || 0))).toEqual(values.map((x) => x || 0));
  expect(read(new Float32Array([1e-45, -1.1754944e-38, -1.2345679e-6]))).toEqual(
    new Float32Array([1e-45, -1.1754944e-38, -1.2345679e-6]),
  );
});

test('what is not finite is null, as with JSON.stringify', () => {
  expect(jsonOf(new Float32Array([NaN, 1, Infinity, -Infinity]))).toBe('[null,1.0000000,null,null]');
});

test('random bits, and short text for logits', () => {
  const bits = new Int32Array(20_000);
  let state = 1;
  for (const i of bits.keys()) bits[i] = state = (Math.imul(state, 0x915f77f5) + 0x6a09e667) | 0;
  const values = new Float32Array(bits.buffer).filter(Number.isFinite);
  expect(read(values)).toEqual(values);
  const logits = values.map((_, i) => 30 * Math.sin(bits[i]!));
  expect(read(logits)).toEqual(logits);
  expect(jsonOf(logits).length).toBeLessThan(13 * logits.length);
});
