import { describe, expect, test } from 'vitest';
import { ArgumentError, FormatError } from '../../src/errors.ts';
import { parseSafetensors, serializeSafetensors } from '../../src/io/index.ts';
import { expectWords, type Words } from '../errors.ts';
import { bytesOf, entry, file } from './helpers.ts';

function refuses(bytes: Uint8Array, message: Words): void {
  let thrown: unknown;
  try {
    parseSafetensors(bytes);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(FormatError);
  expectWords(thrown, message);
  expect((thrown as FormatError).message.length).toBeLessThan(400);
}

function header(text: string, message: Words, data = 0): void {
  refuses(file(text, data), message);
}

const good = entry('F32', [2], [0, 8]);

describe('file and header length', () => {
  test('file shorter than 8 bytes', () => {
    refuses(new Uint8Array(0), ['0', 'shorter', '8']);
    refuses(new Uint8Array(7), ['7']);
  });
  test('header length beyond 100,000,000', () => {
    refuses(file('{}', 0, 100_000_001n), ['100000001', 'beyond', 'limit', '100000000']);
    refuses(file('{}', 0, 2n ** 64n - 1n), ['18446744073709551615', 'beyond', 'limit']);
    refuses(file('{}', 0, 2n ** 32n + 2n), ['4294967298', 'beyond', 'limit']);
  });
  test('header length beyond the file', () => {
    refuses(file('{}', 0, 3n), ['3', 'beyond', '2']);
    refuses(file('{}', 0, 100_000_000n), ['100000000', 'beyond', '2']);
  });
  test('header not valid UTF-8', () => {
    refuses(file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), ['5', 'UTF-8']);
    refuses(file(Uint8Array.of(0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d)), ['UTF-8']);
  });
  test('header not starting with {', () => {
    header('', ['"{"', 'header']);
    header(' {}', ['"{"', '" "']);
    header('[]', ['"{"', '"["']);
    header('\ufeff{}', ['"{"']);
  });
});

describe('header text', () => {
  test('invalid JSON', () => {
    header('{', ['JSON', 'header']);
    header('{"a"}', ['JSON', '":"', '"a"', '"}"']);
    header(`{"a":${good},}`, ['JSON'], 8);
    header(`{"a":${good} "b":${good}}`, ['JSON', '","', '"}"'], 8);
    header("{'a':1}", ['JSON']);
    header('{"a', ['string', '1']);
    header('{"a\\', ['string', '1']);
    header('{"\\x":1}', ['string', '1']);
    header('{"\n":1}', ['string', '1']);
    header('{"a":nope}', ['JSON', 'tensor', '"a"', '"nope}"']);
    header('{"a":{"dtype":"F32","shape":[1,],"data_offsets":[0,4]}}', ['JSON'], 4);
    header(
      '{"a":{"dtype":"F32","shape":[1 1],"data_offsets":[0,4]}}',
      ['","', '"]"', 'tensor', '"a"', 'shape'],
      4,
    );
    header('{}}', ['nothing', '2', '"}"']);
    header('{} {}', ['object']);
    header('{}\0', ['object']);
  });
  test('duplicate tensor names, escaped too', () => {
    header(`{"a":${good},"a":${good}}`, ['duplicate', '"a"'], 8);
    header(`{"a":${good},"\\u0061":${good}}`, ['duplicate', '"a"'], 8);
    header(`{"\\/":${good},"/":${good}}`, ['duplicate', '"/"'], 8);
    header(`{"\\ud83d\\ude00":${good},"\u{1f600}":${good}}`, ['duplicate'], 8);
    header('{"__metadata__":{},"__metadat\\u0061__":{}}', ['duplicate', '"__metadata__"']);
  });
  test('duplicate fields of an entry', () => {
    const twice = '{"dtype":"F32","shape":[2],"data_offsets":[0,8],"\\u0073hape":[2]}';
    header(`{"a":${twice}}`, ['tensor', '"a"', 'duplicate', '"shape"'], 8);
  });
  test('duplicate metadata keys', () => {
    header('{"__metadata__":{"k":"1","\\u006b":"2"}}', ['__metadata__', 'duplicate', '"k"']);
  });
  test('metadata not a string-to-string map', () => {
    header('{"__metadata__":[]}', ['object', '__metadata__', '"[]}"']);
    header('{"__metadata__":null}', ['object', '__metadata__', '"null}"']);
    header('{"__metadata__":{"k":1}}', ['string', '__metadata__', '"k"', '"1}}"']);
    header('{"__metadata__":{"k":{}}}', ['string', '__metadata__', '"k"', '"{}}}"']);
  });
  test('more than 100,000 metadata keys', () => {
    const members = Array.from({ length: 100_001 }, (_, i) => `"k${i}":""`);
    header(`{"__metadata__":{${members.join(',')}}}`, ['__metadata__', '100000']);
    const most = parseSafetensors(file(`{"__metadata__":{${members.slice(1).join(',')}}}`));
    expect(Object.keys(most.metadata).length).toBe(100_000);
  });
  test('lone surrogates', () => {
    header(`{"\\ud800":${good}}`, ['Unicode', 'surrogate'], 8);
    header('{"__metadata__":{"k":"\\udc00"}}', ['Unicode']);
  });
  test('names of Object.prototype are plain names', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''];
    const text = names.map((name, i) => `"${name}":${entry('U8', [1], [i, i + 1])}`).join(',');
    const meta = '"__metadata__":{"__proto__":"p","constructor":"c"}';
    const { tensors, metadata } = parseSafetensors(file(`{${meta},${text}}`, Uint8Array.of(1, 2, 3, 4, 5)));
    expect([...tensors.keys()]).toEqual(names);
    expect(tensors.get('__proto__')?.data).toEqual(Uint8Array.of(1));
    expect(Object.getPrototypeOf(metadata)).toBeNull();
    expect(Object.entries(metadata)).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
    expect(({} as Record<string, unknown>).p).toBeUndefined();
    const again = parseSafetensors(serializeSafetensors(tensors, metadata));
    expect(again.tensors.size).toBe(5);
    expect(Object.entries(again.metadata)).toEqual(Object.entries(metadata));
  });
  test('nesting bombs neither overflow the stack nor take long', () => {
    for (const open of ['[', '{"a":', '{"dtype":', '[{"a":']) {
      const bomb = open.repeat(1_000_000);
      header(`{"a":${bomb}`, []);
      header(`{"__metadata__":${bomb}`, []);
      header(`{"__metadata__":{"a":${bomb}`, []);
      header(`{"a":{"shape":${bomb}`, []);
      header(`{"a":{"shape":[${bomb}`, []);
      header(`{"a":{"dtype":${bomb}`, []);
      header(`{"a":{"extra":${bomb}`, []);
    }
  });
  test('long strings, numbers and shapes end in short messages', () => {
    header(`{"${'x'.repeat(1_000_000)}":1}`, ['tensor', '..."']);
    header(`{"a":{"shape":[${'9'.repeat(1_000_000)}]}}`, ['"a"', 'shape']);
    header(`{"a":${entry('F32', new Array(200_000).fill(1), [0, 8])}}`, ['shape', '200000'], 8);
  });
});

describe('entries', () => {
  test('entry not an object', () => {
    header('{"a":[]}', ['object', 'tensor', '"a"', '"[]}"']);
    header('{"a":true}', ['object', 'tensor', '"a"', '"true}"']);
    header('{"a":"b"}', ['object', 'tensor', '"a"', 'b']);
  });
  test('missing fields', () => {
    header('{"a":{}}', ['tensor', '"a"', 'missing', '"dtype"']);
    header('{"a":{"dtype":"F32","data_offsets":[0,0]}}', ['tensor', '"a"', 'missing', '"shape"']);
    header('{"a":{"dtype":"F32","shape":[0]}}', ['tensor', '"a"', 'missing', '"data_offsets"']);
  });
  test('unknown fields', () => {
    header('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}}', ['tensor', '"a"', '"x"']);
    header('{"a":{"dtype":"F32","shape":[0],"offsets":[0,0]}}', ['tensor', '"a"', '"offsets"']);
    header('{"a":{"__proto__":{}}}', ['tensor', '"a"', '"__proto__"']);
  });
  test('unknown dtype', () => {
    for (const dtype of ['F8_E4M3', 'f32', '', '__proto__', 'toString']) {
      header(`{"a":${entry(dtype, [0], [0, 0])}}`, ['"a"', 'dtype', `"${dtype}"`, 'U64']);
    }
    header('{"a":{"dtype":1}}', ['string', 'dtype', 'tensor', '"a"', '"1}}"']);
  });
  test('shape not an array of non-negative safe integers', () => {
    const shape = (text: string, message: Words) =>
      header(`{"a":{"dtype":"F32","shape":${text},"data_offsets":[0,0]}}`, message);
    shape('4', ['array', 'shape', 'tensor', '"a"', '4']);
    shape('null', ['array', 'shape', 'tensor', '"a"', 'null']);
    shape('["2"]', ['integers', 'shape', 'tensor', '"a"', '2']);
    shape('[[2]]', ['integers', '[2]']);
    for (const number of ['-1', '-0', '1.5', '1.0', '1e2', '01', '+1', '9007199254740992', '1e400']) {
      shape(`[${number}]`, ['"a"', 'shape', number]);
    }
  });
  test('element count overflow', () => {
    header(`{"a":${entry('U8', [2 ** 27, 2 ** 27], [0, 0])}}`, ['shape', '[134217728, 134217728]', '2^53']);
    header(`{"a":${entry('U8', [2 ** 53 - 1, 2 ** 53 - 1, 0], [0, 0])}}`, ['2^53']);
    header(`{"a":${entry('U8', [94906267, 94906267], [0, 0])}}`, ['2^53']);
  });
  test('byte count overflow', () => {
    header(`{"a":${entry('F64', [2 ** 50], [0, 0])}}`, ['shape', '[1125899906842624]', 'F64', '2^53']);
    header(`{"a":${entry('F64', [2 ** 50 - 1], [0, 0])}}`, ['9007199254740984']);
  });
  test('data_offsets not two non-negative safe integers', () => {
    header(`{"a":${entry('U8', [0], [0])}}`, ['tensor', '"a"', 'data_offsets', '1']);
    header(`{"a":${entry('U8', [0], [])}}`, ['tensor', '"a"', 'data_offsets', '0']);
    header(`{"a":${entry('U8', [0], [0, 0, 0])}}`, ['tensor', '"a"', 'data_offsets', '3']);
    header(`{"a":${entry('U8', [0], [-1, 0])}}`, ['data_offsets', '-1']);
    header(`{"a":${entry('U8', [0], [0, 0.5])}}`, ['data_offsets', '0.5']);
    header(`{"a":${entry('U8', [0], { 0: 0 })}}`, ['array', 'data_offsets']);
  });
  test('data_offsets begin after end', () => {
    header(`{"a":${entry('U8', [1], [2, 1])}}`, ['tensor', '"a"', 'data_offsets', '2', '1'], 2);
  });
  test('data_offsets end beyond the file', () => {
    header(`{"a":${entry('F32', [3], [0, 12])}}`, ['tensor', '"a"', 'data_offsets', '[0, 12]', '8'], 8);
    header(`{"a":${entry('U8', [2 ** 52], [0, 2 ** 52])}}`, ['"a"', '4503599627370496', '0']);
  });
  test('size of data_offsets other than of dtype and shape', () => {
    const words = ['"a"', '[3]', 'F32', '12', '[0, 8]', '8'];
    header(`{"a":${entry('F32', [3], [0, 8])}}`, words, 8);
    header(`{"a":${entry('F32', [], [0, 0])}}`, ['shape', '[]', 'F32', '4']);
  });
  test('holes', () => {
    header(`{"a":${entry('U8', [2], [2, 4])}}`, ['tensor', '"a"', 'hole', '0', '2'], 4);
    header(
      `{"b":${entry('U8', [1], [3, 4])},"a":${entry('U8', [2], [0, 2])}}`,
      ['tensor', '"b"', 'hole', '2', '3'],
      4,
    );
  });
  test('overlaps', () => {
    const text = `{"a":${entry('U8', [3], [0, 3])},"b":${entry('U8', [2], [2, 4])}}`;
    header(text, ['tensor', '"b"', 'overlap', '2', '3'], 4);
    header(`{"a":${good},"b":${good}}`, ['tensor', '"b"', 'overlap', '0', '8'], 8);
    header(`{"a":${good},"b":${entry('U8', [0], [4, 4])}}`, ['tensor', '"b"', 'overlap', '4'], 8);
  });
  test('trailing bytes', () => {
    header(`{"a":${good}}`, ['1', 'trailing', '8'], 9);
    header('{}', ['4', 'trailing', '0'], 4);
  });
});

describe('valid files', () => {
  test('example of the format README: F16 [1, 16, 256]', () => {
    const data = Uint8Array.from({ length: 8192 }, (_, i) => i & 255);
    const text = '{"TENSOR_NAME":{"dtype":"F16","shape":[1,16,256],"data_offsets":[0,8192]}}';
    const { tensors, metadata } = parseSafetensors(file(text, data));
    const tensor = tensors.get('TENSOR_NAME')!;
    expect([tensor.dtype, tensor.shape]).toEqual(['F16', [1, 16, 256]]);
    expect(bytesOf(tensor.data)).toEqual(data);
    expect(metadata).toEqual({});
  });
  test('example of the reference documentation: header of 60 bytes', () => {
    const text = '{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}';
    expect(file(text)[0]).toBe(60);
    expect(parseSafetensors(file(text, 16)).tensors.get('test')?.data).toEqual(new Int32Array(4));
  });
  test('empty tensors and scalars', () => {
    const text = `{"s":${entry('F32', [], [0, 4])},"e":${entry('F64', [3, 0], [4, 4])},"z":${entry('U8', [0], [0, 0])}}`;
    const { tensors } = parseSafetensors(file(text, Uint8Array.of(0, 0, 128, 63)));
    expect(tensors.get('s')).toEqual({ dtype: 'F32', shape: [], data: Float32Array.of(1) });
    expect(tensors.get('e')).toEqual({ dtype: 'F64', shape: [3, 0], data: new Float64Array(0) });
    expect(tensors.get('z')).toEqual({ dtype: 'U8', shape: [0], data: new Uint8Array(0) });
  });
  test('any field order, white space and any offset order', () => {
    const text = `{ "b" :\t{"data_offsets":[ 1 , 2 ],"shape":[\n1 ],"dtype":"I8"},\r\n"a":${entry('U8', [1], [0, 1])} } \n`;
    const { tensors } = parseSafetensors(file(text, Uint8Array.of(7, 255)));
    expect([...tensors]).toEqual([
      ['b', { dtype: 'I8', shape: [1], data: Int8Array.of(-1) }],
      ['a', { dtype: 'U8', shape: [1], data: Uint8Array.of(7) }],
    ]);
  });
  test('data are copies, whatever the alignment of the bytes given', () => {
    const source = serializeSafetensors({ w: { shape: [2], data: Float64Array.of(1.5, -2) } });
    for (let shift = 0; shift < 9; shift++) {
      const moved = new Uint8Array(source.length + 16).fill(255);
      moved.set(source, shift);
      const { tensors } = parseSafetensors(moved.subarray(shift, shift + source.length));
      moved.fill(0);
      expect(tensors.get('w')?.data).toEqual(Float64Array.of(1.5, -2));
    }
    expect(parseSafetensors(source.buffer).tensors.get('w')?.data).toEqual(Float64Array.of(1.5, -2));
  });
  test('without copies, data are views of the bytes where these are aligned', () => {
    const tensors = {
      w: { shape: [2], data: Float64Array.of(1.5, -2) },
      b: { shape: [1], data: Int8Array.of(3) },
    };
    const source = serializeSafetensors(tensors);
    for (let shift = 0; shift < 9; shift++) {
      const moved = new Uint8Array(source.length + 16);
      moved.set(source, shift);
      const bytes = moved.subarray(shift, shift + source.length);
      const read = parseSafetensors(bytes, { copy: false }).tensors;
      expect(read).toEqual(parseSafetensors(bytes).tensors);
      expect(read.get('w')!.data.buffer === moved.buffer).toBe(shift % 8 === 0);
      expect(read.get('b')!.data.buffer).toBe(moved.buffer);
    }
    // pages that are not isolated have no SharedArrayBuffer by name
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const shared = new Uint8Array(memory.buffer, 0, source.length);
    shared.set(source);
    expect(parseSafetensors(shared, { copy: false }).tensors.get('w')!.data.buffer).toBeInstanceOf(
      ArrayBuffer,
    );
    expect(() => parseSafetensors(source, { copy: 1 } as never)).toThrow(/copy: expected true or false/);
    expect(() => parseSafetensors(source, { copies: false } as never)).toThrow(/copies/);
  });
  test('bytes of another type are refused', () => {
    for (const value of [undefined, null, 'x', [1], {}, new DataView(new ArrayBuffer(8)), new Int8Array(8)]) {
      expect(() => parseSafetensors(value as unknown as Uint8Array)).toThrow(ArgumentError);
    }
  });
});
