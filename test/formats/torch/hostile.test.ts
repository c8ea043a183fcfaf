import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/errors.ts';
import { readTorch } from '../../../src/formats/torch/index.ts';

const bytes = (...parts: (string | number | Uint8Array)[]) =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'string'
        ? [...part].map((c) => c.charCodeAt(0))
        : typeof part === 'number'
          ? [part]
          : [...part],
    ),
  );
const u32 = (n: number) => new Uint8Array(Uint32Array.of(n).buffer);
const pickle = (...parts: (string | number | Uint8Array)[]) => bytes('\x80\x02', ...parts, '.');
const archive = (data: Uint8Array, more: Record<string, Uint8Array> = {}) =>
  zipSync({ 'a/data.pkl': data, ...more }, { level: 0 });
const STORAGE = (elements: number) =>
  bytes(
    '(X',
    u32(7),
    'storage',
    'ctorch\nFloatStorage\n',
    'X',
    u32(1),
    '0',
    'X',
    u32(3),
    'cpu',
    'J',
    u32(elements),
    'tQ',
  );
const tensor = (elements: number, shape: number[], strides: number[], offset = 0) => {
  const tuple = (values: number[]) => bytes('(', ...values.flatMap((v) => ['J', u32(v)]), 't');
  return bytes(
    'ctorch._utils\n_rebuild_tensor_v2\n(',
    STORAGE(elements),
    'J',
    u32(offset),
    tuple(shape),
    tuple(strides),
    '\x89NtR',
  );
};
const DATA = { 'a/data/0': new Uint8Array(24) };

describe('a hostile file of PyTorch', () => {
  test('the parts that others are made of are valid', () => {
    const { tensors } = readTorch(archive(pickle(tensor(6, [2, 3], [3, 1])), DATA));
    expect(tensors.get('tensor')!.shape).toEqual([2, 3]);
  });

  test.each([
    ['a global is called', pickle('cos\nsystem\n(X', u32(2), 'ls', 'tR')],
    ['a class is made', pickle('csubprocess\nPopen\n)\x81}b')],
    ['eval', pickle('c__builtin__\neval\n(X', u32(13), 'process.exit()', 'tR').fill(0x2e, -2)],
  ])('%s: nothing is executed, it is listed', (_, data) => {
    let ignored: readonly string[] = [];
    try {
      ({ ignored } = readTorch(data));
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      return;
    }
    expect(ignored.length).toBe(1);
  });

  test.each([
    ['a shape beyond the storage', tensor(6, [2, 4], [4, 1]), /beyond/],
    ['strides beyond the storage', tensor(6, [2, 3], [4, 1]), /beyond/],
    ['an offset beyond the storage', tensor(6, [2, 3], [3, 1], 1), /beyond/],
    ['a storage that lies', tensor(7, [2, 3], [3, 1]), /beyond/],
    ['elements repeated a billion times', tensor(6, [1_000_000_000, 2], [0, 1]), /repeats/],
    ['2^60 elements', tensor(6, [2 ** 30, 2 ** 30], [0, 0]), /beyond|repeats/],
  ])('%s', (_, data, message) => {
    expect(() => readTorch(archive(pickle(data), DATA))).toThrow(FormatError);
    expect(() => readTorch(archive(pickle(data), DATA))).toThrow(message);
  });

  test.each([
    ['a text that is longer than the file', pickle('X', u32(2 ** 31)), /bytes are needed/],
    ['an integer of a megabyte', pickle('\x8b', u32(1 << 20)), /integer of/],
    ['the memo is empty', pickle('h\x05'), /memo/],
    ['the stack is empty', pickle(), /stack is empty/],
    ['no mark', pickle('t'), /mark/],
    ['two values', pickle('NN'), /left on the stack/],
    ['an opcode that is unknown', pickle('\xee'), /opcode/],
    ['a protocol of the future', bytes('\x80\x09N.'), /protocol 9/],
    ['pairs that are not whole', pickle('}(Nu'), /dict/],
    ['a global without an end', bytes('\x80\x02ctorch'), /line without an end/],
    ['a persistent id that is none', pickle('NQ'), /persistent id/],
    ['nothing', new Uint8Array(), /needed/],
  ])('%s', (_, data, message) => {
    expect(() => readTorch(data)).toThrow(FormatError);
    expect(() => readTorch(data)).toThrow(message);
    expect(() => readTorch(archive(data))).toThrow(FormatError);
  });

  test('lists within lists, one in the other: a billion paths, a circle, a great depth', () => {
    // each list has the one before ten times
    const doubled = Array.from({ length: 12 }, (_, i) =>
      bytes(
        '](',
        ...Array(10).fill(`h${String.fromCharCode(i)}`),
        'e',
        `q${String.fromCharCode(i + 1)}`,
        '0',
      ),
    );
    const laughs = pickle(']q\x00', '0', ...doubled, 'h\x0c');
    expect(() => readTorch(laughs)).toThrow(/more than/);
    expect(readTorch(pickle(']q\x00h\x00a')).tensors.size).toBe(0);
    const deep = pickle(']'.repeat(100_000), 'a'.repeat(99_999));
    expect(() => readTorch(deep)).toThrow(FormatError);
  });

  test('files inside of files', () => {
    let inner = pickle('N');
    for (let i = 0; i < 12; i++) {
      inner = pickle('ctorch.storage\n_load_from_bytes\n(B', u32(inner.length), inner, 'tR');
    }
    expect(() => readTorch(inner)).toThrow(/deep/);
  });

  test('a folder of the archive is chosen by its name only', () => {
    expect(() => readTorch(zipSync({ 'notes.txt': new Uint8Array(3) }, { level: 0 }))).toThrow(/data\.pkl/);
    expect(() => readTorch(archive(pickle(tensor(6, [2, 3], [3, 1]))))).toThrow(/not in the file/);
    const big = archive(pickle('N'), { 'a/byteorder': bytes('big') });
    expect(() => readTorch(big)).toThrow(/big-endian/);
  });
});
