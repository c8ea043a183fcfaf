import { ENTRY, NAMES, walkBtree } from './btree.ts';
import { type Cursor, type Hdf5Bytes, NOWHERE } from './file.ts';
import { MESSAGE, type Message } from './messages.ts';

/** Names and addresses of the objects in a group. */
export type Links = Map<string, number>;

/**
 * What a group contains: by a symbol table, by messages, or by a fractal heap. Symbolic and external links are left out.
 * @throws {FormatError} if it is damaged
 */
export function linksOf(file: Hdf5Bytes, messages: readonly Message[]): Links {
  const links: Links = new Map();
  for (const { type, data } of messages) {
    const cursor = data.copy();
    if (type === MESSAGE.symbolTable) symbolTable(file, cursor, links);
    if (type === MESSAGE.link) readLink(cursor, links);
    if (type === MESSAGE.linkInfo) linkInfo(file, cursor, links);
  }
  return links;
}

/** Cache type of a symbolic link. */
const SYMBOLIC = 2;

function symbolTable(file: Hdf5Bytes, message: Cursor, links: Links): void {
  const { where } = message;
  const root = message.address();
  const heap = file.at(message.address(), where);
  heap.signature('HEAP');
  heap.skip(4);
  const size = heap.length();
  heap.length();
  const names = file.at(heap.address(), where, size);
  // a list of symbols may be there only once, as a node of the tree
  const visited = new Set<number>();
  const key = (node: Cursor) => node.length();
  walkBtree(file, root, NAMES, where, key, (_, address) => {
    const node = file.at(address, where);
    if (visited.has(address)) node.fail('a list of symbols that occurs twice');
    visited.add(address);
    symbols(node, names, links);
  });
}

function symbols(node: Cursor, names: Cursor, links: Links): void {
  node.signature('SNOD');
  node.skip(2);
  const count = node.u16();
  node.file.take(ENTRY * count, node.where);
  for (let i = 0; i < count; i++) {
    const name = names.copy();
    name.skip(Math.max(node.address(), 0));
    const address = node.address();
    const cache = node.u32();
    node.skip(20);
    if (cache !== SYMBOLIC) links.set(name.text(name.left), address);
  }
}

/** Flags of a link message. */
const HAS_TYPE = 8;
const HAS_ORDER = 4;
const HAS_CHARSET = 16;

/** Reads a link; only hard ones are kept. */
function readLink(cursor: Cursor, links: Links): void {
  const version = cursor.u8();
  if (version !== 1) cursor.fail(`expected link version 1, got ${version}`);
  const flags = cursor.u8();
  const type = flags & HAS_TYPE ? cursor.u8() : 0;
  if (flags & HAS_ORDER) cursor.skip(8);
  if (flags & HAS_CHARSET) cursor.skip(1);
  const name = cursor.text(cursor.uint(1 << (flags & 3)));
  if (type === 0) links.set(name, cursor.address());
}

function linkInfo(file: Hdf5Bytes, cursor: Cursor, links: Links): void {
  cursor.skip(1);
  if (cursor.u8() & 1) cursor.skip(8);
  const heap = cursor.address();
  const tree = cursor.address();
  if (heap === NOWHERE || tree === NOWHERE) return;
  for (const object of file.storage.objects(file, heap, tree, cursor.where)) readLink(object, links);
}
