import { expect } from 'vitest';
import { AdamW, type ForwardOptions, mse, type NDArray, Sequential, Trainer } from '../../src/index.ts';
import { expectSameArray, expectSameDict } from '../model/helpers.ts';

/** That the loss falls over 40 updates, and that the saved model is the same. */
export function expectTrains(model: Sequential, x: NDArray, y: NDArray, given: ForwardOptions): void {
  const trainer = new Trainer(model, { loss: mse, optimizer: new AdamW({ lr: 0.02 }) });
  const losses = Array.from({ length: 40 }, () => trainer.step(x, y, given).loss);
  expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.7);
  const loaded = Sequential.load(model.save());
  expectSameArray(loaded.forward(x, given), model.forward(x, given), 'loaded');
  expectSameDict(loaded.stateDict(), model.stateDict());
}
