import * as unrolled from 'unrolled';
import * as onnx from 'unrolled/onnx';
import { train } from './train.js';

jest.setTimeout(180_000);

test('the bits of a training', async () => {
  expect(await train(unrolled)).toBe('EXPECTED');
});

test('a model that is fitted, and bytes that are no ONNX file', async () => {
  const { init, Linear, LSTM, mse, Sequential, SGD, Trainer } = unrolled;
  await init({ kernels: 'simd' });
  const model = new Sequential([new LSTM(1, 3), new Linear(3, 1)], { seed: 1 });
  const trainer = new Trainer(model, { loss: mse, optimizer: new SGD({ lr: 0.1 }) });
  const data = [{ x: [1, 2], y: [2, 1] }];
  // longer than the time after which other tasks run
  function slow() {
    for (const end = performance.now() + 20; performance.now() < end; );
    return 1;
  }
  const { history } = await trainer.fit(data, { epochs: 2, validation: data, metrics: [slow] });
  expect(history.map(({ metrics }) => metrics)).toEqual([{ slow: 1 }, { slow: 1 }]);
  // as the guide says for jsdom
  globalThis.TextDecoder ??= require('node:util').TextDecoder;
  await expect(onnx.loadOnnx(new Uint8Array())).rejects.toThrow(unrolled.FormatError);
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
