import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import {
  parseSafetensors,
  serializeSafetensors,
  type TensorData,
  type TensorInput,
} from '../../src/io/index.ts';
import { ARRAYS, bytesOf, DTYPES } from './helpers.ts';

/** Any tensor of up to 3 dimensions, its bytes any bits: NaNs of all payloads among them. */
const tensorArbitrary: fc.Arbitrary<TensorInput> = fc
  .record({
    dtype: fc.constantFrom(...DTYPES),
    shape: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
    special: fc.boolean(),
  })
  .chain(({ dtype, shape, special }) => {
    const size = shape.reduce((a, b) => a * b, 1) * ARRAYS[dtype].BYTES_PER_ELEMENT;
    const byte = special ? fc.constantFrom(0x00, 0x7f, 0x80, 0xf8, 0xff) : fc.nat(255);
    return fc.array(byte, { minLength: size, maxLength: size }).map((bytes) => ({
      dtype,
      shape,
      data: new ARRAYS[dtype](Uint8Array.from(bytes).buffer) as TensorData,
    }));
  });
const nameArbitrary = fc
  .oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('__proto__', 'constructor', '0', '"', '\\', '\0'),
  )
  .filter((name) => name !== '__metadata__');

describe('round trip', () => {
  test('any tensors and metadata come back bit by bit; bytes do not depend on the order given', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(nameArbitrary, tensorArbitrary), {
          selector: ([name]) => name,
          maxLength: 6,
        }),
        fc.uniqueArray(fc.tuple(nameArbitrary, fc.string({ unit: 'binary' })), {
          selector: ([k]) => k,
          maxLength: 3,
        }),
        (pairs, texts) => {
          const bytes = serializeSafetensors(pairs, Object.fromEntries(texts));
          expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
          const { tensors, metadata } = parseSafetensors(bytes);
          expect(tensors.size).toBe(pairs.length);
          for (const [name, input] of pairs) {
            const output = tensors.get(name)!;
            expect([output.dtype, output.shape]).toEqual([input.dtype, input.shape]);
            expect(output.data.constructor).toBe(input.data.constructor);
            expect(bytesOf(output.data)).toEqual(bytesOf(input.data));
          }
          expect(new Map(Object.entries(metadata))).toEqual(new Map(texts));
          const reversed = Object.fromEntries([...texts].reverse());
          expect(serializeSafetensors(new Map([...pairs].reverse()), reversed)).toEqual(bytes);
          expect(serializeSafetensors(tensors, metadata)).toEqual(bytes);
        },
      ),
      { seed: 20240229, numRuns: 300 },
    );
  });
});

/** Uniform in [0, 1): mulberry32 of a 32-bit state. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe('mutation fuzz', () => {
  const sample = serializeSafetensors(
    {
      'lstm.weight_ih_l0': { shape: [4, 3], data: Float32Array.from({ length: 12 }, Math.sqrt) },
      'lstm.bias_ih_l0': { shape: [4], data: new Float32Array(4) },
      step: { shape: [], data: BigInt64Array.of(12n) },
      'é\u{1f600}"': { dtype: 'BF16', shape: [1, 2], data: Uint16Array.of(0x3f80, 0x7fc1) },
      mask: { dtype: 'BOOL', shape: [3, 0], data: new Uint8Array(0) },
    },
    { format: 'pt', note: 'a\nb' },
  );
  const headerEnd = 8 + new DataView(sample.buffer).getUint32(0, true);

  function mutate(random: () => number): Uint8Array {
    let bytes = Array.from(sample);
    const pick = (n: number) => Math.floor(random() * n);
    // Mostly in the header, where the rules are; digits and punctuation keep more of it valid JSON.
    const place = () => pick(random() < 0.9 ? Math.min(headerEnd, bytes.length) : bytes.length);
    const value = () => (random() < 0.5 ? pick(256) : '0123456789[]{},:"\\ F'.charCodeAt(pick(20)));
    for (let edits = 1 + pick(4); edits > 0 && bytes.length > 0; edits--) {
      const at = place();
      const kind = pick(6);
      if (kind === 0) bytes[at] = bytes[at]! ^ (1 << pick(8));
      else if (kind === 1) bytes[at] = value();
      else if (kind === 2) bytes.splice(at, 0, value());
      else if (kind === 3) bytes.splice(at, 1 + pick(8));
      else if (kind === 4) bytes.splice(at, 0, ...bytes.slice(place(), place()));
      else bytes = bytes.slice(0, random() < 0.3 ? at : bytes.length);
    }
    const result = Uint8Array.from(bytes);
    // Half of the time the header length agrees again with the data.
    if (result.length >= headerEnd && random() < 0.5) {
      const length = BigInt(Math.max(0, result.length - (sample.length - headerEnd) - 8));
      new DataView(result.buffer).setBigUint64(0, length, true);
    }
    return result;
  }

  function consistent(bytes: Uint8Array): boolean {
    let parsed: ReturnType<typeof parseSafetensors>;
    try {
      parsed = parseSafetensors(bytes);
    } catch (error) {
      if (error instanceof FormatError) return false;
      throw error;
    }
    let total = 8 + new DataView(bytes.buffer).getUint32(0, true);
    for (const { dtype, shape, data } of parsed.tensors.values()) {
      expect(data).toBeInstanceOf(ARRAYS[dtype]);
      expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
      total += data.byteLength;
    }
    expect(total).toBe(bytes.length);
    const again = serializeSafetensors(parsed.tensors, parsed.metadata);
    expect(parseSafetensors(again).tensors.size).toBe(parsed.tensors.size);
    return true;
  }

  for (const seed of [1, 2, 3, 4]) {
    test(`seed ${seed}: 500 mutated files parse consistently or are refused`, () => {
      let accepted = 0;
      for (let i = 0; i < 500; i++) {
        const bytes = mutate(randomOf(seed * 1000 + i));
        try {
          if (consistent(bytes)) accepted++;
        } catch (error) {
          throw new Error(`seed ${seed}, file ${i}, bytes [${bytes}]`, { cause: error });
        }
      }
      // Both outcomes do occur.
      expect(accepted).toBeGreaterThan(5);
      expect(accepted).toBeLessThan(495);
    });
  }

  test('every truncation is refused', () => {
    for (let length = 0; length < sample.length; length++) {
      expect(() => parseSafetensors(sample.slice(0, length)), `length ${length}`).toThrow(FormatError);
    }
  });
});
