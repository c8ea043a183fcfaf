import type { Cursor } from './file.ts';

/** The type of a value's elements. */
export type Datatype =
  | { readonly kind: 'float' | 'int' | 'uint'; readonly size: number; readonly bigEndian: boolean }
  /** Text of a fixed number of bytes. */
  | { readonly kind: 'text'; readonly size: number }
  /** Text of any length, in the global heap. */
  | { readonly kind: 'varyingText'; readonly size: number }
  | { readonly kind: 'other'; readonly size: number; readonly name: string };

const NAMES = [
  ...['integer', 'float', 'time', 'string', 'bit field', 'opaque', 'compound', 'reference', 'enumeration'],
  ...['sequence of varying length', 'array'],
];

/** Fields of IEEE's floats by size; the first has the place of the sign, and that the mantissa's first bit is implied. */
const IEEE: Readonly<Record<number, string>> = {
  2: '3872,0,16,10,5,0,10,15',
  4: '7968,0,32,23,8,0,23,127',
  8: '16160,0,64,52,11,0,52,1023',
};

/** Enumerations have integers as base. */
const DEEPEST = 4;

/** Reads the message of a datatype. @throws {FormatError} if it ends too early */
export function readDatatype(cursor: Cursor, depth = 0): Datatype {
  const classAndVersion = cursor.u8();
  const bits = cursor.uint(3);
  const size = cursor.u32();
  const type = classAndVersion & 15;
  const name = NAMES[type] ?? `class ${type}`;
  const other = { kind: 'other', size, name } as const;
  if (size === 0) cursor.fail('a datatype of 0 bytes');
  if (depth > DEEPEST) cursor.fail('datatypes nested too deep');
  const bigEndian = (bits & 1) !== 0;
  if (type === 0) {
    const isWhole = cursor.u16() === 0 && cursor.u16() === 8 * size && [1, 2, 4, 8].includes(size);
    return isWhole ? { kind: bits & 8 ? 'int' : 'uint', size, bigEndian } : other;
  }
  if (type === 1) {
    // offset, precision; places and sizes of exponent and mantissa; bias
    const found = [bits & 0xfff0, cursor.u16(), cursor.u16(), ...cursor.bytes(4), cursor.u32()];
    return IEEE[size] === `${found}` ? { kind: 'float', size, bigEndian } : other;
  }
  if (type === 3) return { kind: 'text', size };
  if (type === 8) {
    const base = readDatatype(cursor, depth + 1);
    return base.size === size ? base : other;
  }
  if (type === 9 && (bits & 15) === 1) return { kind: 'varyingText', size };
  return other;
}

/** Reads the message of a dataspace: the shape; undefined for one without elements. */
export function readShape(cursor: Cursor): number[] | undefined {
  const version = cursor.u8();
  if (version !== 1 && version !== 2) cursor.fail(`expected dataspace version 1 or 2, got ${version}`);
  const rank = cursor.u8();
  const hasMost = cursor.u8() & 1;
  const isEmpty = cursor.u8() === 2 && version === 2;
  if (version === 1) cursor.skip(4);
  if (rank > 32) cursor.fail(`expected at most 32 dimensions, got ${rank}`);
  const sizes = () => Array.from({ length: rank }, () => cursor.length());
  const shape = sizes();
  if (shape.some((size) => size < 0)) cursor.fail('a dimension without a size');
  // unlimited ones are below 0
  const most = hasMost ? sizes() : shape;
  if (most.some((size, i) => size >= 0 && size < shape[i]!))
    cursor.fail(`expected at most [${most}] elements, got [${shape}],`);
  return isEmpty ? undefined : shape;
}

/** Elements of a shape. @throws {FormatError} above 2^53 */
export function countOf(shape: readonly number[], cursor: Cursor): number {
  const count = shape.reduce((product, size) => product * size, 1);
  return count <= Number.MAX_SAFE_INTEGER ? count : cursor.fail('a shape of too many elements');
}
