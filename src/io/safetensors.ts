import { ArgumentError, MemoryError, showShape } from '../errors.ts';
import {
  ARRAYS,
  checkedProduct,
  DTYPES,
  type Dtype,
  dtypeOf,
  holds,
  isDtype,
  type Tensor,
  type TensorInput,
  tagOf,
} from './dtype.ts';
import {
  bad,
  type HeaderEntry,
  hasLoneSurrogate,
  MAX_METADATA,
  parseHeader,
  quote,
} from './safetensors-header.ts';

export {
  type Dtype,
  type Tensor,
  type TensorData,
  type TensorInput,
  type TensorOf,
  toFloat32,
} from './dtype.ts';

/** Longest header, in bytes: `MAX_HEADER_SIZE` of huggingface/safetensors, safetensors/src/tensor.rs. */
const MAX_HEADER = 100_000_000;

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** By name, in the order of the header. */
  tensors: Map<string, Tensor>;
  /** The free text of `__metadata__`: an object without a prototype, empty if the file has none. */
  metadata: Record<string, string>;
}

/**
 * Reads a safetensors file: 8 bytes of header length N (little-endian), N bytes of JSON, then the elements of
 * all tensors, little-endian and row-major, without gaps.
 *
 * Elements are copied, so `bytes` need not be aligned and may change afterwards. Values are not checked: NaN,
 * infinities and BOOL bytes other than 0 and 1 come out as they are. Sizes are all checked against the length
 * of `bytes` before anything of that size is allocated. Platforms other than little-endian are not supported.
 *
 * Format: https://github.com/huggingface/safetensors#format, with the rules its readers enforce (no duplicate
 * keys, no gaps, no overlaps, no trailing bytes), and one more: at most 100,000 metadata keys.
 *
 * @param bytes the whole file
 * @throws {FormatError} if the file breaks any rule of the format; the message names the tensor and the numbers
 * @throws {ArgumentError} if `bytes` is not a Uint8Array or ArrayBuffer
 * @throws {MemoryError} if there is no memory for the copies
 */
export function parseSafetensors(bytes: Uint8Array | ArrayBuffer): SafetensorsFile {
  const file = toBytes(bytes);
  if (file.length < 8)
    throw bad(`file of ${file.length} bytes is shorter than the 8 bytes of the header length`);
  const declared = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (declared > MAX_HEADER)
    throw bad(`header length ${declared} is beyond the limit of ${MAX_HEADER} bytes`);
  const start = 8 + Number(declared);
  if (start > file.length) {
    throw bad(`header length ${declared} is beyond the ${file.length - 8} bytes that follow it in the file`);
  }
  const { entries, metadata } = parseHeader(decodeHeader(file, start));
  const checked = entries.map((entry) => checkEntry(entry, file.length - start));
  checkLayout(entries, file.length - start);

  const tensors = new Map<string, Tensor>();
  entries.forEach(({ name, shape, begin, end }, i) => {
    const dtype = checked[i]!;
    const copy = allocate(end - begin);
    copy.set(file.subarray(start + begin, start + end));
    tensors.set(name, { dtype, shape, data: new ARRAYS[dtype](copy.buffer) } as Tensor);
  });
  return { tensors, metadata };
}

function toBytes(bytes: Uint8Array | ArrayBuffer): Uint8Array {
  if (ArrayBuffer.isView(bytes)) {
    if (tagOf(bytes) === 'Uint8Array') return bytes;
  } else if (Object.prototype.toString.call(bytes) === '[object ArrayBuffer]') return new Uint8Array(bytes);
  throw new ArgumentError('bytes', 'a Uint8Array or ArrayBuffer', bytes);
}

function decodeHeader(file: Uint8Array, end: number): string {
  // A copy, because decoders refuse shared memory.
  const header = allocate(end - 8);
  header.set(file.subarray(8, end));
  let text: string;
  try {
    // The byte order mark is kept: it is no part of JSON.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    throw bad(`header of ${header.length} bytes is not valid UTF-8`);
  }
  if (!text.startsWith('{')) {
    throw bad(`header must start with "{", got ${text === '' ? 'an empty header' : quote(text.charAt(0))}`);
  }
  return text;
}

/** The element type of an entry whose numbers agree with each other and with the `available` bytes of data. */
function checkEntry({ name, dtype, shape, begin, end }: HeaderEntry, available: number): Dtype {
  const owner = `tensor ${quote(name)}`;
  if (!isDtype(dtype))
    throw bad(`${owner}: unknown dtype ${quote(dtype)}, expected one of ${DTYPES.join(' ')}`);
  if (begin > end) throw bad(`${owner}: data_offsets begin ${begin} is after their end ${end}`);
  if (end > available) {
    throw bad(`${owner}: data_offsets end ${end} is beyond the ${available} bytes of data in the file`);
  }
  const count = elements(shape);
  if (count < 0) throw bad(`${owner}: shape ${briefly(shape)} has 2^53 elements or more`);
  const size = checkedProduct(count, ARRAYS[dtype].BYTES_PER_ELEMENT);
  if (size < 0) throw bad(`${owner}: shape ${briefly(shape)} of ${dtype} takes 2^53 bytes or more`);
  if (end - begin !== size) {
    throw bad(
      `${owner}: shape ${briefly(shape)} of ${dtype} takes ${size} bytes, ` +
        `but data_offsets [${begin}, ${end}] hold ${end - begin}`,
    );
  }
  return dtype;
}

/** The tensors, by offset, must follow each other from the first of the `available` bytes to the last. */
function checkLayout(entries: readonly HeaderEntry[], available: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin > covered)
      throw bad(`tensor ${quote(name)}: hole before it, bytes ${covered} to ${begin} are unused`);
    if (begin < covered) {
      throw bad(
        `tensor ${quote(name)}: overlap, begins at byte ${begin} but bytes up to ${covered} are taken`,
      );
    }
    covered = end;
  }
  if (covered !== available) {
    throw bad(
      `${available - covered} trailing bytes: the tensors cover ${covered} of ${available} bytes of data`,
    );
  }
}

/** Product of the shape (1 for a scalar), or -1 from 2^53 on. */
function elements(shape: readonly number[]): number {
  return shape.reduce((count, size) => (count < 0 ? -1 : checkedProduct(count, size)), 1);
}

function briefly(shape: readonly number[]): string {
  return shape.length <= 16 ? showShape(shape) : `of ${shape.length} dimensions`;
}

/**
 * Writes a safetensors file, byte for byte as the reference implementation does (huggingface/safetensors,
 * safetensors/src/tensor.rs): tensors by descending alignment of their type, then by name in code point order,
 * header padded with spaces to a multiple of 8 bytes. Metadata keys are sorted too, and no `__metadata__` is
 * written for an empty one, so the bytes depend on the contents only, not on any order of the input.
 *
 * Platforms other than little-endian are not supported.
 *
 * @param tensors pairs of name and tensor (a Map, or any iterable), or an object of tensors by name. Each `data`
 *   holds the product of `shape` elements, row-major; F16 and BF16 are Uint16Array, BOOL is Uint8Array, and only
 *   these need their `dtype` said
 * @param metadata free text
 * @returns the whole file
 * @throws {ArgumentError} for a duplicate name, a name or text that is not Unicode, the name `__metadata__`, data
 *   of the wrong class or length for its dtype and shape, metadata that are not strings or over 100,000
 *   keys, a header over 100 MB
 * @throws {MemoryError} if there is no memory for the file
 */
export function serializeSafetensors(
  tensors: Iterable<readonly [string, TensorInput]> | Readonly<Record<string, TensorInput>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const laidOut = collect(tensors).sort(
    (a, b) => DTYPES.indexOf(a.dtype) - DTYPES.indexOf(b.dtype) || compareCodePoints(a.name, b.name),
  );
  const members = metadataMembers(metadata);
  let size = 0;
  for (const { name, dtype, shape, data } of laidOut) {
    const end = size + data.byteLength;
    const fields = `"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${size},${end}]`;
    members.push(`${JSON.stringify(name)}:{${fields}}`);
    size = end;
  }
  const header = new TextEncoder().encode(`{${members.join(',')}}`);
  const padded = Math.ceil(header.length / 8) * 8;
  if (padded > MAX_HEADER)
    throw new ArgumentError('tensors', `a header of at most ${MAX_HEADER} bytes`, padded);

  const file = allocate(8 + padded + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.fill(0x20, 8 + header.length, 8 + padded);
  file.set(header, 8);
  let at = 8 + padded;
  for (const { data } of laidOut) {
    file.set(data, at);
    at += data.length;
  }
  return file;
}

interface Piece {
  name: string;
  dtype: Dtype;
  shape: readonly number[];
  data: Uint8Array;
}

function collect(tensors: Parameters<typeof serializeSafetensors>[0]): Piece[] {
  if (tensors === null || typeof tensors !== 'object') {
    throw new ArgumentError('tensors', 'pairs of name and tensor, or an object of tensors', tensors);
  }
  const pieces = new Map<string, Piece>();
  const pairs = Symbol.iterator in tensors ? (tensors as Iterable<unknown>) : Object.entries(tensors);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new ArgumentError('tensors', 'pairs of name and tensor', pair);
    const [name, tensor] = pair;
    checkText('tensors', name);
    if (name === '__metadata__')
      throw new ArgumentError('tensors', 'a name other than the reserved one', name);
    if (pieces.has(name)) throw new ArgumentError('tensors', 'distinct names', name);
    pieces.set(name, checkTensor(name, tensor));
  }
  return [...pieces.values()];
}

function checkTensor(name: string, tensor: TensorInput): Piece {
  const owner = `tensors[${quote(name)}]`;
  if (tensor === null || typeof tensor !== 'object') throw new ArgumentError(owner, 'a tensor', tensor);
  const { shape, data } = tensor;
  const dtype = tensor.dtype ?? dtypeOf(data);
  if (dtype === undefined) throw new ArgumentError(`${owner}.data`, 'a typed array', data);
  if (!isDtype(dtype)) throw new ArgumentError(`${owner}.dtype`, `one of ${DTYPES.join(' ')}`, dtype);
  if (!holds(dtype, data))
    throw new ArgumentError(`${owner}.data`, `a ${ARRAYS[dtype].name} for ${dtype}`, data);
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new ArgumentError(`${owner}.shape`, 'an array of non-negative safe integers', shape);
  }
  const count = elements(shape);
  if (count < 0) throw new ArgumentError(`${owner}.shape`, 'fewer than 2^53 elements', shape);
  if (data.length !== count) {
    throw new ArgumentError(`${owner}.data`, `${count} elements for shape ${briefly(shape)}`, data.length);
  }
  return {
    name,
    dtype,
    shape: [...shape],
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function metadataMembers(metadata: Readonly<Record<string, string>>): string[] {
  if (metadata === null || typeof metadata !== 'object') {
    throw new ArgumentError('metadata', 'an object of strings', metadata);
  }
  const pairs = Object.entries(metadata);
  if (pairs.length > MAX_METADATA)
    throw new ArgumentError('metadata', `at most ${MAX_METADATA} keys`, pairs.length);
  const members = pairs
    .sort(([a], [b]) => compareCodePoints(a, b))
    .map(([key, value]) => {
      checkText('metadata', key);
      checkText(`metadata[${quote(key)}]`, value);
      return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
    });
  return members.length === 0 ? [] : [`"__metadata__":{${members.join(',')}}`];
}

function checkText(argument: string, text: unknown): asserts text is string {
  if (typeof text !== 'string') throw new ArgumentError(argument, 'a string', text);
  if (hasLoneSurrogate(text)) throw new ArgumentError(argument, 'Unicode text without lone surrogates', text);
}

/** Order of the UTF-8 bytes; UTF-16 code units differ from it where surrogate pairs meet U+E000 to U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return surrogatesLast(x) - surrogatesLast(y);
  }
  return a.length - b.length;
}

function surrogatesLast(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

function allocate(length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch {
    throw new MemoryError(`no memory for ${length} bytes`);
  }
}
