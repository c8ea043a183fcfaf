import * as unrolled from 'unrolled';
import { train } from './train.js';

jest.setTimeout(180_000);

test('the bits of a training', async () => {
  expect(await train(unrolled)).toBe('EXPECTED');
});

test('a file that was saved', async () => {
  const { FormatError, init, LSTM, Sequential } = unrolled;
  await init({ kernels: 'simd' });
  const model = new Sequential([new LSTM(2, 3)], { seed: 1 });
  const loaded = Sequential.load(model.save({ note: 'é' }));
  expect([...loaded.forward([1, 2]).data]).toEqual([...model.forward([1, 2]).data]);
  const malformed = Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255);
  expect(() => Sequential.load(malformed)).toThrow(FormatError);
  expect(() => Sequential.load(malformed)).toThrow(/UTF-8/);
});
