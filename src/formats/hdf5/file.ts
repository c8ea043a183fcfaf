import { FormatError } from '../../errors.ts';
import { lookup3 } from './lookup3.ts';

/** What decoded data may take besides four times the file. */
const EXTRA_BYTES = 2 ** 24;

/**
 * Goes through the entries at the lowest level of a B-tree of version 1.
 * @param type of the tree
 * @param key reads the key of an entry
 * @param leaf called with each key, and the address that it stands for
 * @throws {FormatError} if it is damaged, or nodes contain themselves
 */
export type Walk = <K>(
  file: Hdf5Bytes,
  root: number,
  type: number,
  where: string,
  key: (node: Cursor) => K,
  leaf: (key: K, address: number) => void,
) => void;

/** Readers of what files of Keras seldom have. */
export interface Hdf5Storage {
  /** The bytes of a dataset in chunks, by its layout message behind the class; `filters`: its filter message. */
  chunks(
    layout: Cursor,
    version: number,
    rank: number,
    filters: Cursor | undefined,
    shape: readonly number[],
    size: number,
    walk: Walk,
  ): Uint8Array;
  /** The objects of a fractal heap that a B-tree of version 2 lists: links or attributes of an object that has many. */
  objects(file: Hdf5Bytes, heap: number, tree: number, where: string): Cursor[];
}

/** The bytes of an HDF5 file, and the sizes of the numbers in it. */
export class Hdf5Bytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Bytes of an address. */
  readonly offsetSize: number;
  /** Bytes of a length. */
  readonly lengthSize: number;
  readonly storage: Hdf5Storage;
  #left: number;

  constructor(bytes: Uint8Array, offsetSize: number, lengthSize: number, storage: Hdf5Storage) {
    // a Buffer of Node has a `slice` of its own
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.offsetSize = offsetSize;
    this.lengthSize = lengthSize;
    this.storage = storage;
    this.#left = 4 * bytes.length + EXTRA_BYTES;
  }

  /** A cursor at an address. @throws {FormatError} if the address is outside the file, or fewer bytes follow */
  at(address: number, where: string, length?: number): Cursor {
    if (address < 0 || !(address <= this.bytes.length))
      throw new FormatError(`hdf5: ${where}: address ${address} is outside the file`);
    const end = length === undefined ? this.bytes.length : address + length;
    if (!(end <= this.bytes.length))
      throw new FormatError(
        `hdf5: ${where}: ${length} bytes at byte ${address} go beyond the end of the file`,
      );
    return new Cursor(this, address, end, where);
  }

  /**
   * Counts bytes that are to be decoded, each time that they are: data, names, headers of objects, nodes of trees.
   * @throws {FormatError} if all that is decoded becomes larger than four times the file and 16 MiB
   */
  take(bytes: number, where: string): void {
    if (!(bytes <= this.#left))
      throw new FormatError(
        `hdf5: ${where}: ${bytes} more bytes of data are too many for a file of this size`,
      );
    this.#left -= bytes;
  }
}

/** An address that is not set. */
export const NOWHERE = -1;

/** Reads little-endian numbers one after the other, up to an end. */
export class Cursor {
  readonly file: Hdf5Bytes;
  /** Byte of the file that is read next. */
  at: number;
  readonly end: number;
  /** For messages. */
  readonly where: string;

  constructor(file: Hdf5Bytes, at: number, end: number, where: string) {
    this.file = file;
    this.at = at;
    this.end = end;
    this.where = where;
  }

  get left(): number {
    return this.end - this.at;
  }

  fail(what: string): never {
    throw new FormatError(`hdf5: ${this.where}: ${what} at byte ${this.at}`);
  }

  /** Skips bytes; returns the first one. */
  skip(count: number): number {
    const { at } = this;
    if (!(count >= 0 && count <= this.end - at)) this.fail(`expected ${count} bytes, ${this.left} are left,`);
    this.at = at + count;
    return at;
  }

  u8(): number {
    return this.file.bytes[this.skip(1)]!;
  }

  u16(): number {
    return this.file.view.getUint16(this.skip(2), true);
  }

  u32(): number {
    return this.file.view.getUint32(this.skip(4), true);
  }

  /** An integer of `size` bytes; NOWHERE if all bits are set. */
  uint(size: number): number {
    const start = this.skip(size);
    let value = 0;
    let ones = true;
    for (let i = size - 1; i >= 0; i--) {
      const byte = this.file.bytes[start + i]!;
      ones &&= byte === 255;
      value = value * 256 + byte;
    }
    if (ones) return NOWHERE;
    if (value > Number.MAX_SAFE_INTEGER) this.fail('a number above 2^53');
    return value;
  }

  address(): number {
    return this.uint(this.file.offsetSize);
  }

  length(): number {
    return this.uint(this.file.lengthSize);
  }

  /** The bytes themselves. */
  bytes(count: number): Uint8Array {
    const start = this.skip(count);
    return this.file.bytes.subarray(start, start + count);
  }

  /** Text up to the first zero byte. */
  text(count: number): string {
    const text = textOf(this.bytes(count));
    // UTF-16
    this.file.take(2 * text.length, this.where);
    return text;
  }

  /** @throws {FormatError} unless the next bytes are this signature */
  signature(expected: string): void {
    const { at } = this;
    let got = '';
    for (let i = 0; i < expected.length; i++) got += String.fromCharCode(this.u8());
    if (got === expected) return;
    this.at = at;
    this.fail(`expected ${expected}`);
  }

  /** @throws {FormatError} unless the checksum of the bytes from `start` up to here comes next */
  checksum(start: number): void {
    const expected = lookup3(this.file.bytes.subarray(start, this.at));
    if (this.u32() !== expected) this.fail('a checksum that does not match');
  }

  /** Another cursor at the same byte. */
  copy(): Cursor {
    return new Cursor(this.file, this.at, this.end, this.where);
  }

  /** A cursor over the next bytes, which this one skips. */
  part(count: number, where = this.where): Cursor {
    const start = this.skip(count);
    return new Cursor(this.file, start, start + count, where);
  }
}

/** UTF-8 up to the first zero byte; bytes that are not UTF-8 become U+FFFD. */
export function textOf(bytes: Uint8Array): string {
  const zero = bytes.indexOf(0);
  return new TextDecoder().decode(zero < 0 ? bytes : bytes.subarray(0, zero));
}
