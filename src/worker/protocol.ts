/**
 * Messages between the page (or Node's main thread) and the worker: calls to the worker, answers and notices from it.
 */

import type { NonFiniteFields } from '../errors.ts';

/** A call of `name`; its answer and notices have the same `id`. */
export interface Call {
  readonly unrolled: 'call';
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** The answer to a call. `steps`: updates made so far. */
export type Answer = { readonly unrolled: 'answer'; readonly id: number; readonly steps: number } & (
  | { readonly value: unknown }
  | { readonly failure: Failure }
);

/** A notice during a call. */
export interface Notice {
  readonly unrolled: 'notice';
  readonly id: number;
  /** `more`: requests another batch. */
  readonly kind: 'progress' | 'more' | 'checkpoint';
  readonly value: unknown;
}

/** An error as plain data. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly argument?: string | undefined;
  /** Fields of a NonFiniteError. */
  readonly numbers?: NonFiniteFields | undefined;
  readonly stack?: string | undefined;
}

/** Whether it is one of these messages; a worker may receive others. */
export function isOurs<K extends 'call' | 'answer' | 'notice'>(
  message: unknown,
  ...kinds: K[]
): message is Extract<Call | Answer | Notice, { unrolled: K }> {
  return kinds.includes((message as { unrolled?: K } | null)?.unrolled as K);
}
