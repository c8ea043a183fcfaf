/** To the worker: what the amplifier makes of the sample at a setting of its knob. */
export interface Asked {
  /** Samples per second. */
  readonly rate: number;
  /** 0..1 */
  readonly drive: number;
}

/** The sample before and after. */
export interface Rendered {
  readonly before: Float32Array<ArrayBuffer>;
  readonly after: Float32Array<ArrayBuffer>;
  /** Median time of a block of 128 samples, in µs. */
  readonly us: number;
}

export type Told =
  | ({ readonly kind: 'rendered'; readonly drive: number } & Rendered)
  | { readonly kind: 'failed'; readonly error: string };

/** Samples of a block of an AudioWorklet. */
export const BLOCK = 128;
