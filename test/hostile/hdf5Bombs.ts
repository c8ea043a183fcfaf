import { utf8 } from './mutate.ts';

/** A little-endian number of `size` bytes; below 0 all bits are set. */
const number = (size: number, value: number) =>
  Array.from({ length: size }, (_, i) => (value < 0 ? 255 : Math.floor(value / 256 ** i) % 256));
const address = (at: number) => number(8, at);
const NOWHERE = address(-1);

/** Bytes of the superblock. */
const START = 96;

/** A file whose root's object header is at `root`. */
function file(root: number, body: Uint8Array): Uint8Array {
  const end = START + body.length;
  const head = [
    ...[0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0, 0, 0, 0, 0],
    ...[...address(0), ...NOWHERE, ...address(end), ...NOWHERE, ...address(0), ...address(root)],
  ];
  const bytes = new Uint8Array(end);
  bytes.set(head);
  bytes.set(body, START);
  return bytes;
}

/** An object header with messages [type, bytes]. */
function header(...messages: readonly (readonly [number, readonly number[]])[]): number[] {
  const all = messages.flatMap(([type, data]) => [...number(2, type), data.length, 0, 0, 0, 0, 0, ...data]);
  return [1, 0, ...number(2, messages.length), 1, 0, 0, 0, ...number(4, all.length), 0, 0, 0, 0, ...all];
}

/** Groups with two links to the next one each: 2^levels paths to the last object, whose header has empty messages. */
export function linkedTwice(levels: number, messages: number): Uint8Array {
  const body = header(...Array.from({ length: messages }, () => [0, []] as const));
  let child = START;
  for (let i = 0; i < levels; i++) {
    const next = START + body.length;
    const link = (name: string) => [6, [1, 0, 1, ...utf8(name), ...address(child)]] as const;
    body.push(...header(link('a'), link('b')));
    child = next;
  }
  return file(child, Uint8Array.from(body));
}

/** A group whose entries have names up to the end of a heap without a zero, each from the next byte on. */
export function namesWithoutEnd(entries: number, heap: number): Uint8Array {
  const root = header([17, [...address(START + 40), ...address(START + 120)]]);
  const list = START + 160;
  const names = list + 8 + 40 * entries;
  const body = new Uint8Array(names + heap - START).fill(97);
  const put = (at: number, ...bytes: readonly number[]) => body.set(bytes, at - START);
  put(START, ...root);
  // a B-tree of one entry, a heap, a list of symbols
  put(START + 40, ...utf8('TREE'), 0, 0, 1, 0, ...NOWHERE, ...NOWHERE, ...address(0), ...address(list));
  put(START + 120, ...utf8('HEAP'), 0, 0, 0, 0, ...address(heap), ...address(0), ...address(names));
  put(list, ...utf8('SNOD'), 1, 0, ...number(2, entries));
  for (let i = 0; i < entries; i++)
    put(list + 8 + 40 * i, ...address(i), ...address(START), ...number(24, 0));
  return file(START, body);
}
