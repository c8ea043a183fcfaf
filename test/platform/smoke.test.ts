import { expect, test } from 'vitest';
import { Adam, crossEntropy, Embedding, init, Linear, LSTM, Sequential, Trainer } from '../../src/index.ts';
import hashes from '../fixtures/hashes.json' with { type: 'json' };

/** Losses in test/fixtures/hashes.json; a failure shows the new ones. */
test('ten steps on "hello world" give the stored losses, to the bit', async () => {
  await init({ kernels: 'simd' });
  const text = 'hello world';
  const vocabulary = [...new Set(text)];
  const indices = Int32Array.from(text, (c) => vocabulary.indexOf(c));
  using model = new Sequential([
    new Embedding(vocabulary.length, 8),
    new LSTM(8, 16),
    new Linear(16, vocabulary.length),
  ]);
  const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new Adam({ lr: 0.02 }) });
  const losses = Array.from(
    { length: 10 },
    () => trainer.step(indices.subarray(0, -1), indices.subarray(1)).loss,
  );
  expect(losses, JSON.stringify(losses)).toEqual(hashes.smoke);
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 1.5);
});
