import { floats } from '../../allocate.ts';
import { FormatError, show, showShape } from '../../errors.ts';
import type { Numbers } from './description.ts';

/** Maximum number of dimensions of nested lists. */
const MAX_RANK = 3;

/** An object of a file. */
export type Json = Readonly<Record<string, unknown>>;

export function bad(message: string): FormatError {
  return new FormatError(`amp: ${message}`);
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws {FormatError} unless it is an integer of at least `least` */
export function sizeOf(name: string, value: unknown, least = 1): number {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw bad(`${name}: expected an integer of at least ${least}, got ${show(value)}`);
  return value as number;
}

/** Nested lists as numbers with a shape. @throws {FormatError} if they are ragged or not finite numbers */
export function numbersOf(name: string, value: unknown): Numbers {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0]) {
    if (shape.push(level.length) > MAX_RANK) throw bad(`${name}: lists of more than ${MAX_RANK} levels`);
  }
  if (!shape.length) throw bad(`${name}: expected lists of numbers, got ${show(value)}`);
  // no more than the lists have, whatever their first ones say
  const data = floats((value as unknown[]).flat(MAX_RANK).length);
  let at = 0;
  const read = (list: unknown, level: number): void => {
    if (!Array.isArray(list) || list.length !== shape[level])
      throw bad(`${name}: lists of different lengths, expected ${showShape(shape)}`);
    for (const one of list) {
      if (level + 1 < shape.length) read(one, level + 1);
      else if (typeof one === 'number' && Number.isFinite(Math.fround(one))) data[at++] = one;
      else throw bad(`${name}: element ${at}: expected a finite number, got ${show(one)}`);
    }
  };
  read(value, 0);
  return { shape, data };
}

/** As numbersOf, of a shape. */
export function shaped(name: string, value: unknown, shape: readonly number[]): Numbers {
  const numbers = numbersOf(name, value);
  if (`${numbers.shape}` !== `${shape}`)
    throw bad(`${name}: expected ${showShape(shape)}, got ${showShape(numbers.shape)}`);
  return numbers;
}

/** Takes [rows, columns] to [columns, rows], whose blocks of equal size are then in the order given. */
export function transposed({ shape, data }: Numbers, blocks: readonly number[] = [0]): Numbers {
  const [rows = 1, columns = 1] = shape;
  const out = floats(data.length);
  const size = columns / blocks.length;
  blocks.forEach((block, b) => {
    for (let j = 0; j < size; j++) {
      for (let i = 0; i < rows; i++) out[(b * size + j) * rows + i] = data[i * columns + block * size + j]!;
    }
  });
  return { shape: [columns, rows], data: out };
}

/** Texts, numbers and booleans of an object, and what is in its objects by path. */
export function metadataOf(json: Json, path = ''): Record<string, string> {
  const pairs = Object.entries(json).flatMap(([key, value]): [string, string][] => {
    const name = path + key;
    if (isObject(value)) return path.length < 64 ? Object.entries(metadataOf(value, `${name}.`)) : [];
    return ['string', 'number', 'boolean'].includes(typeof value) ? [[name, String(value)]] : [];
  });
  return Object.fromEntries(pairs);
}
