import type { Cursor, Hdf5Bytes } from '../file.ts';

/** Types of records of a B-tree of version 2 that list links and attributes by name. */
const LINK_RECORD = 5;
const ATTRIBUTE_RECORD = 8;

/**
 * The objects of a fractal heap that a B-tree of version 2 lists: links or attributes of an object that has many.
 * @throws {FormatError} if it is damaged, or the heap has filters or huge objects
 */
export function denseObjects(file: Hdf5Bytes, heap: number, tree: number, where: string): Cursor[] {
  const find = fractalHeap(file, heap, where);
  return records(file, tree, where).map((record) => find(record));
}

/** What a record takes, about, in bytes. */
const RECORD = 64;

/** Bytes that a number up to `most` needs. */
const bytesOf = (most: number) => Math.max(1, Math.ceil(Math.log2(most + 1) / 8));

/** The records of a B-tree: cursors at the IDs of objects in the heap. */
function records(file: Hdf5Bytes, address: number, where: string): Cursor[] {
  const header = file.at(address, where);
  header.signature('BTHD');
  header.skip(1);
  const type = header.u8();
  if (type !== LINK_RECORD && type !== ATTRIBUTE_RECORD) header.fail(`a B-tree of records of type ${type}`);
  const nodeSize = header.u32();
  const size = header.u16();
  const depth = header.u16();
  header.skip(2);
  const root = header.address();
  const count = header.u16();
  const total = header.length();
  header.checksum(address);
  // without signature, version, type and checksum
  const inLeaf = Math.floor((nodeSize - 10) / Math.max(size, 1));
  if (inLeaf < 1 || depth > 8) header.fail('a B-tree of impossible sizes');
  const found: Cursor[] = [];
  const visited = new Set<number>();
  const add = (node: Cursor) => {
    file.take(RECORD, where);
    const record = node.part(size);
    // of links a hash comes first
    if (type === LINK_RECORD) record.skip(4);
    if (found.push(record) > total) node.fail(`expected ${total} records`);
  };
  // bytes of the number of all records below a node of each level
  const limits = [inLeaf];
  const pointerBytes = (level: number) =>
    file.offsetSize + bytesOf(inLeaf) + (level > 1 ? bytesOf(limits[level - 1]!) : 0);
  for (let level = 1; level <= depth; level++) {
    const records = Math.floor((nodeSize - 10 - pointerBytes(level)) / (size + pointerBytes(level)));
    limits.push(records + (records + 1) * limits[level - 1]!);
  }
  const visit = (at: number, level: number, number: number) => {
    const node = file.at(at, where);
    if (visited.has(at)) node.fail('a B-tree with a cycle');
    visited.add(at);
    node.signature(level > 0 ? 'BTIN' : 'BTLF');
    node.skip(2);
    for (let i = 0; i < number; i++) add(node);
    for (let i = 0; level > 0 && i <= number; i++) {
      const child = node.address();
      const below = node.uint(bytesOf(inLeaf));
      if (level > 1) node.skip(bytesOf(limits[level - 1]!));
      visit(child, level - 1, below);
    }
    node.checksum(at);
  };
  if (root >= 0) visit(root, depth, count);
  return found;
}

/** Finds the object of an ID, at which the cursor is. */
function fractalHeap(file: Hdf5Bytes, address: number, where: string): (id: Cursor) => Cursor {
  const header = file.at(address, where);
  header.signature('FRHP');
  header.skip(3);
  if (header.u16() > 0) header.fail('a fractal heap with filters is not supported:');
  const hasChecksums = (header.u8() & 2) !== 0;
  const largest = header.u32();
  header.skip(10 * file.lengthSize + 2 * file.offsetSize);
  const width = header.u16();
  const first = header.length();
  const largestDirect = header.length();
  const offsetBytes = Math.ceil(header.u16() / 8);
  header.skip(2);
  const root = header.address();
  const rows = header.u16();
  header.checksum(address);
  const lengthBytes = Math.min(bytesOf(largestDirect), bytesOf(largest));
  if (width < 1 || first < 1 || largestDirect < first) header.fail('a fractal heap of impossible sizes');
  const directRows = Math.log2(largestDirect / first) + 2;
  const rowSize = (row: number) => first * 2 ** Math.max(row - 1, 0);
  const headBytes = 5 + file.offsetSize + offsetBytes;
  /** The direct block that an offset is in, and the offset within it. */
  const locate = (block: number, blockRows: number, offset: number): readonly [number, number, number] => {
    if (blockRows === 0) return [block, offset, first];
    let rest = offset;
    for (let row = 0; row < blockRows; row++) {
      const size = rowSize(row);
      const column = Math.floor(rest / size);
      if (column >= width) {
        rest -= size * width;
        continue;
      }
      const node = file.at(block, where);
      node.signature('FHIB');
      node.skip(headBytes - 4 + (row * width + column) * file.offsetSize);
      const child = node.address();
      if (row < directRows) return [child, rest - column * size, size];
      return locate(child, Math.log2(size / first / width) + 1, rest - column * size);
    }
    return header.fail(`offset ${offset} is not in the fractal heap:`);
  };
  return (id) => {
    const kind = (id.u8() >> 4) & 3;
    if (kind !== 0) id.fail('huge and tiny objects of a fractal heap are not supported:');
    const offset = id.uint(offsetBytes);
    const length = id.uint(lengthBytes);
    const [block, within, size] = locate(root, rows, offset);
    const data = file.at(block, where);
    data.copy().signature('FHDB');
    if (within < headBytes + (hasChecksums ? 4 : 0) || within + length > Math.max(size, largestDirect))
      id.fail('an object outside its block');
    data.skip(within);
    return data.part(length);
  };
}
