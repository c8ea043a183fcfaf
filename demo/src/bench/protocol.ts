export type Engine = 'unrolled' | 'tfjs' | 'ort';
export type Kernels = 'simd' | 'relaxed';

/** To a worker that measures. */
export interface Asked {
  readonly engine: Engine;
  /** Of unrolled, and of the peak. */
  readonly kernels: Kernels;
}

/** From it. */
export type Told =
  | {
      readonly kind: 'work';
      readonly name: string;
      readonly us: number;
      /** GFLOP/s of multiply-adds right before. */
      readonly peak: number;
      /** How often it was repeated, since something else ran meanwhile; and whether that went on. */
      readonly again: number;
      readonly disturbed: boolean;
    }
  | { readonly kind: 'end'; readonly error?: string };
