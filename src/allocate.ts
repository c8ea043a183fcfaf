import { MemoryError } from './errors.ts';

/** The result of `make`, which needs `bytes` (0: unknown). @throws {MemoryError} if the engine refuses them */
export function allocated<T>(bytes: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const size = bytes ? ` for ${mebibytes(bytes)}` : '';
    throw new MemoryError(`no memory${size}`, { cause: error });
  }
}

/** A size for a message, such as `4.0 MiB`. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Number of elements of a shape. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Allocates an Int32Array. @throws {MemoryError} if the engine can't allocate it */
export function integers(length: number): Int32Array<ArrayBuffer> {
  return allocated(4 * length, () => new Int32Array(length));
}

/** An array of bytes, zeros. @throws {MemoryError} where the engine refuses it */
export function byteArray(length: number): Uint8Array<ArrayBuffer> {
  return allocated(length, () => new Uint8Array(length));
}

/** Allocates a Float32Array. @throws {MemoryError} if the engine can't allocate it */
export function floats(length: number): Float32Array<ArrayBuffer> {
  return allocated(4 * length, () => new Float32Array(length));
}

/** Allocates a Float64Array. @throws {MemoryError} if the engine can't allocate it */
export function doubles(length: number): Float64Array<ArrayBuffer> {
  return allocated(8 * length, () => new Float64Array(length));
}
