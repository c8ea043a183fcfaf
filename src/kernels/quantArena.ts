import { integer } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { isNumbers } from '../ndarray.ts';
import { loadKernels } from '../quant/binaries.ts';
import { onQuantKernels, quantKernels } from '../quant/kernels.ts';
import { MAX_COLUMNS, pack, quantizeRows } from '../quant/matrix.ts';
import type { QuantCalls } from '../wasm/generated/quantCalls.ts';
import { Arena } from './arena.ts';

/** An arena on which the kernels of int8 weights run, too. */
export interface QuantArena extends Arena {
  /** The kernels of int8 weights. Arguments are not checked. */
  readonly quant: QuantCalls;
}

/**
 * An arena on which the kernels of int8 weights run, too. The first one compiles them, which takes some milliseconds.
 * @throws as `new Arena(capacity)`
 * @throws {FeatureError} if the engine can't compile them
 */
export function quantArena(capacity: number): QuantArena {
  loadKernels();
  const arena = onQuantKernels(() => new Arena(capacity));
  return Object.assign(arena, { quant: quantKernels({ kernels: arena.direct }) });
}

/**
 * W[n, k] as int8 with a scale per row, packed for the kernels as the bits of floats: `arena.put(packQuant(weights, n, k))`.
 * @throws {ArgumentError} if n or k is not positive, k is above 131,072, or weights are not n·k finite numbers
 */
export function packQuant(weights: ArrayLike<number>, n: number, k: number): Float32Array<ArrayBuffer> {
  integer('n', n, 1);
  integer('k', k, 1, MAX_COLUMNS);
  if (!isNumbers(weights) || weights.length !== n * k)
    throw new ArgumentError('weights', `${n * k} numbers`, weights);
  const shape = [n, k];
  const rows = quantizeRows('weights', Float32Array.from(weights), shape);
  return pack(rows, { name: 'weights', shape });
}
