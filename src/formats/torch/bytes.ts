import { FormatError } from '../../errors.ts';

/** The error of a file. */
export function bad(message: string): FormatError {
  return new FormatError(`torch: ${message}`);
}

/** A position in bytes, little-endian, with errors that say where. */
export class Bytes {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #where: string;
  /** Position of the next byte. */
  at = 0;

  /** @param where the file in messages, such as `data.pkl` */
  constructor(bytes: Uint8Array, where: string) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#where = where;
  }

  bad(message: string): FormatError {
    return bad(`${this.#where}, byte ${this.at}: ${message}`);
  }

  /** Moves on and gives the position before. @throws {FormatError} beyond the end */
  skip(length: number): number {
    const { at } = this;
    if (length > this.bytes.length - at)
      throw this.bad(`${length} bytes are needed, ${this.bytes.length - at} are there`);
    this.at += length;
    return at;
  }

  take(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  u8(): number {
    return this.#view.getUint8(this.skip(1));
  }

  u16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  /** Rounded beyond 2^53. */
  u64(): number {
    return this.u32() + this.u32() * 2 ** 32;
  }

  f64BigEndian(): number {
    return this.#view.getFloat64(this.skip(8));
  }

  utf8(length: number): string {
    return new TextDecoder().decode(this.take(length));
  }

  /** A line of text, without its end: one character per byte. */
  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) throw this.bad('a line without an end');
    const line = Uint16Array.from(this.take(end + 1 - this.at));
    return new TextDecoder('utf-16le').decode(line).replace(/\r?\n/, '');
  }
}
