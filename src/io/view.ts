import { isArrayBuffer } from '../arrayKind.ts';
import { boolean, options } from '../check.ts';
import { ARRAYS } from './dtype.ts';
import { copiedElements, readTensors, type SafetensorsFile, type Take } from './parse.ts';
import { parseHeader } from './safetensors-header.ts';

/** Options of `parseSafetensors`. */
export interface ParseOptions {
  /**
   * Whether elements are copied. With false, tensors whose bytes are aligned are views of `bytes`: they change with it, keep
   * all of it in memory, and share its buffer. Default true.
   */
  readonly copy?: boolean | undefined;
}

/** A view where the bytes are aligned and of an ArrayBuffer, else a copy. */
export const viewed: Take = (file, begin, end, Kind) => {
  const at = file.byteOffset + begin;
  const width = Kind.BYTES_PER_ELEMENT;
  const { buffer } = file;
  return isArrayBuffer(buffer) && at % width === 0
    ? new Kind(buffer, at, (end - begin) / width)
    : copiedElements(file, begin, end, Kind);
};

/**
 * Reads a safetensors file: 8 bytes of header length N (little-endian), N bytes of JSON, then the elements of all
 * tensors, little-endian and row-major, without gaps.
 *
 * Elements are copied unless `copy` is false, so `bytes` can be unaligned and may change afterwards. Values are not checked:
 * NaN, infinities and BOOL bytes other than 0 and 1 are kept. All sizes are checked against the length of `bytes` before
 * anything of that size is allocated. Platforms other than little-endian are not supported.
 *
 * Format: https://github.com/huggingface/safetensors#format, with the rules its readers enforce (no duplicate keys,
 * no gaps, no overlaps, no trailing bytes), and one more: at most 100,000 metadata keys.
 *
 * @param bytes the whole file
 * @throws {FormatError} if the file breaks any rule of the format; the message names the tensor and the numbers
 * @throws {ArgumentError} if `bytes` is not a Uint8Array or ArrayBuffer, or an option is unknown
 * @throws {MemoryError} if there is no memory for the copies
 */
export function parseSafetensors(bytes: Uint8Array | ArrayBuffer, opts?: ParseOptions): SafetensorsFile {
  const { copy = true } = options('parseSafetensors', opts, { copy: true });
  return readTensors(bytes, parseHeader, ARRAYS, boolean('copy', copy) ? copiedElements : viewed);
}
