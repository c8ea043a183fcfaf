import { describe, expect, test } from 'vitest';
import {
  Dropout,
  Embedding,
  Generator,
  GRU,
  init,
  Linear,
  LSTM,
  RNN,
  Sequential,
  StateError,
} from '../../src/index.ts';
import { serializeSafetensors } from '../../src/io/index.ts';
import { thrown } from '../model/helpers.ts';

const saved = serializeSafetensors([['0.weight', { shape: [1, 1], data: new Float32Array(1) }]], {
  unrolled: JSON.stringify({
    version: 1,
    layers: [{ type: 'Linear', inFeatures: 1, outFeatures: 1, bias: false }],
    generator: new Generator(0).state,
  }),
});

/** Nothing here may call init before the last test. */
describe('before init()', () => {
  test.each<[string, () => unknown]>([
    ['new Sequential', () => new Sequential([new Linear(1, 1)])],
    ['Sequential.load', () => Sequential.load(saved)],
    ['RNN.forward', () => new RNN(1, 1).forward([1])],
    ['LSTM.stateDict', () => new LSTM(1, 1).stateDict()],
    ['GRU.loadStateDict', () => new GRU(1, 1).loadStateDict({})],
    ['LSTM.backward', () => new LSTM(1, 1).backward({})],
    ['LSTM.gradients', () => new LSTM(1, 1).gradients()],
    ['LSTM.zeroGradients', () => new LSTM(1, 1).zeroGradients()],
  ])('%s throws a StateError that says what to do', (_, call) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(StateError);
    expect((error as Error).message).toContain('init()');
  });

  test('layers can be made and disposed, and serve a model after init()', async () => {
    const layers = [new Embedding(2, 3), new Dropout(), new LSTM(3, 4), new Linear(4, 2)];
    expect(thrown(() => new Sequential(layers))).toBeInstanceOf(StateError);
    new GRU(1, 1).dispose();
    await init();
    expect(new Sequential(layers).forward([0, 1]).shape).toEqual([2, 1, 2]);
    expect(Sequential.load(saved).parameterCount).toBe(1);
  });
});
