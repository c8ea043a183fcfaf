import { describe, expect, test } from 'vitest';
import { readTorch } from '../../../src/formats/torch/index.ts';
import { archive, bytes, calls, DATA, pickle, STORAGE, tensor, text, u32 } from '../../hostile/torch.ts';

type Part = string | number | Uint8Array;

/** A file of a dict of these keys and values. */
const file = (...parts: readonly Part[]) => archive(pickle('}(', ...parts, 'u'), DATA);
const one = tensor(6, [1], [1]);
const two = tensor(6, [2], [1]);
const lengths = (data: Uint8Array) =>
  [...readTorch(data).tensors].map(([name, { shape }]) => [name, shape[0]]);

describe('names of tensors', () => {
  test.each([
    ['a.b', file(text('a.b'), one, text('a'), bytes('}', text('b'), two, 's'))],
    ['1', file('K\x01', one, text('1'), two)],
    ['tensor', file(text('tensor'), one, text(''), bytes('}', text(''), two, 's'))],
    ['1', file('K\x01', one, 'N', two)],
  ])('%s: two tensors of one name are refused', (name, data) => {
    expect(() => readTorch(data)).toThrow(`tensor "${name}": [2] of F32 has the name of another one`);
  });

  test('one tensor that is found twice under its name is no error', () => {
    // a dict that is its own state, as `self.__dict__ = self` makes it
    const data = pickle('cm\nA\n)\x81q\x00(', text('w'), one, 'uh\x00b');
    expect(lengths(archive(data, DATA))).toEqual([['w', 1]]);
  });

  test('under a key that is a tuple, None or an object: its position', () => {
    const key = bytes('(', text('t'), 'K\x01t');
    expect(lengths(file(key, one, 'N', two))).toEqual([
      ['0', 1],
      ['1', 2],
    ]);
  });

  test('a byte order mark stays', () => {
    expect(lengths(file(text('\xef\xbb\xbfa'), one, text('a'), two))).toEqual([
      ['\ufeffa', 1],
      ['a', 2],
    ]);
  });

  test('bytes of protocol 0 are UTF-8', () => {
    expect(lengths(file("S'\\xc3\\xa9'\n", one))).toEqual([['é', 1]]);
  });

  test('AveragedModel: without `module.`, as torch 2.15 writes it', () => {
    const dict = (...names: string[]) => file(...names.flatMap((name) => [text(name), one]));
    const namesOf = (...names: string[]) => lengths(dict(...names)).map(([name]) => name);
    expect(namesOf('n_averaged', 'module.fc.weight')).toEqual(['n_averaged', 'fc.weight']);
    expect(namesOf('module.n_averaged', 'module.module.fc.weight')).toEqual(['n_averaged', 'fc.weight']);
    expect(namesOf('log_std', 'module.fc.weight')).toEqual(['log_std', 'module.fc.weight']);
    expect(namesOf('n_averaged')).toEqual(['n_averaged']);
  });
});

describe('what a file has', () => {
  test('a view that is negative is left out, and said', () => {
    // torch 2.15: `torch.tensor([1 + 2j]).conj().imag` has the arguments of others and {'neg': True}
    const neg = bytes('}', text('neg'), '\x88s');
    const view = bytes(one.subarray(0, -2), neg, 'tR');
    const { tensors, ignored } = readTorch(file(text('a'), view, text('b'), two));
    expect([[...tensors.keys()], ignored]).toEqual([['b'], ['torch._neg_view']]);
  });

  test('no tensors: an empty state dict', () => {
    expect(readTorch(pickle('}')).stateDict()).toEqual({});
    expect(() => readTorch(pickle('}')).stateDict('fc.')).toThrow(/layers/);
  });

  test('a file inside and a text of bytes are read once, however often they are named', () => {
    const inner = pickle('N0'.repeat(100_000), STORAGE(6));
    const files = calls('torch.storage\n_load_from_bytes', bytes('B', u32(inner.length), inner), 1000);
    expect(readTorch(files).tensors.size).toBe(0);
    const latin1 = bytes('h\x01', text('latin1'), '\x86');
    const texts = calls('_codecs\nencode', text('a'.repeat(1_000_000)), 1000, latin1);
    expect(readTorch(texts).tensors.size).toBe(0);
  });

  test('12,000 tensors of pickle.dump, each in a file inside', () => {
    const inner = pickle(STORAGE(6));
    const call = bytes('h\x00B', u32(inner.length), inner, '\x85R0');
    const parts = Array.from({ length: 12_000 }, () => call);
    expect(readTorch(pickle('ctorch.storage\n_load_from_bytes\nq\x00', ...parts)).form).toBe('legacy');
  });

  test('pairs and bytes as Python 2 and protocol 2 write them', () => {
    const dict = bytes('ccollections\nOrderedDict\n](](', text('a'), 'K\x07ee\x85R');
    expect([...readTorch(pickle(dict)).values]).toEqual([['a', 7]]);
    const none = bytes('ccollections\nOrderedDict\n)R');
    expect(readTorch(pickle(none)).tensors.size).toBe(0);
    const storage = pickle('(', text('storage'), 'ctorch\nFloatStorage\n', text('0'), 'NK\x06tQ');
    const encoded = bytes('c_codecs\nencode\n', textOf(storage), text('latin1'), '\x86R');
    const nested = bytes('ctorch.storage\n_load_from_bytes\n', encoded, '\x85R');
    const view = bytes('ctorch._utils\n_rebuild_tensor_v2\n(', nested, 'K\x00K\x01\x85K\x01\x85\x89NtR');
    expect(() => readTorch(pickle(view))).toThrow(/not in the file/);
  });
});

/** The text of bytes, one character per byte, as UTF-8. */
function textOf(data: Uint8Array): Uint8Array {
  const utf8 = new TextEncoder().encode(String.fromCharCode(...data));
  return bytes('X', u32(utf8.length), utf8);
}
