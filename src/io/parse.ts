import { allocated } from '../allocate.ts';
import { arrayKind, isArrayBuffer } from '../arrayKind.ts';
import { ArgumentError, showShape } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';
import { ARRAYS, type Dtype, type Tensor, type TensorData } from './dtype.ts';
import { bad, type Header, type HeaderEntry, parseHeader, quote } from './safetensors-header.ts';
import { elements, MAX_HEADER } from './sizes.ts';

/** Contents of a safetensors file. */
export interface SafetensorsFile {
  /** Tensors by name, in the order of the header. */
  tensors: Map<string, Tensor>;
  /** The metadata: an object without a prototype, empty if the file has none. */
  metadata: Record<string, string>;
}

/** `parseSafetensors` of `unrolled/io` without options, for models. */
export function parseSafetensors(bytes: Uint8Array | ArrayBuffer): SafetensorsFile {
  return readTensors(bytes, parseHeader, ARRAYS);
}

type Elements = (typeof ARRAYS)[Dtype];

/** Elements from `begin` to `end` of a file. */
export type Take = (file: Uint8Array, begin: number, end: number, Kind: Elements) => TensorData;

/**
 * As parseSafetensors, with a parser of the header, the array classes of the element types that are accepted, and how
 * their bytes are taken.
 */
export function readTensors(
  bytes: Uint8Array | ArrayBuffer,
  parse: (text: string) => Header,
  arrays: Partial<typeof ARRAYS>,
  take: Take = copiedElements,
): SafetensorsFile {
  const file = toBytes(bytes);
  if (file.length < 8) throw bad(`file of ${file.length} bytes is shorter than 8`);
  const declared = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  const most = file.length - 8;
  if (declared > most || declared > MAX_HEADER)
    throw bad(`header length ${declared} is beyond the ${most} bytes, or the limit ${MAX_HEADER}`);
  const start = 8 + Number(declared);
  const { entries, metadata } = parse(decodeHeader(file, start));
  const available = file.length - start;
  for (const entry of entries) checkEntry(entry, available, arrays);
  checkLayout(entries, available);

  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const data = take(file, start + begin, start + end, arrays[dtype as Dtype]!);
    tensors.set(name, { dtype, shape, data } as Tensor);
  }
  return { tensors, metadata };
}

function copied(file: Uint8Array, begin: number, end: number): Uint8Array<ArrayBuffer> {
  return allocated(end - begin, () => new Uint8Array(file.subarray(begin, end)));
}

export const copiedElements: Take = (file, begin, end, Kind) => new Kind(copied(file, begin, end).buffer);

/** Whether it can be a file. */
export function isBytes(value: unknown): value is Uint8Array | ArrayBuffer {
  return isArrayBuffer(value) || arrayKind(value) === 'Uint8Array';
}

/** The bytes of a file. @throws {ArgumentError} for anything else, and for memory that was transferred */
export function toBytes(bytes: unknown, name = 'bytes'): Uint8Array {
  try {
    if (isBytes(bytes)) {
      // a Buffer's slice would be a view
      const { buffer = bytes, byteOffset, byteLength } = bytes as Uint8Array;
      return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    }
  } catch {}
  throw new ArgumentError(name, 'a Uint8Array or ArrayBuffer, not detached', bytes);
}

function decodeHeader(file: Uint8Array, end: number): string {
  // because decoders refuse shared memory
  const header = copied(file, 8, end);
  // a byte order mark is kept, since it is not part of JSON
  const text = decodeUtf8(header);
  if (text === undefined) throw bad(`header of ${header.length} bytes is not valid UTF-8`);
  if (!text.startsWith('{')) throw bad(`header must start with "{", got ${quote(text.slice(0, 1))}`);
  return text;
}

/** Checks that the numbers of an entry match each other and the `available` bytes of data; returns its element type. */
function checkEntry(
  { name, dtype, shape, begin, end }: HeaderEntry,
  available: number,
  arrays: Partial<typeof ARRAYS>,
): void {
  const owner = `tensor ${quote(name)}`;
  if (!Object.hasOwn(arrays, dtype)) {
    throw bad(`${owner}: unknown dtype ${quote(dtype)}, expected one of ${Object.keys(arrays).join(' ')}`);
  }
  const size = elements([...shape, arrays[dtype as Dtype]!.BYTES_PER_ELEMENT]);
  if (size !== end - begin || end > available) {
    const bytes = size < 0 ? '2^53 or more' : size;
    throw bad(
      `${owner}: shape ${showShape(shape)} of ${dtype} needs ${bytes} bytes, got data_offsets [${begin}, ${end}] in ${available} bytes`,
    );
  }
}

/** Checks that the tensors cover the `available` bytes without gaps or overlaps. */
function checkLayout(entries: readonly HeaderEntry[], available: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const what = begin > covered ? 'hole' : 'overlap';
      throw bad(`tensor ${quote(name)}: ${what}, begins at byte ${begin}, expected ${covered}`);
    }
    covered = end;
  }
  if (covered !== available) {
    throw bad(`${available - covered} trailing bytes after ${covered} of tensors`);
  }
}
