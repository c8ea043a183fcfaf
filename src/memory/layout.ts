import { elements, mebibytes } from '../allocate.ts';
import { MemoryError } from '../errors.ts';

/** Location of an array of 32-bit numbers in a memory. `ptr` is a byte offset, a multiple of 64. */
export interface Region {
  /** Byte offset from the start of the memory. */
  readonly ptr: number;
  /** Dimensions, the fastest last. */
  readonly shape: readonly number[];
  /** Number of elements: the product of the shape. */
  readonly length: number;
}

/** Maximum size of a memory in bytes: pointers are below 2^31. */
export const MAX_BYTES = 2 ** 31;

/** Assigns consecutive regions on 64-byte boundaries. It only computes addresses; no memory is touched. */
export class Layout {
  #end: number;

  constructor(start: number) {
    this.#end = align(start);
  }

  /** The first free byte. */
  get end(): number {
    return this.#end;
  }

  /**
   * Returns the next region.
   * @throws {MemoryError} beyond 2 GiB
   */
  take(what: string, ...shape: number[]): Region {
    const length = elements(shape);
    const ptr = this.#end;
    const end = align(ptr + 4 * length);
    if (end > MAX_BYTES) {
      throw new MemoryError(
        `${what} [${shape.join(', ')}] would end at ${mebibytes(ptr + 4 * length)}, beyond 2048 MiB`,
      );
    }
    this.#end = end;
    return { ptr, shape, length };
  }
}

/** A region that lies at a distance from another, which may be placed later or change from call to call. */
export class At implements Region {
  readonly shape: readonly number[];
  readonly length: number;
  readonly #ptr: () => number;

  constructor(shape: readonly number[], ptr: () => number) {
    this.shape = shape;
    this.length = elements(shape);
    this.#ptr = ptr;
  }

  get ptr(): number {
    return this.#ptr();
  }
}

export function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
