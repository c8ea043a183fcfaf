import { FormatError } from '../errors.ts';
import { parseSafetensors, type Tensor } from '../io/safetensors.ts';
import { compareCodePoints, type Piece, writeTensors } from '../io/write.ts';
import { KEY, take } from '../model/core/save.ts';
import { type MatrixSpec, pack, sizesOf, unpack } from './matrix.ts';

/** The bytes of an array. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** A saved model whose packed matrices are written as int8 and scales. */
export function toInt8File(
  file: Uint8Array,
  matrices: ReadonlyMap<string, MatrixSpec>,
): Uint8Array<ArrayBuffer> {
  return rewritten(file, (name, tensor) => {
    const matrix = matrices.get(name);
    if (!matrix) return [{ ...tensor, name, data: bytesOf(tensor.data) }];
    const { values, scales } = unpack(tensor.data as Float32Array, matrix);
    // scales are bfloat16 already
    const upper = Uint16Array.from(new Uint32Array(scales.buffer), (bits) => bits >>> 16);
    return [
      { name, dtype: 'I8', shape: matrix.shape, data: bytesOf(values) },
      { name: `${name}.scale`, dtype: 'BF16', shape: [scales.length], data: bytesOf(upper) },
    ];
  });
}

/** A file of safetensors with other tensors, in the order of their names. */
export function rewritten(
  file: Uint8Array,
  write: (name: string, tensor: Tensor) => Piece[],
): Uint8Array<ArrayBuffer> {
  const { tensors, metadata } = parseSafetensors(file);
  const pieces = [...tensors].flatMap(([name, tensor]) => write(name, tensor));
  pieces.sort((a, b) => compareCodePoints(a.name, b.name));
  const { [KEY]: own, ...others } = metadata;
  return writeTensors(pieces, others, own === undefined ? undefined : [KEY, own]);
}

/**
 * Replaces the int8 tensor of a matrix and its scales by the packed matrix.
 * @throws {FormatError} if they are not there
 */
export function packFromFile(tensors: Map<string, Tensor>, name: string, matrix: MatrixSpec): void {
  const { shape } = matrix;
  const values = take(tensors, name, shape, 'I8') as ArrayLike<number> as Int8Array<ArrayBuffer>;
  // converted when the file was read
  const scales = take(tensors, `${name}.scale`, [sizesOf(shape)[0]]) as Float32Array<ArrayBuffer>;
  if (!scales.every((scale) => scale >= 0 && Number.isFinite(scale)))
    throw new FormatError(`saved model: ${name}.scale: expected finite scales of at least 0`);
  if (new Uint32Array(scales.buffer, scales.byteOffset, scales.length).some((bits) => bits & 0xffff))
    throw new FormatError(`saved model: ${name}.scale: expected numbers of bfloat16`);
  const data = pack({ values, scales }, matrix);
  tensors.set(name, { dtype: 'F32', shape: [data.length], data });
  tensors.delete(`${name}.scale`);
}
