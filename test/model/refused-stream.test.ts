import { beforeAll, describe, expect, test } from 'vitest';
import {
  ArgumentError,
  Dropout,
  Embedding,
  Generator,
  init,
  Linear,
  LSTM,
  MemoryError,
  mse,
  RNN,
  Sequential,
  SGD,
  StateError,
  Trainer,
  type UnrolledError,
} from '../../src/index.ts';
import { expectSame } from '../kernels/closeness.ts';
import { thrown, wrong } from './helpers.ts';

const V = 9;

function language(): Sequential {
  return new Sequential([new Embedding(V, 5), new LSTM(5, 8), new Dropout(0.5), new Linear(8, V)], {
    seed: 3,
  });
}

describe('a stream refuses', () => {
  beforeAll(async () => {
    await init();
  });

  const generator = new Generator(1);
  type Case = [string, (model: Sequential) => unknown, new (...args: never[]) => UnrolledError, RegExp];
  test.each<Case>([
    [
      'a batch of 0',
      (m) => m.stream({ batch: 0 }),
      ArgumentError,
      /^batch: expected an integer of at least 1, got 0$/,
    ],
    [
      'an unknown option',
      (m) => m.stream({ size: 1 } as never),
      ArgumentError,
      /^stream: size: expected no such/,
    ],
    [
      'a token outside',
      (m) => m.stream().step(V),
      ArgumentError,
      /^input \(row 0\): expected an index in 0\.\.8, got 9$/,
    ],
    ['a token of −1', (m) => m.stream().step(-1), ArgumentError, /^input \(row 0\): .* got -1$/],
    [
      'half a token',
      (m) => m.stream({ batch: 2 }).step([1, 0.5]),
      ArgumentError,
      /^input \(row 1\): .* got 0.5$/,
    ],
    ['NaN', (m) => m.stream().step(Number.NaN), ArgumentError, /^input \(row 0\): .* got NaN$/],
    ['no number', (m) => m.stream().step('a' as never), ArgumentError, /^input: expected 1 number, got "a"$/],
    [
      'nothing',
      (m) => m.stream().step(undefined as never),
      ArgumentError,
      /^input: expected 1 number, got undefined$/,
    ],
    ['too many', (m) => m.stream().step([1, 2]), ArgumentError, /^input: expected 1 number, got \[1, 2\]$/],
    ['too few', (m) => m.stream({ batch: 2 }).step(1), ArgumentError, /^input: expected 2 numbers, got 1$/],
    [
      'bigints',
      (m) => m.stream().step(wrong([1n]) as never),
      ArgumentError,
      /^input: expected 1 number, got \[1n\]$/,
    ],
    [
      'a sample before a step',
      (m) => m.stream().sample(generator),
      StateError,
      /^sample: make a step first$/,
    ],
    [
      'no generator',
      (m) => m.stream().sample({} as never),
      ArgumentError,
      /^generator: expected a Generator/,
    ],
    [
      'a negative temperature',
      (m) => m.stream().sample(generator, -1),
      ArgumentError,
      /^temperature: .* got -1$/,
    ],
    [
      'a row outside',
      (m) => m.stream().sample(generator, 1, 1),
      ArgumentError,
      /^row: expected a row below 1, got 1$/,
    ],
  ])('%s', (_, call, type, message) => {
    const model = language();
    const expected = model.stream().step(3).slice();
    const error = thrown(() => call(model));
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
    expectSame(model.stream().step(3), expected, 'output afterwards');
  });

  test('a step that was refused leaves the states', () => {
    const model = language();
    const [a, b] = [model.stream(), model.stream()];
    for (const token of [1, 2, 3]) {
      expectSame(a.step(token), b.step(token), 'output');
      expect(() => a.step(99)).toThrow();
    }
  });

  test('strings as features', () => {
    const model = new Sequential([new RNN(2, 3)], { seed: 1 });
    for (const bad of [['a', 'b'], 'ab', [1n, 2n], [undefined, 1], new BigInt64Array(2)]) {
      const error = thrown(() => model.stream().step(bad as never));
      expect(error, String(bad)).toBeInstanceOf(ArgumentError);
      expect((error as Error).message).toMatch(/^input/);
    }
  });

  test('anything after dispose', () => {
    const model = language();
    const stream = model.stream();
    stream.step(1);
    stream.dispose();
    for (const call of [() => stream.step(1), () => stream.sample(generator), () => stream.reset()]) {
      expect(thrown(call)).toBeInstanceOf(StateError);
    }
  });

  test('anything after the model’s dispose', () => {
    const model = new Sequential([new RNN(1, 2)]);
    const trainer = new Trainer(model, { loss: mse, optimizer: new SGD({ lr: 1 }) });
    const stream = model.stream();
    stream.step(1);
    model.dispose();
    const calls = [
      () => stream.step(1),
      () => stream.sample(generator, 0),
      () => stream.reset(),
      () => model.stream(),
    ];
    for (const call of calls) expect(thrown(call), String(call)).toBeInstanceOf(MemoryError);
    expect(trainer.steps).toBe(0);
  });
});
