import { byteArray } from '../../allocate.ts';
import { FormatError, showShape } from '../../errors.ts';
import { ARRAYS, type Dtype, type Tensor } from '../../io/dtype.ts';
import { elements } from '../../io/sizes.ts';

/** Element types by NumPy's `descr`, without the byte order. */
const TYPES: Readonly<Record<string, Dtype>> = {
  ...{ f2: 'F16', f4: 'F32', f8: 'F64', b1: 'BOOL' },
  ...{ i1: 'I8', i2: 'I16', i4: 'I32', i8: 'I64', u1: 'U8', u2: 'U16', u4: 'U32', u8: 'U64' },
};
/** Maximum length of a header; NumPy's own limit for headers that are not trusted. */
const MAX_HEADER = 10_000;

/**
 * Reads an array of NumPy (.npy, versions 1 to 3), little-endian, in C or Fortran order. The result is in C order.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
 * @throws {FormatError} if the file is not valid, or of Python objects or another type
 */
export function readNpy(bytes: Uint8Array): Tensor {
  const bad = (message: string) => new FormatError(`npy: ${message}`);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== '\x93NUMPY')
    throw bad(`${bytes.length} bytes without NumPy's first ones`);
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw bad(`version ${version}, expected 1 to 3`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER || start + length > bytes.length)
    throw bad(`header of ${length} bytes, in ${bytes.length - start} bytes, at most ${MAX_HEADER}`);
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));
  const match =
    /^\{'descr': *'([<>|=]?)([a-z]\d)', *'fortran_order': *(True|False), *'shape': *\(([\d, ]*)\), *\}\s*$/.exec(
      header,
    );
  if (!match) throw bad(`header ${JSON.stringify(header.slice(0, 100).trim())}`);
  const [, order, type = '', fortran, sizes = ''] = match;
  if (!Object.hasOwn(TYPES, type))
    throw bad(`element type ${type}, expected one of ${Object.keys(TYPES).join(' ')}`);
  if (order === '>') throw bad('big-endian elements, expected little-endian ones');
  const dtype = TYPES[type]!;
  const shape = (sizes.match(/\d+/g) ?? []).map(Number);
  const width = ARRAYS[dtype].BYTES_PER_ELEMENT;
  const size = elements([...shape, width]);
  const data = bytes.subarray(start + length);
  if (size !== data.length)
    throw bad(
      `shape ${showShape(shape)} of ${type} needs ${size < 0 ? '2^53 or more' : size} bytes, got ${data.length}`,
    );
  const copy = byteArray(size);
  if (fortran === 'True' && shape.length > 1) transpose(data, copy, width, shape);
  else copy.set(data);
  return { dtype, shape, data: new ARRAYS[dtype](copy.buffer) } as Tensor;
}

/** Copies elements in Fortran order, the first dimension fastest, to C order. */
function transpose(from: Uint8Array, to: Uint8Array, width: number, shape: readonly number[]): void {
  const index = new Array<number>(shape.length).fill(0);
  for (let at = 0; at < from.length; at += width) {
    let target = 0;
    for (const [i, size] of shape.entries()) target = target * size + index[i]!;
    to.set(from.subarray(at, at + width), target * width);
    for (let i = 0; i < shape.length && ++index[i]! === shape[i]; i++) index[i] = 0;
  }
}
