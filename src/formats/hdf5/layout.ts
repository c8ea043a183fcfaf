import { type ChunkIndex, chunkCount, chunksOf } from './chunks.ts';
import { Cursor, Hdf5Bytes, NOWHERE } from './file.ts';
import { readFilters, unfilter } from './filters.ts';

const COMPACT = 0;
const CONTIGUOUS = 1;
const CHUNKED = 2;
const CLASSES = ['compact', 'contiguous', 'chunked', 'virtual'];

/** A layout message of version 4 lists chunks in one of several ways; flag of a single chunk with filters. */
const SINGLE_FILTERED = 2;

/**
 * The bytes of all elements of a dataset, row-major.
 * @param layout its layout message
 * @param filters its filter message
 * @throws {FormatError} if the layout is unknown, or there are fewer bytes
 */
export function rawOf(
  layout: Cursor,
  filters: Cursor | undefined,
  shape: readonly number[],
  count: number,
  size: number,
): Cursor {
  const { file, where } = layout;
  const bytes = count * size;
  const version = layout.u8();
  if (version < 1 || version > 4) layout.fail(`expected layout version 1 to 4, got ${version}`);
  const rank = version < 3 ? layout.u8() : 0;
  const kind = layout.u8();
  if (version < 3) layout.skip(5);
  if (bytes === 0) return memory(new Uint8Array(0), where);
  if (kind === COMPACT) {
    if (version < 3) layout.skip(4 * rank);
    return layout.part(version < 3 ? layout.u32() : layout.u16());
  }
  if (kind === CONTIGUOUS) {
    const address = layout.address();
    // elements that were never written are zeros
    return address === NOWHERE ? memory(new Uint8Array(bytes), where) : file.at(address, where, bytes);
  }
  if (kind !== CHUNKED) layout.fail(`a ${CLASSES[kind] ?? 'unknown'} layout is not supported:`);
  const { chunk, index } = version < 4 ? chunkedBefore4(layout, version, rank) : chunkedOf4(layout);
  // the last dimension is an element
  chunk.pop();
  if (chunk.length !== shape.length || chunk.some((length) => !(length >= 1)))
    layout.fail(`expected chunks of ${shape.length} dimensions, got [${chunk}]`);
  const chunkBytes = chunk.reduce((product, length) => product * length, size);
  file.take(chunkBytes * chunkCount({ shape, chunk }), where);
  const pipeline = filters ? readFilters(filters) : [];
  const grid = { shape, chunk, bytes: chunkBytes, filtered: pipeline.length > 0 };
  const out = new Uint8Array(bytes);
  for (const { offset, address, bytes: stored, mask } of chunksOf(file, index, grid, where)) {
    const from = file.at(address, where, stored).bytes(stored);
    const data = unfilter(pipeline, mask, from, chunkBytes, where);
    if (offset.some((start, d) => start >= shape[d]! || start % chunk[d]!))
      layout.fail(`a chunk at [${offset}] of chunks of [${chunk}]`);
    place(data, chunk, out, shape, offset, size);
  }
  return memory(out, where);
}

interface ChunkedLayout {
  readonly chunk: number[];
  readonly index: ChunkIndex;
}

function chunkedBefore4(layout: Cursor, version: number, given: number): ChunkedLayout {
  const rank = version < 3 ? given : layout.u8();
  const address = layout.address();
  return { chunk: Array.from({ length: rank }, () => layout.u32()), index: { kind: 0, address } };
}

function chunkedOf4(layout: Cursor): ChunkedLayout {
  const flags = layout.u8();
  const rank = layout.u8();
  const width = layout.u8();
  const chunk = Array.from({ length: rank }, () => layout.uint(width));
  const kind = layout.u8();
  const single =
    kind === 1 && flags & SINGLE_FILTERED ? { bytes: layout.length(), mask: layout.u32() } : undefined;
  // bits of a page
  if (kind === 3) layout.skip(1);
  return { chunk, index: { kind, address: layout.address(), single } };
}

/** Copies a chunk to its place, but for what is beyond the dataset. */
function place(
  data: Uint8Array,
  chunk: readonly number[],
  out: Uint8Array,
  shape: readonly number[],
  offset: readonly number[],
  size: number,
): void {
  const last = shape.length - 1;
  if (last < 0) {
    out.set(data);
    return;
  }
  const run = Math.min(chunk[last]!, shape[last]! - offset[last]!) * size;
  const copy = (d: number, from: number, to: number) => {
    if (d === last) {
      const at = (to * shape[d]! + offset[d]!) * size;
      const start = from * chunk[d]! * size;
      out.set(data.subarray(start, start + run), at);
      return;
    }
    const rows = Math.min(chunk[d]!, shape[d]! - offset[d]!);
    for (let i = 0; i < rows; i++) copy(d + 1, from * chunk[d]! + i, to * shape[d]! + offset[d]! + i);
  };
  copy(0, 0, 0);
}

/** A cursor over bytes that are not in the file. */
function memory(bytes: Uint8Array, where: string): Cursor {
  return new Cursor(new Hdf5Bytes(bytes, 8, 8), 0, bytes.length, where);
}
