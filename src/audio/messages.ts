import type { NDArray } from '../ndarray.ts';
import type { Failure } from '../worker/protocol.ts';
import type { PackedModel } from './packedModel.ts';

/** The name under which the processor is registered. */
export const PROCESSOR = 'unrolled';

/** The processor's options. */
export interface Setup {
  readonly model: PackedModel;
  readonly batch: number;
}

/** What is asked of the processor. */
export type Request =
  | { readonly kind: 'load'; readonly parameters: Readonly<Record<string, NDArray>> }
  | { readonly kind: 'reset' | 'end' };

/** To the processor; `id` tells its answer. */
export interface Call {
  readonly id: number;
  readonly request: Request;
}

/** The id of an answer that nobody asked for: whether the model could be made. */
export const MADE = 0;

/** From the processor. */
export type Told =
  | { readonly kind: 'answer'; readonly id: number; readonly failure?: Failure }
  /** A call came that could not be read: whichever it was. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'resets'; readonly count: number };
