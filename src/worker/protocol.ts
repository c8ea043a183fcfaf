/** What crosses between a page (or Node's main thread) and the worker: calls one way, answers and notices the other. */

import type { NonFiniteFields } from '../errors.ts';

/** A call of `name`; `id` tells its answer and its notices. */
export interface Call {
  readonly unrolled: 'call';
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** The end of a call. `steps`: updates made so far. */
export type Answer = { readonly unrolled: 'answer'; readonly id: number; readonly steps: number } & (
  | { readonly value: unknown }
  | { readonly failure: Failure }
);

/** Something on the way of a call. */
export interface Notice {
  readonly unrolled: 'notice';
  readonly id: number;
  /** `more`: another batch is wanted. */
  readonly kind: 'progress' | 'more';
  readonly value: unknown;
}

/** An error as plain data. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly argument?: string | undefined;
  /** What a NonFiniteError carries. */
  readonly numbers?: NonFiniteFields | undefined;
  readonly stack?: string | undefined;
}

/** Whether a message is one of these: a worker may carry others. */
export function isOurs<K extends 'call' | 'answer' | 'notice'>(
  message: unknown,
  ...kinds: K[]
): message is Extract<Call | Answer | Notice, { unrolled: K }> {
  return kinds.includes((message as { unrolled?: K } | null)?.unrolled as K);
}
