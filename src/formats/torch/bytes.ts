import { FormatError } from '../../errors.ts';

/** The error of a file. */
export function bad(message: string): FormatError {
  return new FormatError(`torch: ${message}`);
}

/** Takes numbers and bytes from a file one after the other, little-endian, with errors that say where. */
export type Bytes = ReturnType<typeof bytesOf>;

/** @param where the file in messages, such as `data.pkl` */
export function bytesOf(bytes: Uint8Array, where: string) {
  const { length: size } = bytes;
  let at = 0;
  const badHere = (message: string) => bad(`${where}, byte ${at}: ${message}`);
  /** Moves on and gives the position before. @throws {FormatError} beyond the end */
  const skip = (length: number): number => {
    if (length > size - at) throw badHere(`${length} bytes are needed, ${size - at} are there`);
    at += length;
    return at - length;
  };
  const take = (length: number): Uint8Array => bytes.subarray(skip(length), at);
  return {
    bad: badHere,
    take,
    /** An unsigned integer of `width` bytes; rounded beyond 2^53. */
    u(width: number): number {
      const from = skip(width);
      let value = 0;
      while (width--) value = value * 256 + bytes[from + width]!;
      return value;
    },
    /** A line of text, without its end: one character per byte. */
    line(): string {
      const end = bytes.indexOf(10, at);
      if (end < 0) throw badHere('a line without an end');
      const line = new TextDecoder('utf-16le').decode(Uint16Array.from(take(end + 1 - at)));
      return line.replace(/\r?\n/, '');
    },
  };
}
