import type { Walk } from './file.ts';

/** Type of the B-tree of the names in a group. */
export const NAMES = 0;

/** What a node and an entry of it take, about, in bytes. */
const NODE = 64;
export const ENTRY = 40;

export const walkBtree: Walk = (file, root, type, where, key, leaf) => {
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
    file.take(NODE + ENTRY * entries, where);
    node.skip(2 * file.offsetSize);
    for (let i = 0; i < entries; i++) {
      const own = key(node);
      const child = node.address();
      if (level > 0) visit(child, level - 1);
      else leaf(own, child);
    }
  };
  visit(root, undefined);
};
