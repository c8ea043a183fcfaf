import { isSize, record } from '../check.ts';
import { ArgumentError, reading, showShape } from '../errors.ts';
import { ARRAYS, DTYPES, dtypeOf, holds, isDtype, type TensorInput } from './dtype.ts';
import { quote } from './safetensors-header.ts';
import { elements } from './sizes.ts';
import { checkText, compareCodePoints, type Piece, writeTensors } from './write.ts';

export {
  type Dtype,
  type Tensor,
  type TensorData,
  type TensorInput,
  type TensorOf,
  toFloat32,
} from './dtype.ts';
export { parseSafetensors, type SafetensorsFile } from './parse.ts';

/**
 * Writes a safetensors file, byte for byte as the reference implementation does (huggingface/safetensors,
 * safetensors/src/tensor.rs): tensors by descending alignment of their type, then by name in code point order, header
 * padded with spaces to a multiple of 8 bytes. Metadata keys are sorted too, and no `__metadata__` is written for an
 * empty one, so the bytes do not depend on the order of the input.
 *
 * Platforms other than little-endian are not supported.
 *
 * @param tensors pairs of name and tensor (a Map, or any iterable), or an object of tensors by name. Each `data`
 *   holds the product of `shape` elements, row-major; F16 is a Float16Array or Uint16Array, BF16 Uint16Array, BOOL
 *   Uint8Array; only raw bits and BOOL need their `dtype` said
 * @param metadata free text
 * @returns the bytes of the file
 * @throws {ArgumentError} for a duplicate name, a name or text that is not Unicode, the name `__metadata__`, data
 *   of the wrong class or length for its dtype and shape, metadata that are not strings or over 100,000
 *   keys, a header over 100 MB
 * @throws {MemoryError} if there is no memory for the file
 */
export function serializeSafetensors(
  tensors: Iterable<readonly [string, TensorInput]> | Readonly<Record<string, TensorInput>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const pieces = reading('tensors', tensors, () => collect(tensors));
  pieces.sort(
    (a, b) => DTYPES.indexOf(a.dtype) - DTYPES.indexOf(b.dtype) || compareCodePoints(a.name, b.name),
  );
  return writeTensors(pieces, metadata);
}

function collect(tensors: Parameters<typeof serializeSafetensors>[0]): Piece[] {
  const pieces = new Map<string, Piece>();
  const listed = typeof tensors === 'object' && tensors !== null && Symbol.iterator in tensors;
  const pairs: Iterable<unknown> = listed
    ? (tensors as Iterable<unknown>)
    : Object.entries(record('tensors', tensors, '[name, tensor] pairs or an object of tensors'));
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new ArgumentError('tensors', '[name, tensor] pairs', pair);
    const [name, tensor] = pair;
    checkText('tensors', name);
    if (name === '__metadata__') throw new ArgumentError('tensors', 'a name that is not reserved', name);
    if (pieces.has(name)) throw new ArgumentError('tensors', 'distinct names', name);
    pieces.set(name, checkTensor(name, tensor));
  }
  return [...pieces.values()];
}

function checkTensor(name: string, tensor: TensorInput): Piece {
  const owner = `tensors[${quote(name)}]`;
  if (tensor === null || typeof tensor !== 'object') throw new ArgumentError(owner, 'a tensor', tensor);
  const { data } = tensor;
  // a copy, without holes
  const shape = Array.isArray(tensor.shape) ? [...tensor.shape] : undefined;
  const dtype = tensor.dtype ?? dtypeOf(data);
  if (dtype === undefined) throw new ArgumentError(`${owner}.data`, 'a typed array of a known dtype', data);
  if (!isDtype(dtype)) throw new ArgumentError(`${owner}.dtype`, `one of ${DTYPES.join(' ')}`, dtype);
  if (!holds(dtype, data))
    throw new ArgumentError(`${owner}.data`, `a ${ARRAYS[dtype].name} for ${dtype}`, data);
  if (!shape?.every(isSize)) {
    throw new ArgumentError(`${owner}.shape`, 'an array of non-negative safe integers', tensor.shape);
  }
  const count = elements(shape);
  if (count < 0) throw new ArgumentError(`${owner}.shape`, 'fewer than 2^53 elements', shape);
  if (data.length !== count) {
    throw new ArgumentError(`${owner}.data`, `${count} elements for shape ${showShape(shape)}`, data.length);
  }
  return {
    name,
    dtype,
    shape,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}
