import type { Cursor, Hdf5Bytes } from './file.ts';

/** Types of messages of object headers. */
export const MESSAGE = {
  dataspace: 1,
  linkInfo: 2,
  datatype: 3,
  link: 6,
  layout: 8,
  filters: 11,
  attribute: 12,
  continuation: 16,
  symbolTable: 17,
  attributeInfo: 21,
} as const;

/** What an object takes besides its header, about, in bytes. */
const OBJECT = 768;

/** A message of an object header. */
export interface Message {
  readonly type: number;
  /** Over its data. */
  readonly data: Cursor;
}

/**
 * All messages of the object header at an address.
 * @param where the object's path, for messages
 * @param follow whether messages that other objects share are read
 * @throws {FormatError} if it is not an object header
 */
export function messagesOf(file: Hdf5Bytes, address: number, where: string, follow = true): Message[] {
  const start = file.at(address, where);
  // with its path
  file.take(OBJECT + where.length, where);
  const found: Message[] = [];
  const blocks: Cursor[] = [];
  // blocks that overlap could be read without end
  let left = file.bytes.length;
  const add = (block: Cursor) => {
    left -= block.left;
    if (left < 0) block.fail('blocks of an object header overlap');
    file.take(block.left, where);
    blocks.push(block);
  };
  const isNew = file.bytes[start.at] === 0x4f;
  let ordered = false;
  if (isNew) {
    start.signature('OHDR');
    const version = start.u8();
    if (version !== 2) start.fail(`expected object header version 2, got ${version}`);
    const flags = start.u8();
    ordered = (flags & 4) !== 0;
    if (flags & 32) start.skip(16);
    if (flags & 16) start.skip(4);
    add(start.part(start.uint(1 << (flags & 3))));
    start.checksum(address);
  } else {
    const version = start.u8();
    if (version !== 1) start.fail(`expected object header version 1, got ${version}`);
    // the number of messages and of references
    start.skip(7);
    const size = start.u32();
    start.skip(4);
    add(start.part(size));
  }
  const head = isNew ? (ordered ? 6 : 4) : 8;
  for (const block of blocks) {
    while (block.left >= head) {
      const type = isNew ? block.u8() : block.u16();
      const size = block.u16();
      const flags = block.u8();
      if (!isNew) block.skip(3);
      else if (ordered) block.skip(2);
      const data = block.part(size);
      if (type === MESSAGE.continuation) add(continuation(file, data, isNew));
      else if (type !== 0 && !(flags & 2)) found.push({ type, data });
      else if (type !== 0 && follow) found.push({ type, data: shared(file, type, data) });
    }
  }
  return found;
}

function continuation(file: Hdf5Bytes, data: Cursor, isNew: boolean): Cursor {
  const block = file.at(data.address(), data.where, data.length());
  if (!isNew) return block;
  const start = block.at;
  block.signature('OCHK');
  const messages = block.part(block.left - 4);
  block.checksum(start);
  return messages;
}

/** A message that lies in the header of another object, such as a named datatype. */
function shared(file: Hdf5Bytes, type: number, data: Cursor): Cursor {
  const version = data.u8();
  const kind = data.u8();
  if (version === 1) data.skip(6);
  if (version > 3 || (version === 3 && kind !== 2)) data.fail('a shared message of an unknown kind');
  const found = messagesOf(file, data.address(), data.where, false).find((message) => message.type === type);
  return found?.data ?? data.fail(`a shared message of type ${type} that does not exist`);
}
