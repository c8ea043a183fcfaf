import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/errors.ts';
import { readTorch } from '../../../src/formats/torch/index.ts';
import {
  archive,
  bytes,
  DATA,
  deepLists,
  laughs,
  nestedFiles,
  pickle,
  tensor,
  u32,
} from '../../hostile/torch.ts';

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

  test('lists within lists, one in the other: a billion paths, a circle, a great depth', () => {
    expect(() => readTorch(laughs())).toThrow(/more than/);
    expect(readTorch(pickle(']q\x00h\x00a')).tensors.size).toBe(0);
    expect(() => readTorch(deepLists(100_000))).toThrow(FormatError);
  });

  test('files inside of files', () => {
    expect(() => readTorch(nestedFiles(12))).toThrow(/deep/);
  });

  test('an archive of tar, as PyTorch 0.1.10 wrote it', () => {
    const bytes = new Uint8Array(1024);
    bytes.set(new TextEncoder().encode('ustar'), 257);
    expect(() => readTorch(bytes)).toThrow(/tar.* 0\.1\.10/);
  });

  test('a folder of the archive is chosen by its name only', () => {
    expect(() => readTorch(zipSync({ 'notes.txt': new Uint8Array(3) }, { level: 0 }))).toThrow(/data\.pkl/);
    expect(() => readTorch(archive(pickle(tensor(6, [2, 3], [3, 1]))))).toThrow(/not in the file/);
    const big = archive(pickle('N'), { 'a/byteorder': bytes('big') });
    expect(() => readTorch(big)).toThrow(/big-endian/);
  });
});
