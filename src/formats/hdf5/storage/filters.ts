import { FormatError } from '../../../errors.ts';
import { inflate } from '../../zip/inflate.ts';
import type { Cursor } from '../file.ts';

/** A filter that was applied to chunks when they were written. */
export interface Filter {
  readonly id: number;
  /** Of shuffle: bytes of an element. */
  readonly values: readonly number[];
}

const DEFLATE = 1;
const SHUFFLE = 2;
const FLETCHER32 = 3;

/** Reads the message of a filter pipeline. */
export function readFilters(cursor: Cursor): Filter[] {
  const version = cursor.u8();
  if (version !== 1 && version !== 2) cursor.fail(`expected filter version 1 or 2, got ${version}`);
  const count = cursor.u8();
  if (version === 1) cursor.skip(6);
  return Array.from({ length: count }, () => {
    const id = cursor.u16();
    const named = version === 1 || id >= 256;
    const name = named ? cursor.u16() : 0;
    cursor.skip(2);
    const number = cursor.u16();
    cursor.skip(version === 1 ? Math.ceil(name / 8) * 8 : name);
    const values = Array.from({ length: number }, () => cursor.u32());
    if (version === 1 && number % 2) cursor.skip(4);
    return { id, values };
  });
}

/**
 * Undoes the filters of a chunk.
 * @param mask bits of filters that were not applied to it
 * @param size bytes of the chunk without filters
 * @throws {FormatError} if a filter is unknown or the data do not fit
 */
export function unfilter(
  filters: readonly Filter[],
  mask: number,
  chunk: Uint8Array,
  size: number,
  where: string,
): Uint8Array {
  let bytes = chunk;
  for (let i = filters.length - 1; i >= 0; i--) {
    if ((mask >> i) & 1) continue;
    const { id, values } = filters[i]!;
    if (id === DEFLATE) {
      const sums = filters.filter((each, j) => j < i && each.id === FLETCHER32 && !((mask >> j) & 1)).length;
      bytes = inflateZlib(bytes, size + 4 * sums, where);
    } else if (id === SHUFFLE) bytes = unshuffle(bytes, values[0] ?? 1);
    else if (id === FLETCHER32) bytes = checked(bytes.subarray(0, -4), bytes.slice(-4), 2, 65535, where);
    else
      throw new FormatError(
        `hdf5: ${where}: filter ${id} is not supported (deflate, shuffle and fletcher32 are)`,
      );
  }
  if (bytes.length !== size)
    throw new FormatError(`hdf5: ${where}: expected chunks of ${size} bytes, got ${bytes.length}`);
  return bytes;
}

/** Inflates deflate with the header of zlib, 2 bytes, and Adler-32 at the end, whose sums are in the other order. */
function inflateZlib(bytes: Uint8Array, size: number, where: string): Uint8Array {
  let why = `does not inflate to ${size} bytes`;
  let out: Uint8Array | undefined;
  try {
    out = inflate(bytes.subarray(2, -4), size);
  } catch (error) {
    why += `: ${(error as Error).message}`;
  }
  if (out) return checked(out, bytes.slice(-4).reverse(), 1, 65521, where);
  throw new FormatError(`hdf5: ${where}: a chunk ${why}`);
}

/** Bytes of elements from all first bytes, then all second bytes and so on. */
function unshuffle(bytes: Uint8Array, size: number): Uint8Array {
  const count = Math.floor(bytes.length / Math.max(size, 1));
  if (size < 2 || count < 2) return bytes;
  const out = bytes.slice();
  for (let b = 0, from = 0; b < size; b++) {
    for (let i = b; i < count * size; i += size) out[i] = bytes[from++]!;
  }
  return out;
}

/** The bytes, of which `stored` has both sums of Fletcher's or Adler's checksum, of numbers of `width` bytes. */
function checked(
  bytes: Uint8Array,
  stored: Uint8Array,
  width: 1 | 2,
  modulus: number,
  where: string,
): Uint8Array {
  let [a, b] = [width & 1, 0];
  for (let i = 0; i < bytes.length; i += width) {
    // an odd byte at the end is a high one
    a = (a + (width > 1 ? (bytes[i]! << 8) | bytes[i + 1]! : bytes[i]!)) % modulus;
    b = (b + a) % modulus;
  }
  for (const [i, sum] of [a, b].entries())
    if ((stored[2 * i]! | (stored[2 * i + 1]! << 8)) % modulus !== sum)
      throw new FormatError(`hdf5: ${where}: the checksum of a chunk does not match`);
  return bytes;
}
