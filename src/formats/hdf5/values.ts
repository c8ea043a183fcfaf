import type { Datatype } from './datatype.ts';
import { type Cursor, type Hdf5Bytes, textOf } from './file.ts';

/** Elements of an attribute or a dataset. */
export type Hdf5Data =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>
  | string[];

const ARRAYS = {
  float: { 2: Uint16Array, 4: Float32Array, 8: Float64Array },
  int: { 1: Int8Array, 2: Int16Array, 4: Int32Array, 8: BigInt64Array },
  uint: { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array },
} as const;

/**
 * Elements from their bytes; the bits of 16-bit floats.
 * @param file that texts of any length are in
 * @param raw `count` elements; the caller has counted them with `file.take`
 * @throws {FormatError} if values of the type can't be read
 */
export function decode(file: Hdf5Bytes, type: Datatype, raw: Cursor, count: number): Hdf5Data {
  const { size } = type;
  const bytes = raw.bytes(count * size);
  if (type.kind === 'other') raw.fail(`values of type ${type.name} (${size} bytes) are not supported:`);
  if (type.kind === 'text')
    return Array.from({ length: count }, (_, i) => textOf(bytes.subarray(i * size, (i + 1) * size)));
  if (type.kind === 'varyingText') {
    raw.at -= bytes.length;
    return Array.from({ length: count }, () => varyingText(file, raw.part(size)));
  }
  const copy = bytes.slice();
  if (type.bigEndian) for (let i = 0; i < copy.length; i += size) copy.subarray(i, i + size).reverse();
  const Elements = ARRAYS[type.kind][size as 4];
  return new Elements(copy.buffer);
}

/** Text in the global heap: its length, the address of a collection, and its number there. */
function varyingText(file: Hdf5Bytes, reference: Cursor): string {
  const { where } = reference;
  const length = reference.u32();
  const address = reference.uint(file.offsetSize);
  const number = reference.u32();
  if (length === 0 || number === 0) return '';
  file.take(length, where);
  const collection = heapOf(file, address, where);
  const object = collection.get(number);
  if (!object || object.length < length) reference.fail(`no text ${number} of ${length} bytes in the heap`);
  return textOf(object.subarray(0, length));
}

/** Collections that were read. */
const heaps = new WeakMap<Hdf5Bytes, Map<number, ReadonlyMap<number, Uint8Array>>>();

function heapOf(file: Hdf5Bytes, address: number, where: string): ReadonlyMap<number, Uint8Array> {
  let known = heaps.get(file);
  if (!known) heaps.set(file, (known = new Map()));
  let objects = known.get(address);
  if (!objects) known.set(address, (objects = readCollection(file, address, where)));
  return objects;
}

function readCollection(file: Hdf5Bytes, address: number, where: string): ReadonlyMap<number, Uint8Array> {
  const objects = new Map<number, Uint8Array>();
  const start = file.at(address, where);
  start.signature('GCOL');
  start.skip(4);
  const head = 8 + file.lengthSize;
  const collection = start.part(start.length() - head);
  // collections that overlap could be read without end
  file.take(collection.left, where);
  while (collection.left >= head) {
    const number = collection.u16();
    collection.skip(6);
    const size = collection.length();
    // the rest is free
    if (number === 0) break;
    objects.set(number, collection.bytes(size));
    collection.skip(Math.min((8 - (size % 8)) % 8, collection.left));
  }
  return objects;
}
