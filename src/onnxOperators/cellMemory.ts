/** Floats at the given pointers. */
export interface CellMemory {
  readonly x: number;
  /** State, and result: h [N, H]. */
  readonly h: number;
  readonly c: number;
  /** [T, N, H]. */
  readonly y: number;
  readonly work: number;
}

/** Where the parts of scratch memory lie, in bytes. */
export class Parts {
  bytes = 0;

  /** Offset of `floats` floats. */
  take(floats: number): number {
    const at = this.bytes;
    this.bytes += 64 * Math.ceil(floats / 16);
    return at;
  }
}
