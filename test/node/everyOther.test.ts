import { expect, test } from 'vitest';
import { inTurns } from '../../scripts/everyOther.mjs';
import { everyOther } from '../../src/wasm/everyOther.ts';
import { wasmBytes } from '../kernels/binaries.ts';

/** A binary of functions with as many bytes. */
function binary(...functions: readonly number[]): Uint8Array {
  const number = (n: number) => [(n & 127) | 128, ((n >> 7) & 127) | 128, n >> 14];
  const bodies = functions.flatMap((n, i) => [...number(n), ...new Array<number>(n).fill(i)]);
  const code = [...number(functions.length), ...bodies];
  const other = [1, 3, 7, 8, 9];
  return Uint8Array.from([
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    ...other,
    10,
    ...number(code.length),
    ...code,
    0,
    1,
    5,
  ]);
}

const pairs: Readonly<Record<string, readonly [Uint8Array, Uint8Array]>> = {
  'both builds': [wasmBytes('relaxed'), wasmBytes('simd')],
  'binaries of different sizes': [wasmBytes('relaxed quant'), wasmBytes('checked')],
  'a function of more than 16 bits': [binary(70_000, 3), binary(4)],
  'more functions in the second one': [binary(), binary(1, 2, 65_535, 65_533, 131_070)],
};

test.each(Object.entries(pairs))('%s: each comes out as it went in', (_, [first, second]) => {
  const both = () => Uint8Array.from(inTurns(first, second));
  expect(Buffer.compare(everyOther(both(), false), first)).toBe(0);
  expect(Buffer.compare(everyOther(both(), true), second)).toBe(0);
});
