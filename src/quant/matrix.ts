import { elements } from '../allocate.ts';
import { ArgumentError } from '../errors.ts';
import { QUANT_ROWS } from '../wasm/generated/constants.ts';

/** Most inputs of an output: sums of products of int8 and 7 bits fit in 32 bits. */
export const MAX_COLUMNS = 2 ** 17;

/** Where the elements of a tensor, rows [0] by the other dimensions, lie in a packed matrix. Default: as they are. */
export interface Order {
  row?(row: number): number;
  column?(column: number): number;
}

/** A tensor as int8: element = values · scales[row], rows by its first dimension. */
export interface Int8Rows {
  readonly values: Int8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
}

/** A matrix of a layer. */
export interface MatrixSpec {
  /** Name of the parameter. */
  readonly name: string;
  /** Shape of the parameter. */
  readonly shape: readonly number[];
  readonly order?: Order | undefined;
}

const up = (n: number, to: number) => Math.ceil(n / to) * to;

/** Rows and columns of a tensor. */
export function sizesOf(shape: readonly number[]): readonly [rows: number, columns: number] {
  const [rows, ...others] = shape as [number, ...number[]];
  return [rows, elements(others)];
}

/** Bytes of a packed matrix (assembly/quant/linear.ts). */
export function packedBytes(rows: number, columns: number): number {
  return up(rows, 8) * (up(columns, 16) + 8);
}

/** Bytes of scratch memory of kernels that quantize rows of k. */
export function quantWork(k: number, planes: number): number {
  return QUANT_ROWS * (16 + 2 * planes * up(k, 16));
}

/** The scale as bfloat16, rounded up, so that a file has it exactly. */
function scaleOf(largest: number): number {
  const word = new Uint32Array(Float32Array.of(largest / 127).buffer);
  word[0] = Math.min(Math.ceil(word[0]! / 65536), 0x7f7f) * 65536;
  return new Float32Array(word.buffer)[0]!;
}

/**
 * Quantizes a tensor, symmetrically by row. name: of the argument, for the error.
 * @throws {ArgumentError} if a number is NaN or infinite
 */
export function quantizeRows(name: string, data: Float32Array, shape: readonly number[]): Int8Rows {
  const [rows, columns] = sizesOf(shape);
  const values = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let r = 0; r < rows; r++) {
    const row = data.subarray(r * columns, (r + 1) * columns);
    let largest = 0;
    for (const value of row) {
      if (!Number.isFinite(value)) throw new ArgumentError(name, 'finite weights', value);
      largest = Math.max(largest, Math.abs(value));
    }
    const scale = scaleOf(largest);
    scales[r] = scale;
    if (scale === 0) continue;
    for (let c = 0; c < columns; c++)
      values[r * columns + c] = Math.min(Math.max(Math.round(row[c]! / scale), -127), 127);
  }
  return { values, scales };
}

/** Packs a matrix for the kernels, as the bits of floats. */
export function pack({ values, scales }: Int8Rows, { shape, order }: MatrixSpec): Float32Array<ArrayBuffer> {
  const [rows, columns] = sizesOf(shape);
  const out = new Float32Array(packedBytes(rows, columns) / 4);
  const bytes = new Int8Array(out.buffer);
  const first = up(rows, 8) * up(columns, 16);
  const totals = new Int32Array(out.buffer, first + 4 * up(rows, 8));
  each(shape, order, (from, to, row) => {
    bytes[to] = values[from]!;
    totals[row]! += values[from]!;
  });
  for (let r = 0; r < rows; r++) out[first / 4 + (order?.row?.(r) ?? r)] = scales[r]!;
  return out;
}

/** What `pack` packed. */
export function unpack(packed: Float32Array, { shape, order }: MatrixSpec): Int8Rows {
  const [rows, columns] = sizesOf(shape);
  const bytes = new Int8Array(packed.buffer, packed.byteOffset, packed.byteLength);
  const values = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  const first = (up(rows, 8) * up(columns, 16)) / 4;
  each(shape, order, (from, to) => {
    values[from] = bytes[to]!;
  });
  for (let r = 0; r < rows; r++) scales[r] = packed[first + (order?.row?.(r) ?? r)]!;
  return { values, scales };
}

/** Goes through a tensor: the index of each element, of its packed byte, and its packed row. */
function each(
  shape: readonly number[],
  { row = (r) => r, column = (c) => c }: Order = {},
  visit: (from: number, to: number, row: number) => void,
): void {
  const [rows, columns] = sizesOf(shape);
  const plane = up(columns, 16);
  for (let r = 0, from = 0; r < rows; r++) {
    const to = row(r);
    const at = (to >> 3) * 8 * plane + (to & 7) * 16;
    for (let c = 0; c < columns; c++, from++) {
      const k = column(c);
      visit(from, at + (k >> 4) * 128 + (k & 15), to);
    }
  }
}
