import { strToU8, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/errors.ts';
import { inflate } from '../../../src/formats/zip/inflate.ts';
import { readZip as read } from '../../../src/formats/zip/zip.ts';

const readZip = (bytes: Uint8Array) => read(bytes, { format: 'test', inflate });

const words = strToU8('the whale '.repeat(900));
const FILES = { 'a.txt': strToU8('stored'), 'folder/b.txt': words, empty: new Uint8Array() };

const archive = (level: 0 | 9, comment = '') => zipSync(FILES, { level, comment } as object);
const patched = (bytes: Uint8Array, at: number, ...values: number[]) => {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
};
/** Position of the n-th entry of the directory. */
const entryAt = (bytes: Uint8Array, n = 0) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let at = view.getUint32(bytes.length - 6, true);
  while (n-- > 0) at += 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true);
  return at;
};

describe('a zip archive', () => {
  test.each([0, 9] as const)('gives its files, level %i', (level) => {
    const zip = readZip(archive(level));
    expect([...zip.keys()]).toEqual(Object.keys(FILES));
    for (const [name, bytes] of Object.entries(FILES)) {
      expect(zip.get(name)!.size).toBe(bytes.length);
      expect(zip.get(name)!.read()).toEqual(bytes);
    }
  });

  test('is read from a view, and with a comment at its end', () => {
    const bytes = archive(9);
    const commented = new Uint8Array([9, ...bytes, ...strToU8('hello')]);
    commented[1 + bytes.length - 2] = 5;
    expect(readZip(commented.subarray(1)).get('folder/b.txt')!.read()).toEqual(words);
  });

  test('that is cut off anywhere is refused', () => {
    const bytes = archive(9);
    for (let n = 0; n < bytes.length; n++) {
      expect(() => readZip(bytes.subarray(0, n))).toThrow(/^test: /);
    }
  });

  test.each([
    ['encrypted', 8, [1]],
    ['compressed by method', 10, [12]],
    ['no header', 42, [3]],
    ['6 bytes for 7', 24, [7]],
    ['beyond the archive', 20, [0, 0, 1]],
  ])('%s', (words, offset, values) => {
    const bytes = archive(0);
    expect(() => readZip(patched(bytes, entryAt(bytes) + offset, ...values))).toThrow(words);
    expect(() => readZip(patched(bytes, entryAt(bytes) + offset, ...values))).toThrow(FormatError);
  });

  test('a bomb is refused before memory is taken: sizes beyond the archive, overlapping files', () => {
    const bytes = archive(9);
    const size = entryAt(bytes, 1) + 24;
    expect(() => readZip(patched(bytes, size, 0, 0, 0, 0x7f))).toThrow(/bytes for/);
    const same = patched(bytes, entryAt(bytes, 1) + 42, 0, 0, 0, 0);
    expect(() => readZip(same)).toThrow(/overlap|bytes for|beyond/);
  });

  test('a name that is listed twice', () => {
    const bytes = zipSync({ a: strToU8('one'), b: strToU8('two') }, { level: 0 });
    const at = entryAt(bytes, 1) + 46;
    expect(() => readZip(patched(bytes, at, 'a'.charCodeAt(0)))).toThrow(/a.* is listed twice/);
  });

  test('without inflate, files must be stored', () => {
    const files = read(archive(9), { format: 'test' });
    expect(() => files.get('folder/b.txt')!.read()).toThrow(/compressed/);
    expect(read(archive(0), { format: 'test' }).size).toBe(3);
  });

  test.each([0, 9] as const)('a file that was changed is refused by its checksum, level %i', (level) => {
    const bytes = archive(level);
    const at = entryAt(bytes, 1) + 16;
    const entry = readZip(patched(bytes, at, bytes[at]! ^ 1)).get('folder/b.txt')!;
    expect(() => entry.read()).toThrow('test: file "folder/b.txt" has another checksum');
    // torch.save of PyTorch 2.15 writes 0 after torch.serialization.set_crc32_options(False)
    expect(
      readZip(patched(bytes, at, 0, 0, 0, 0))
        .get('folder/b.txt')!
        .read(),
    ).toEqual(words);
  });

  test('a file that inflates to more or less than it says is refused by name', () => {
    const bytes = archive(9);
    for (const low of [words.length - 1, words.length + 1]) {
      const lying = patched(bytes, entryAt(bytes, 1) + 24, low & 255, low >> 8);
      const entry = readZip(lying).get('folder/b.txt')!;
      expect(() => entry.read()).toThrow(/folder\/b\.txt.* inflate/);
    }
  });
});
