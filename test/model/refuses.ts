import { expect } from 'vitest';
import * as u from '../../src/index.ts';
import { expectWords, type Words } from '../errors.ts';
import { Draw, expectSameDict, thrown } from './helpers.ts';

/** Sizes of both models: vocabulary, steps, batch, features. */
export const [V, T, B, F] = [6, 4, 2, 3];

export interface Setup {
  readonly trainer: u.Trainer;
  readonly model: u.Sequential;
  /** A good input and target. */
  readonly x: ReturnType<Draw['indices']> | ReturnType<Draw['features']>;
  readonly y: ReturnType<Draw['indices']> | ReturnType<Draw['features']>;
}

export function language(opts: Partial<u.TrainerOptions> = {}): Setup {
  const layers = [new u.Embedding(V, 4), new u.Dropout(0.2), new u.LSTM(4, 5), new u.Linear(5, V)];
  const model = new u.Sequential(layers, { seed: 1 });
  const optimizer = new u.AdamW({ lr: 0.01 });
  const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer, carryState: true, ...opts });
  const draw = new Draw(1);
  return { trainer, model, x: draw.indices(V, T, B), y: draw.indices(V, T, B) };
}

export function features(opts: Partial<u.TrainerOptions> = {}): Setup {
  const model = new u.Sequential([new u.LSTM(F, 5), new u.Linear(5, 2)], { seed: 1 });
  const trainer = new u.Trainer(model, {
    loss: u.mse,
    optimizer: new u.SGD({ lr: 0.1, momentum: 0.9 }),
    ...opts,
  });
  const draw = new Draw(1);
  return { trainer, model, x: draw.features(1, T, B, F), y: draw.features(1, T, B, 2) };
}

export type Type = typeof u.ArgumentError | typeof u.ShapeError | typeof u.StateError;

/** `call` throws `type` with these words, and the model trains on as one that never saw it. */
export function refuses(make: () => Setup, call: (setup: Setup) => unknown, type: Type, words: Words): void {
  const [setup, untouched] = [make(), make()];
  for (const { trainer, x, y } of [setup, untouched]) trainer.step(x, y);
  const error = thrown(() => call(setup));
  expect(error).toBeInstanceOf(type);
  expectWords(error, words);
  expect((error as Error).name).toBe(type.name);
  for (let i = 0; i < 2; i++) {
    expect(setup.trainer.step(setup.x, setup.y)).toEqual(untouched.trainer.step(untouched.x, untouched.y));
  }
  expectSameDict(setup.model.stateDict(), untouched.model.stateDict());
}
