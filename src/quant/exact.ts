import type { QuantCalls } from '../wasm/generated/quantCalls.ts';
import { pack } from './matrix.ts';

const [ROWS, OUTPUTS, INPUTS] = [3, 13, 37];

/**
 * Whether the products of these kernels are exact: the relaxed dot product of Node 20, where it is behind a flag, is not.
 */
export function isExact(module: WebAssembly.Module): boolean {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
  const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as QuantCalls;
  const f32 = new Float32Array(memory.buffer);
  // integers 0…127, both among them, are quantized to themselves
  const x = Float32Array.from({ length: ROWS * INPUTS }, (_, i) => (i * 29) % 128);
  const w = Int8Array.from({ length: OUTPUTS * INPUTS }, (_, i) => ((i * 37) % 256) - 128);
  const [xAt, wAt, yAt, work] = [65_536, 69_632, 73_728, 77_824];
  for (let row = 0; row < ROWS; row++) x.set([0, 127], row * INPUTS);
  f32.set(x, xAt / 4);
  f32.set(
    pack({ values: w, scales: new Float32Array(OUTPUTS).fill(1) }, { name: '', shape: [OUTPUTS, INPUTS] }),
    wAt / 4,
  );
  kernels.quant_linear(ROWS, OUTPUTS, INPUTS, 1, xAt, wAt, 0, yAt, work);
  for (let i = 0; i < ROWS * OUTPUTS; i++) {
    const [row, output] = [Math.floor(i / OUTPUTS), i % OUTPUTS];
    let sum = 0;
    for (let k = 0; k < INPUTS; k++) sum += x[row * INPUTS + k]! * w[output * INPUTS + k]!;
    if (f32[yAt / 4 + i] !== sum) return false;
  }
  return true;
}
