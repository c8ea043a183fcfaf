import { describe, expect, test } from 'vitest';
import { ArgumentError } from '../../src/errors.ts';
import {
  type Dtype,
  parseSafetensors,
  serializeSafetensors,
  type TensorInput,
  toFloat32,
} from '../../src/io/index.ts';
import { expectThrows, type Words } from '../errors.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The header text of a file, padding included. */
function headerOf(bytes: Uint8Array<ArrayBuffer>): string {
  return text(bytes.subarray(8, 8 + new DataView(bytes.buffer).getUint32(0, true)));
}

describe('bytes of the reference implementation (safetensors/src/tensor.rs, tests)', () => {
  const data = Float32Array.of(0, 1, 2, 3, 4, 5);
  const dataBytes = [0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64, 0, 0, 160, 64];

  test('test_serialization', () => {
    const bytes = serializeSafetensors({ 'attn.0': { shape: [1, 2, 3], data } });
    expect([...bytes.subarray(0, 8)]).toEqual([64, 0, 0, 0, 0, 0, 0, 0]);
    expect(headerOf(bytes)).toBe('{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}');
    expect([...bytes.subarray(72)]).toEqual(dataBytes);
  });
  test('test_serialization_forced_alignement', () => {
    const bytes = serializeSafetensors({ attn0: { shape: [1, 1, 2, 3], data } });
    expect([...bytes.subarray(0, 8)]).toEqual([72, 0, 0, 0, 0, 0, 0, 0]);
    expect(headerOf(bytes)).toBe('{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       ');
    expect([...bytes.subarray(80)]).toEqual(dataBytes);
  });
  test('test_empty', () => {
    const empty = [8, 0, 0, 0, 0, 0, 0, 0, 123, 125, 32, 32, 32, 32, 32, 32];
    expect([...serializeSafetensors({})]).toEqual(empty);
    expect([...serializeSafetensors(new Map(), {})]).toEqual(empty);
    const bytes = serializeSafetensors([], { framework: 'pt' });
    expect(bytes.length).toBe(48);
    expect(headerOf(bytes)).toBe('{"__metadata__":{"framework":"pt"}}     ');
  });
});

describe('layout', () => {
  test('descending alignment, then name', () => {
    const one = (dtype: Dtype, data: TensorInput['data']): TensorInput => ({ dtype, shape: [1], data });
    const bytes = serializeSafetensors({
      bool: one('BOOL', new Uint8Array(1)),
      u8: one('U8', new Uint8Array(1)),
      i8: one('I8', new Int8Array(1)),
      i16: one('I16', new Int16Array(1)),
      u16: one('U16', new Uint16Array(1)),
      f16: one('F16', new Uint16Array(1)),
      bf16: one('BF16', new Uint16Array(1)),
      i32: one('I32', new Int32Array(1)),
      u32: one('U32', new Uint32Array(1)),
      f32b: one('F32', new Float32Array(1)),
      f32a: one('F32', new Float32Array(1)),
      f64: one('F64', new Float64Array(1)),
      i64: one('I64', new BigInt64Array(1)),
      u64: one('U64', new BigUint64Array(1)),
    });
    const names = [...parseSafetensors(bytes).tensors.keys()];
    expect(names.join(' ')).toBe('u64 i64 f64 f32a f32b u32 i32 bf16 f16 u16 i16 i8 u8 bool');
  });
  test('names in code point order, not in UTF-16 order', () => {
    const names = ['\u{1f600}', '\uffee', 'a', '\u00e9', 'aa', '\u{10000}', ''];
    const pairs = names.map((name): [string, TensorInput] => [
      name,
      { shape: [0], data: new Float32Array(0) },
    ]);
    const sorted = ['', 'a', 'aa', '\u00e9', '\uffee', '\u{10000}', '\u{1f600}'];
    expect([...parseSafetensors(serializeSafetensors(pairs)).tensors.keys()]).toEqual(sorted);
  });
  test('dtype follows from the class of the data', () => {
    const { tensors } = parseSafetensors(
      serializeSafetensors({
        a: { shape: [1], data: new Uint16Array(1) },
        b: { shape: [1], data: new Uint8Array(1) },
      }),
    );
    expect([tensors.get('a')?.dtype, tensors.get('b')?.dtype]).toEqual(['U16', 'U8']);
  });
  test.runIf('Float16Array' in globalThis)('a Float16Array is F16', () => {
    const Half = (globalThis as unknown as { Float16Array: new (from: number[]) => never }).Float16Array;
    const data = new Half([0.5, 1, -2]);
    const { tensors } = parseSafetensors(serializeSafetensors({ w: { shape: [3], data } }));
    // numpy.float16
    expect(tensors.get('w')).toEqual({
      dtype: 'F16',
      shape: [3],
      data: Uint16Array.of(0x3800, 0x3c00, 0xc000),
    });
    expect([toFloat32({ data }), toFloat32(tensors.get('w')!)]).toEqual([
      Float32Array.of(0.5, 1, -2),
      Float32Array.of(0.5, 1, -2),
    ]);
  });
  test('a view into a larger buffer writes its own bytes only', () => {
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const { tensors } = parseSafetensors(serializeSafetensors({ w: { shape: [2], data } }));
    expect(tensors.get('w')?.data).toEqual(Float32Array.of(1, 2));
  });
});

describe('refused input', () => {
  const refused = (call: () => unknown, message: Words) => {
    expectThrows(call, message);
  };
  const f32 = (shape: unknown, length = 1) => ({
    w: { shape: shape as number[], data: new Float32Array(length) },
  });

  test('duplicate names', () => {
    const w = f32([1]).w;
    const pairs: [string, TensorInput][] = [
      ['w', w],
      ['w', w],
    ];
    refused(() => serializeSafetensors(pairs), ['tensors', 'distinct', '"w"']);
  });
  test('data length other than of the shape', () => {
    refused(() => serializeSafetensors(f32([2, 3], 5)), ['tensors["w"].data', '6', '[2, 3]', '5']);
    refused(() => serializeSafetensors(f32([], 0)), ['tensors["w"].data', '1', '[]', '0']);
  });
  test('shapes that are none', () => {
    const holes = Object.assign([1, 1], { length: 3 });
    for (const shape of [
      holes,
      undefined,
      1,
      [-1],
      [0.5],
      [Number.NaN],
      ['1'],
      [2 ** 53],
      Uint8Array.of(1),
    ]) {
      refused(() => serializeSafetensors(f32(shape)), ['tensors["w"].shape']);
    }
    refused(() => serializeSafetensors(f32([2 ** 30, 2 ** 30])), ['tensors["w"].shape', '2^53']);
  });
  test('data of the wrong class', () => {
    const bad = (tensor: unknown) => () => serializeSafetensors({ w: tensor as TensorInput });
    refused(bad({ dtype: 'F32', shape: [1], data: new Float64Array(1) }), [
      'tensors["w"].data',
      'Float32Array',
      'F32',
    ]);
    refused(bad({ dtype: 'F16', shape: [1], data: new Float32Array(1) }), [
      'tensors["w"].data',
      'Uint16Array',
      'F16',
    ]);
    refused(bad({ shape: [1], data: [1] }), ['tensors["w"].data', 'typed array']);
    refused(bad({ shape: [1], data: new DataView(new ArrayBuffer(4)) }), [
      'tensors["w"].data',
      'typed array',
    ]);
    refused(bad({ shape: [1], data: new Uint8ClampedArray(1) }), ['tensors["w"].data', 'dtype']);
    refused(bad({ dtype: 'F8', shape: [1], data: new Uint8Array(1) }), ['tensors["w"].dtype', '"F8"']);
    refused(bad(null), ['tensors["w"]', 'null']);
  });
  test('names and metadata that are no Unicode strings, and the reserved name', () => {
    const w = f32([1]).w;
    refused(() => serializeSafetensors({ __metadata__: w }), ['tensors', '"__metadata__"']);
    refused(() => serializeSafetensors({ '\ud800': w }), ['tensors', 'surrogates']);
    refused(() => serializeSafetensors([[1, w]] as never), ['tensors', '1']);
    refused(() => serializeSafetensors([w] as never), ['tensors', 'object']);
    refused(() => serializeSafetensors(null as never), ['tensors', 'null']);
    refused(() => serializeSafetensors({}, { k: 1 } as never), ['metadata["k"]', '1']);
    refused(() => serializeSafetensors({}, { k: '\udfff' }), ['metadata["k"]', 'Unicode']);
    const many = Object.fromEntries(Array.from({ length: 100_001 }, (_, i) => [`k${i}`, '']));
    refused(() => serializeSafetensors({}, many), ['metadata', '100001']);
    refused(() => serializeSafetensors({}, null as never), ['metadata', 'null']);
  });
});

describe('toFloat32', () => {
  /** Value of a binary16 by its definition. */
  function half(bits: number): number {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const mantissa = bits & 1023;
    if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return sign * (exponent ? (1 + mantissa / 1024) * 2 ** (exponent - 15) : mantissa * 2 ** -24);
  }
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);

  test('F16: all 65536 values', () => {
    const out = toFloat32({ dtype: 'F16', data: all });
    const wrong = Array.from(all).filter((bits) => !Object.is(out[bits], half(bits)));
    expect(wrong).toEqual([]);
  });
  test('F16: NaN keeps sign and payload', () => {
    const out = toFloat32({ dtype: 'F16', data: Uint16Array.of(0x7e01, 0xfc01) });
    expect([...new Uint32Array(out.buffer)]).toEqual([0x7fc02000, 0xff802000]);
  });
  test('BF16: the upper half of F32, all 65536 values', () => {
    const bits = new Uint32Array(toFloat32({ dtype: 'BF16', data: all }).buffer);
    expect(bits.every((value, i) => value === i * 65536)).toBe(true);
  });
  test('F64: exact where representable, else to nearest even', () => {
    const data = Float64Array.of(1.5, -0, 1 + 2 ** -24, 1 + 3 * 2 ** -24, 1e300, Number.NaN, 2 ** -149);
    const expected = Float32Array.of(
      1.5,
      -0,
      1,
      1 + 2 ** -22,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      2 ** -149,
    );
    expect(toFloat32({ dtype: 'F64', data })).toEqual(expected);
  });
  test('F32: a bit-exact copy', () => {
    const data = new Float32Array(Uint32Array.of(0x7f800001, 0xffc12345, 1).buffer);
    const out = toFloat32({ data });
    expect(out.buffer).not.toBe(data.buffer);
    expect([...new Uint32Array(out.buffer)]).toEqual([0x7f800001, 0xffc12345, 1]);
  });
  test('other types are refused', () => {
    expectThrows(
      () => toFloat32({ data: new Int32Array(1) }),
      ['tensor.dtype', 'F64', 'F32', 'F16', '"I32"'],
    );
    expect(() => toFloat32({ data: new Uint16Array(1) })).toThrow(ArgumentError);
    expectThrows(
      () => toFloat32({ dtype: 'F16', data: new Float32Array(1) }),
      ['tensor.data', 'Uint16Array'],
    );
  });
});
