import { describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { serializeSafetensors } from '../../src/io/index.ts';
import { thrown } from '../model/helpers.ts';

const saved = serializeSafetensors([['0.weight', { shape: [1, 1], data: new Float32Array(1) }]], {
  unrolled: JSON.stringify({
    version: 1,
    layers: [{ type: 'Linear', inFeatures: 1, outFeatures: 1, bias: false }],
    generator: new u.Generator(0).state,
  }),
});

/** Nothing here may call init before the last test. */
describe('before init()', () => {
  test.each<[string, () => unknown]>([
    ['new Sequential', () => new u.Sequential([new u.Linear(1, 1)])],
    ['Sequential.load', () => u.Sequential.load(saved)],
    ['RNN.forward', () => new u.RNN(1, 1).forward([1])],
    ['LSTM.stateDict', () => new u.LSTM(1, 1).stateDict()],
    ['GRU.loadStateDict', () => new u.GRU(1, 1).loadStateDict({})],
    ['LSTM.backward', () => new u.LSTM(1, 1).backward({})],
    ['LSTM.gradients', () => new u.LSTM(1, 1).gradients()],
    ['LSTM.zeroGradients', () => new u.LSTM(1, 1).zeroGradients()],
  ])('%s throws a StateError that says what to do', (_, call) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(u.StateError);
    expect((error as Error).message).toContain('init()');
  });

  test('layers can be made and disposed, and serve a model after init()', async () => {
    const layers = [new u.Embedding(2, 3), new u.Dropout(), new u.LSTM(3, 4), new u.Linear(4, 2)];
    expect(thrown(() => new u.Sequential(layers))).toBeInstanceOf(u.StateError);
    new u.GRU(1, 1).dispose();
    await u.init();
    expect(new u.Sequential(layers).forward([0, 1]).shape).toEqual([2, 1, 2]);
    expect(u.Sequential.load(saved).parameterCount).toBe(1);
  });
});
