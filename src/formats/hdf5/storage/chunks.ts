import type { Cursor, Hdf5Bytes, Walk } from '../file.ts';

/** A chunk in the file. */
export interface Chunk {
  /** Index of its first element in each dimension. */
  readonly offset: readonly number[];
  readonly address: number;
  /** Bytes in the file. */
  readonly bytes: number;
  /** Bits of filters that were not applied. */
  readonly mask: number;
}

/** How the chunks of a dataset are listed. */
export interface ChunkIndex {
  /** Of layout version 4; 0 for a B-tree of version 1. */
  readonly kind: number;
  readonly address: number;
  /** Of a single chunk with filters. */
  readonly single?: { readonly bytes: number; readonly mask: number } | undefined;
}

/** Shape of a dataset and of its chunks. */
interface Grid {
  readonly shape: readonly number[];
  readonly chunk: readonly number[];
  /** Bytes of a chunk without filters. */
  readonly bytes: number;
  readonly filtered: boolean;
}

/** Type of the B-tree of the chunks of a dataset. */
const CHUNKS = 1;

const BTREE = 0;
const SINGLE = 1;
const IMPLICIT = 2;
const FIXED_ARRAY = 3;
const KINDS = ['', '', '', '', 'an extensible array', 'a B-tree of version 2'];

/** Number of chunks of a dataset. */
export function chunkCount({ shape, chunk }: Pick<Grid, 'shape' | 'chunk'>): number {
  return shape.reduce((product, size, i) => product * Math.ceil(size / chunk[i]!), 1);
}

/** All chunks that are in the file. @throws {FormatError} if the index is damaged, or of a kind that is not supported */
export function chunksOf(file: Hdf5Bytes, index: ChunkIndex, grid: Grid, where: string, walk: Walk): Chunk[] {
  const { kind, address, single } = index;
  // never written
  if (address < 0) return [];
  const { bytes } = grid;
  const most = chunkCount(grid);
  if (kind === BTREE) return fromBtree(file, address, grid, most, where, walk);
  const unfiltered = { bytes, mask: 0 };
  const at = (i: number) => offsetOf(i, grid);
  if (kind === SINGLE) return [{ offset: at(0), address, ...(single ?? unfiltered) }];
  if (kind === IMPLICIT)
    return Array.from({ length: most }, (_, i) => ({
      offset: at(i),
      address: address + i * bytes,
      ...unfiltered,
    }));
  const cursor = file.at(address, where);
  if (kind === FIXED_ARRAY)
    return fixedArray(cursor, grid, most).map((each, i) => ({ offset: at(i), ...each }));
  return cursor.fail(`chunks listed by ${KINDS[kind] ?? `index ${kind}`} are not supported:`);
}

/** Where the chunk of a number begins, chunks counted row by row. */
function offsetOf(number: number, { shape, chunk }: Grid): number[] {
  let rest = number;
  const offset = shape.map(() => 0);
  for (let d = shape.length - 1; d >= 0; d--) {
    const count = Math.ceil(shape[d]! / chunk[d]!);
    offset[d] = (rest % count) * chunk[d]!;
    rest = Math.floor(rest / count);
  }
  return offset;
}

function fromBtree(
  file: Hdf5Bytes,
  root: number,
  grid: Grid,
  most: number,
  where: string,
  walk: Walk,
): Chunk[] {
  const found: Chunk[] = [];
  const key = (node: Cursor) => {
    const [bytes, mask] = [node.u32(), node.u32()];
    const offset = grid.shape.map(() => node.uint(8));
    node.skip(8);
    return { offset, bytes, mask, node };
  };
  walk(file, root, CHUNKS, where, key, ({ node, ...chunk }, address) => {
    if (found.push({ ...chunk, address }) > most) node.fail(`expected at most ${most} chunks`);
  });
  return found;
}

/** Addresses in an array of fixed length; checksums of its pages are not checked. */
function fixedArray(header: Cursor, grid: Grid, most: number): Omit<Chunk, 'offset'>[] {
  const start = header.at;
  header.signature('FAHD');
  if (header.u8() !== 0) header.fail('expected version 0 of a fixed array');
  const filtered = header.u8() === 1;
  const size = header.u8();
  const page = 2 ** header.u8();
  const count = header.length();
  const { file, where } = header;
  if (count > most) header.fail(`expected at most ${most} chunks, got ${count}`);
  const block = file.at(header.address(), where);
  header.checksum(start);
  const from = block.at;
  block.signature('FADB');
  block.skip(2 + file.offsetSize);
  const isPaged = count > page;
  if (isPaged) block.skip(Math.ceil(Math.ceil(count / page) / 8) + 4);
  const found = Array.from({ length: count }, (_, i) => {
    if (isPaged && i > 0 && i % page === 0) block.skip(4);
    const address = block.address();
    if (!filtered) return { address, bytes: grid.bytes, mask: 0 };
    return { address, bytes: block.uint(size - file.offsetSize - 4), mask: block.u32() };
  });
  if (!isPaged) block.checksum(from);
  return found;
}
