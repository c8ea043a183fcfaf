import type { Context, Value } from '../builder.ts';
import type { Json } from '../json.ts';

/** An argument of an operation: a tensor, or a plain value. */
export type Argument = { readonly value: Value } | { readonly json: Json };

/** A call of an operation. */
export interface Operation extends Context {
  /** Its first argument, a tensor. */
  readonly x: Value;
  /** Tensors of its first argument, which is a list. */
  readonly list: readonly Value[];
  /** An argument by its place or name. */
  get(at: number, ...names: readonly string[]): Argument;
  plain(at: number, ...names: readonly string[]): Json;
}

export type Run = (call: Operation) => Value | readonly Value[];

/** The tensor that an argument is. */
export const tensorOf = (argument: Argument): Value | undefined =>
  'value' in argument ? argument.value : undefined;
