import { beforeAll, expect, test } from 'vitest';
import { GRU, init, Linear, Sequential } from '../../src/index.ts';
import { parseSafetensors, toFloat32 } from '../../src/io/index.ts';
import { saveHalf } from '../../src/quant/index.ts';

beforeAll(() => init({ kernels: 'simd' }));

const DTYPES = { bf16: 'BF16', f16: 'F16' } as const;

test.each(['bf16', 'f16'] as const)(
  '%s: half the size, loaded exactly, saved again as the same file',
  (type) => {
    const model = new Sequential([new GRU(20, 40), new Linear(40, 7)], { seed: 5 });
    model.metadata = { a: 'b' };
    const file = saveHalf(model, type, { c: 'd' });
    expect(file.length / model.save().length).toBeLessThan(0.56);
    const again = Sequential.load(file);
    expect(again.metadata).toEqual({ a: 'b', c: 'd' });
    expect(saveHalf(again, type)).toEqual(file);
    const { tensors } = parseSafetensors(file);
    for (const [name, { data }] of Object.entries(again.stateDict())) {
      expect(tensors.get(name)!.dtype).toBe(DTYPES[type]);
      expect(data).toEqual(toFloat32(tensors.get(name)!));
      const original = model.stateDict()[name]!.data;
      const bits = type === 'f16' ? 11 : 8;
      const most = (value: number) => Math.abs(value) * 2 ** -bits + 2 ** -25;
      expect(data.every((value, i) => Math.abs(value - original[i]!) <= most(original[i]!))).toBe(true);
    }
  },
);

/** All bit patterns of 16 bits as floats, and the middle between each and the next. */
test.each(['bf16', 'f16'] as const)(
  '%s: every number of 16 bits comes back; middles go to the even one',
  (type) => {
    const halves = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const exact = toFloat32({ dtype: DTYPES[type], data: halves });
    const finite = [...halves].filter((i) => Number.isFinite(exact[i]));
    const round = (values: number[]) => {
      const model = new Sequential([new Linear(1, values.length, { bias: false })]);
      model.loadStateDict({ '0.weight': { data: Float32Array.from(values), shape: [values.length, 1] } });
      const file = saveHalf(model, type);
      model.dispose();
      return parseSafetensors(file).tensors.get('0.weight')!.data as Uint16Array;
    };
    const back = round(finite.map((i) => exact[i]!));
    expect(finite.every((i, k) => back[k] === i)).toBe(true);
    const pairs = finite.filter(
      (i) => Number.isFinite(exact[i + 1]!) && (i & 0x7fff) < 0x7fff && (i ^ (i + 1)) < 0x8000,
    );
    const middles = pairs.map((i) => (exact[i]! + exact[i + 1]!) / 2);
    const fits = middles.map((v) => Math.fround(v) === v);
    const even = round(middles);
    expect(pairs.every((i, k) => !fits[k] || even[k] === i + (i & 1))).toBe(true);
  },
);

test('a weight beyond the type is refused by name, and so is an unknown type', () => {
  const model = new Sequential([new Linear(1, 1, { bias: false })]);
  model.loadStateDict({ '0.weight': { data: [65_520], shape: [1, 1] } });
  expect(() => saveHalf(model, 'f16')).toThrow('0.weight');
  expect(saveHalf(model, 'bf16').length).toBeGreaterThan(0);
  expect(() => saveHalf(model, 'f8' as never)).toThrow('dtype');
  // the largest float32 is nearer to 2^128 than to the largest bfloat16
  model.loadStateDict({ '0.weight': { data: [3.4028234e38], shape: [1, 1] } });
  expect(() => saveHalf(model, 'bf16')).toThrow('0.weight');
  model.loadStateDict({ '0.weight': { data: [3.3895314e38], shape: [1, 1] } });
  expect(saveHalf(model, 'bf16').length).toBeGreaterThan(0);
});
