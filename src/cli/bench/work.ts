import type { InitOptions } from '../../index.ts';

/** The kernels to time. */
export type Options = Pick<InitOptions, 'kernels' | 'revectorize' | 'threads'>;

/** Something to time. */
export interface Work {
  /** Its kind, such as `lstm-step`. */
  readonly work: string;
  readonly shape: Readonly<Record<string, number>>;
  /** Floating-point operations of the products; of element-wise work the elements. */
  readonly flops: number;
  /** Bytes read and written, of element-wise work. */
  readonly bytes?: number;
  /** Threads that it is on. Default 1. */
  readonly threads?: number;
  /** Called before `make`. */
  load?(options: Options): Promise<void>;
  /** Makes what is run; `dispose` lets go of its memory. */
  make(): { run(): void; dispose?(): void };
}

/** Steps, rows and sizes of sequences. */
export const [T, B, I, H] = [64, 32, 64, 128];

export const wave = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i) / 2);

export const array = (...shape: number[]) => ({ data: wave(shape.reduce((a, b) => a * b, 1)), shape });
