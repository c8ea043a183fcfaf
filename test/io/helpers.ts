import { ARRAYS } from '../../src/io/dtype.ts';
import type { Dtype, TensorData } from '../../src/io/index.ts';

export { ARRAYS };

export const DTYPES = Object.keys(ARRAYS) as Dtype[];

/** A file of a header length (that of the header unless given), a header and data bytes. */
export function file(
  header: string | Uint8Array,
  data: number | Uint8Array = 0,
  length?: bigint,
): Uint8Array<ArrayBuffer> {
  const head = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const tail = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + head.length + tail.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(head.length), true);
  bytes.set(head, 8);
  bytes.set(tail, 8 + head.length);
  return bytes;
}

/** JSON of one tensor's header entry. */
export function entry(dtype: string, shape: unknown, offsets: unknown): string {
  return JSON.stringify({ dtype, shape, data_offsets: offsets });
}

/** The bytes behind `data`. */
export function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
