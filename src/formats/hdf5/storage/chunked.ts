import type { Cursor, Hdf5Storage } from '../file.ts';
import { type ChunkIndex, chunkCount, chunksOf } from './chunks.ts';
import { readFilters, unfilter } from './filters.ts';

/** A layout message of version 4 lists chunks in one of several ways; flag of a single chunk with filters. */
const SINGLE_FILTERED = 2;

export const readChunks: Hdf5Storage['chunks'] = (layout, version, rank, filters, shape, size, walk) => {
  const { file, where } = layout;
  const { chunk, index } = version < 4 ? chunkedBefore4(layout, version, rank) : chunkedOf4(layout);
  // the last dimension is an element
  chunk.pop();
  if (chunk.length !== shape.length || chunk.some((length) => !(length >= 1)))
    layout.fail(`expected chunks of ${shape.length} dimensions, got [${chunk}]`);
  const chunkBytes = chunk.reduce((product, length) => product * length, size);
  file.take(chunkBytes * chunkCount({ shape, chunk }), where);
  const pipeline = filters ? readFilters(filters) : [];
  const grid = { shape, chunk, bytes: chunkBytes, filtered: pipeline.length > 0 };
  const out = new Uint8Array(shape.reduce((product, length) => product * length, size));
  for (const { offset, address, bytes: stored, mask } of chunksOf(file, index, grid, where, walk)) {
    const from = file.at(address, where, stored).bytes(stored);
    const data = unfilter(pipeline, mask, from, chunkBytes, where);
    if (offset.some((start, d) => start >= shape[d]! || start % chunk[d]!))
      layout.fail(`a chunk at [${offset}] of chunks of [${chunk}]`);
    place(data, chunk, out, shape, offset, size);
  }
  return out;
};

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
