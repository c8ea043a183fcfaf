import type { NDArray } from '../ndarray.ts';
import type { Parcel } from './parcel.ts';

/** The name under which the processor is registered. */
export const PROCESSOR = 'unrolled';

/** The processor's options. */
export interface Setup {
  readonly parcel: Parcel;
  readonly batch: number;
}

export type Message =
  | { readonly kind: 'load'; readonly parameters: Readonly<Record<string, NDArray>> }
  | { readonly kind: 'reset' | 'end' };
