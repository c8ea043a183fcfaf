import { expect, test } from 'vitest';
import type { KernelCalls } from '../../src/wasm/generated/kernelCalls.ts';
import { ARRIVED, OVER } from '../../src/wasm/threads/words.ts';
import { wasmBytes } from './binaries.ts';

const [rows, columns] = [3, 40];
const AT = { a: 65_536, sums: 131_072 };

test('each thread of a team does its share, and a single thread does all', async () => {
  const memory = new WebAssembly.Memory({ initial: 3, maximum: 3 });
  const { instance } = await WebAssembly.instantiate(wasmBytes('simd'), {
    env: { memory, lost: () => false },
  });
  const kernels = instance.exports as unknown as KernelCalls;
  const f32 = new Float32Array(memory.buffer);
  f32.fill(1, AT.a / 4, AT.a / 4 + rows * columns);
  const sums = f32.subarray(AT.sums / 4, AT.sums / 4 + columns);
  const nonzero = () => sums.reduce((count, sum) => count + (sum === 0 ? 0 : 1), 0);
  // one thread takes the part of each in turn, so that no barrier may wait
  new Int32Array(memory.buffer)[ARRIVED] = OVER - 100;
  let before = 0;
  for (let i = 0; i < 3; i++) {
    kernels.join_team(i, 3);
    kernels.add_column_sums(rows, columns, AT.a, columns, AT.sums);
    expect(nonzero()).toBeGreaterThan(before);
    before = nonzero();
  }
  expect([...sums]).toEqual(Array(columns).fill(rows));
  kernels.join_team(0, 1);
  kernels.add_column_sums(rows, columns, AT.a, columns, AT.sums);
  expect([...sums]).toEqual(Array(columns).fill(2 * rows));
});
