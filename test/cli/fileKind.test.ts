import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { serializeSafetensors } from '../../src/io/index.ts';
import { recognize } from '../../src/modelFiles/fileKind.ts';
import { cli, folder, lastLine, TINY } from './helper.ts';

const bytes = (hex: string, rest = '') =>
  Buffer.concat([Buffer.from(hex, 'hex'), Buffer.from(rest, 'latin1')]);
const zip = (name: string) =>
  bytes('504b0304140000080800', `\0\0\0\0${name}${'\x01'.repeat(50)}PK\x01\x02${name}`);
const LFS =
  'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32\nsize 12345\n';

/** A sample of each kind of file. */
const SAMPLES: [string, Uint8Array][] = [
  ['safetensors', serializeSafetensors({ a: { shape: [2], data: new Float32Array(2) } })],
  ['pytorch', zip('archive/data.pkl')],
  ['pytorch', bytes('80028a0a6cfc9c46f9206aa850192e80024de9032e')],
  ['pickle', bytes('80049510000000', '\0\0\0\0}\x94\x8c\x01a\x94K\x01s.')],
  ['keras', zip('model.weights.h5')],
  ['architecture', Buffer.from('{"module": "keras", "class_name": "Functional", "config": {}}')],
  ['npz', zip('arr_0.npy')],
  ['zip', zip('notes.txt')],
  ['zip', bytes('504b0506', '\0'.repeat(18))],
  ['hdf5', bytes('894844460d0a1a0a', '\0\0\0\0')],
  ['onnx', bytes('08071207', 'pytorch\x1a\x051.9.0:')],
  ['onnx', bytes('080a3a', '\x90\x01\n')],
  ['tflite', bytes('1c00000054464c33', '\0\0')],
  ['gguf', bytes('4747554603000000', '\0\0')],
  ['npy', bytes('934e554d505901007600', "{'descr': '<f4'")],
  ['wasm', bytes('0061736d01000000')],
  ['gzip', gzipSync('some text')],
  ['zstd', bytes('28b52ffd0458', 'ab')],
  ['xz', bytes('fd377a585a000004')],
  ['bzip2', bytes('', 'BZh91AY&SY\x01\x02')],
  ['7z', bytes('377abcaf271c0004')],
  ['tar', bytes('', `${'notes.txt'.padEnd(257, '\0')}ustar\x0000`)],
  ['png', bytes('89504e470d0a1a0a', '\0\0\0\rIHDR')],
  ['jpeg', bytes('ffd8ffe0', '\0\x10JFIF')],
  ['gif', bytes('', 'GIF89a\x01\0')],
  ['riff', bytes('', 'RIFF$\x08\0\0WAVEfmt ')],
  ['pdf', bytes('', '%PDF-1.7\n%\xe2\xe3')],
  ['sqlite', bytes('', 'SQLite format 3\0\x10')],
  ['elf', bytes('7f454c46020101')],
  ['utf16', Buffer.from('\ufeffsome text', 'utf16le')],
  ['lfs', Buffer.from(LFS)],
  ['html', Buffer.from('\ufeff\n<!-- saved -->\n<!DOCTYPE html>\n<title>404</title>')],
  ['html', Buffer.from('<html lang="en">')],
  ['xml', Buffer.from('<?xml version="1.0"?><a/>')],
  ['tfjs', Buffer.from('{"format": "layers-model", "modelTopology": {"class_name": "Sequential"}}')],
  ['json', Buffer.from('{ "a": [1, 2] }')],
  ['json', Buffer.from('[[1, 2], [3]]')],
  ['text', Buffer.from('The whale, “Ahoy”, 🐋 {not json}\n')],
  // a character cut in two where the part that is looked at ends
  ['text', Buffer.from(`${'a'.repeat(65_535)}é`)],
  ['encoding', Buffer.from('caf\xe9 au lait', 'latin1')],
  ['binary', bytes('0102030405060700ff')],
  ['zeros', new Uint8Array(4096)],
  ['empty', new Uint8Array()],
];

const TRAINABLE = ['text', 'html', 'xml', 'json', 'tfjs', 'architecture', 'empty'];

describe('a file of another kind', () => {
  test.each(SAMPLES)('is recognized: %s', (name, sample) => {
    const kind = recognize(sample);
    expect(kind.name).toBe(name);
    expect(kind.isText ?? false).toBe(TRAINABLE.includes(name));
  });

  test.each(SAMPLES.filter(([name]) => name !== 'safetensors'))(
    'given as a model is named, with what was expected: %s',
    async (name, sample) => {
      const path = folder()('file');
      // a whole pickle can be inspected
      writeFileSync(path, name === 'pickle' ? sample.subarray(0, -1) : sample);
      const book = `${path}.txt`;
      writeFileSync(book, 'some text '.repeat(30));
      for (const args of [
        ['generate', path],
        ['train', book, '--resume', path],
        ['inspect', path],
        ['run', path],
        ['convert', path, `${path}.safetensors`],
      ]) {
        const outcome = await cli(...args);
        expect([outcome.code, outcome.out]).toEqual([1, '']);
        const line = lastLine(outcome);
        const isOpened = !['generate', 'train'].includes(args[0]!);
        expect(line).toMatch(
          isOpened ? /expected a safetensors file|can't be read/ : /expected a safetensors file/,
        );
        expect(line).toContain(path);
        expect(line).toContain(recognize(sample).what);
        expect(line.length).toBeLessThan(400);
      }
      expect(name).not.toBe('safetensors');
    },
  );

  test.each(SAMPLES.filter(([name]) => !TRAINABLE.includes(name)))(
    'given as the text is named, with what was expected: %s',
    async (_, sample) => {
      const path = folder()('file');
      writeFileSync(path, sample);
      const outcome = await cli('train', path, ...TINY, '--out', `${path}.out`);
      expect([outcome.code, outcome.out]).toEqual([1, '']);
      expect(lastLine(outcome)).toContain(`${path}: expected UTF-8 text`);
      expect(lastLine(outcome)).toContain(recognize(sample).what);
    },
  );

  test('what is a text, too, is trained on: HTML, JSON', async () => {
    const path = folder();
    for (const text of ['<!doctype html><p>one', '{"a": 1, "b": [2, 3]}']) {
      writeFileSync(path('t'), text.repeat(9));
      const { code } = await cli('train', path('t'), ...TINY, '--steps', 2, '--out', path('m'));
      expect(code).toBe(0);
    }
  });
});
