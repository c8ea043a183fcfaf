import type { NDArray } from '../ndarray.ts';
import type { Failure } from '../worker/protocol.ts';
import type { PackedGraph, PackedModel } from './packedModel.ts';

/** The name under which the processor is registered. */
export const PROCESSOR = 'unrolled';

/** The processor's options. */
export interface Setup {
  readonly model: PackedModel | PackedGraph;
  readonly batch: number;
}

/** Requests to the processor. */
export type Request =
  | { readonly kind: 'load'; readonly parameters: Readonly<Record<string, NDArray>> }
  | { readonly kind: 'reset' | 'end' };

/** A request; its answer has the same `id`. */
export interface Call {
  readonly id: number;
  readonly request: Request;
}

/** The id of the first answer, which has no request: whether the model was created. */
export const MADE = 0;

/** Messages from the processor. */
export type Told =
  | { readonly kind: 'answer'; readonly id: number; readonly failure?: Failure }
  /** A request could not be read; which one is unknown. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'resets'; readonly count: number };
