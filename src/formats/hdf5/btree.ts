import type { Cursor, Hdf5Bytes } from './file.ts';

/** Types of B-trees of version 1: of the names in a group, of the chunks of a dataset. */
export const NAMES = 0;
export const CHUNKS = 1;

/**
 * Goes through the entries at the lowest level of a B-tree of version 1.
 * @param type of the tree
 * @param key reads the key of an entry
 * @param leaf called with each key, and the address that it stands for
 * @throws {FormatError} if it is damaged, or nodes contain themselves
 */
export function walkBtree<K>(
  file: Hdf5Bytes,
  root: number,
  type: number,
  where: string,
  key: (node: Cursor) => K,
  leaf: (key: K, address: number) => void,
): void {
  const visited = new Set<number>();
  const visit = (address: number, expected: number | undefined) => {
    const node = file.at(address, where);
    if (visited.has(address)) node.fail('a B-tree with a cycle');
    visited.add(address);
    node.signature('TREE');
    if (node.u8() !== type) node.fail(`expected a B-tree of type ${type}`);
    const level = node.u8();
    if (expected !== undefined && level !== expected) node.fail(`expected level ${expected}, got ${level}`);
    const entries = node.u16();
    node.skip(2 * file.offsetSize);
    for (let i = 0; i < entries; i++) {
      const own = key(node);
      const child = node.address();
      if (level > 0) visit(child, level - 1);
      else leaf(own, child);
    }
  };
  visit(root, undefined);
}
