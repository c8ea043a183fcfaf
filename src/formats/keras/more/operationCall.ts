import type { Context, Value } from '../builder.ts';
import { shown } from '../config.ts';
import type { Json } from '../json.ts';
import { axisOf } from '../tensors.ts';

/** An argument of an operation: a tensor, or a plain value. */
export interface Argument {
  readonly value: Value | undefined;
  readonly json: Json | undefined;
}

/** A call of an operation. */
export interface Operation extends Context {
  /** Its first argument, a tensor. */
  readonly x: Value;
  /** Tensors of its first argument, which is a list. */
  readonly list: readonly Value[];
  /** An argument by its place or name; undefined where it is missing. */
  get(at: number, ...names: readonly string[]): Argument;
  plain(at: number, ...names: readonly string[]): Json | undefined;
}

export type Run = (call: Operation) => Value | readonly Value[];

/** Whether it is an operation of TensorFlow, whose defaults differ. */
export const isTf = ({ layer }: Operation) => layer.text('operation').includes('.');

/** @throws {FormatError} that names an argument and its value */
export const refuse = ({ layer }: Context, name: string, value: Json | undefined): never =>
  layer.fail(`its argument ${name} ${shown(value)} is not supported`);

/** The argument `axis`, without the batch; null stands for all axes. */
export function axisAt(call: Operation, at: number, otherwise: Json): number {
  const given = call.plain(at, 'axis');
  return axisOf(call, given === undefined ? otherwise : given, call.x);
}

export function numberAt(call: Operation, at: number, otherwise: Json, ...names: readonly string[]): number {
  const value = call.plain(at, ...names) ?? otherwise;
  return typeof value === 'number' ? value : refuse(call, names[0]!, value);
}
