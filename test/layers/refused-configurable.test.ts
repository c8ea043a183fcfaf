import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectWords, type Words } from '../errors.ts';
import { Draw, expectSameArray, thrown } from '../model/helpers.ts';

type Type = typeof u.ArgumentError | typeof u.ShapeError | typeof u.StateError | typeof u.MemoryError;

function expectError(call: () => unknown, type: Type, message: Words): void {
  const error = thrown(call) as Error;
  expectWords(error, message);
  expect(error).toBeInstanceOf(type);
}

beforeAll(async () => {
  await u.init();
});

describe('options of recurrent layers are refused:', () => {
  test.each<[string, () => unknown, Words]>([
    ['projSize of a GRU', () => new u.GRU(2, 4, { projSize: 2 } as never), ['GRU: projSize']],
    ['peephole of an RNN', () => new u.RNN(2, 4, { peephole: true } as never), ['RNN: peephole']],
    ['coupled of a GRU', () => new u.GRU(2, 4, { coupled: true } as never), ['GRU: coupled']],
    ['forgetBias of a GRU', () => new u.GRU(2, 4, { forgetBias: 1 } as never), ['GRU: forgetBias']],
    ['resetAfter of an LSTM', () => new u.LSTM(2, 4, { resetAfter: false } as never), ['LSTM: resetAfter']],
    ['activation of an RNN', () => new u.RNN(2, 4, { activation: 'tanh' } as never), ['RNN: activation']],
    [
      'mergeMode in one direction',
      () => new u.GRU(2, 4, { mergeMode: 'sum' }),
      ['mergeMode', 'true', '"sum"'],
    ],
    [
      'a merge mode',
      () => new u.GRU(2, 4, { bidirectional: true, mergeMode: 'max' as never }),
      ['mergeMode', '"max"'],
    ],
    [
      'projSize as large as hiddenSize',
      () => new u.LSTM(2, 4, { projSize: 4 }),
      ['projSize', 'hiddenSize', '4'],
    ],
    ['projSize below 0', () => new u.LSTM(2, 4, { projSize: -1 }), ['projSize', '-1']],
    ['heads that do not divide', () => new u.GRU(2, 4, { heads: 3 }), ['heads', 'hiddenSize', '4', '3']],
    ['0 heads', () => new u.GRU(2, 4, { heads: 0 }), ['heads', '0']],
    ['heads with projSize', () => new u.LSTM(2, 4, { heads: 2, projSize: 2 }), ['heads', '1', 'projSize']],
    ['Ω of an LSTM', () => new u.LSTM(2, 4, { penalty: { omega: 1 } }), ['penalty.omega', 'RNN', '1']],
    [
      'Ω with layer norm',
      () => new u.RNN(2, 4, { penalty: { omega: 1 }, layerNorm: true }),
      ['penalty.omega', 'layerNorm'],
    ],
    [
      'Ω with zoneout',
      () => new u.RNN(2, 4, { penalty: { omega: 1 }, zoneout: 0.1 }),
      ['penalty.omega', 'zoneout'],
    ],
    [
      'Ω with recurrent dropout',
      () => new u.RNN(2, 4, { penalty: { omega: 1 }, recurrentDropout: 0.1 }),
      ['penalty.omega', 'recurrentDropout'],
    ],
    [
      'Ω with another φ',
      () => new u.RNN(2, 4, { penalty: { omega: 1 }, nonlinearity: 'softsign' }),
      ['penalty.omega', 'relu'],
    ],
    ['a penalty below 0', () => new u.RNN(2, 4, { penalty: { l2: -1 } }), ['penalty.l2', 'finite', '-1']],
    ['an unknown penalty', () => new u.RNN(2, 4, { penalty: { l1: 1 } as never }), ['penalty: l1']],
    [
      'orthogonality with heads',
      () => new u.RNN(2, 4, { heads: 2, penalty: { orthogonality: 1 } }),
      ['penalty.orthogonality', 'heads'],
    ],
    [
      'orthogonality with projSize',
      () => new u.LSTM(2, 4, { projSize: 2, penalty: { orthogonality: 1 } }),
      ['penalty.orthogonality', 'projSize'],
    ],
    [
      'layer norm with the reset before',
      () => new u.GRU(2, 4, { layerNorm: true, resetAfter: false }),
      ['layerNorm', 'resetAfter', 'false'],
    ],
    ['dropout of one layer', () => new u.GRU(2, 4, { dropout: 0.1 }), ['dropout', 'numLayers']],
    ['dropout of 1', () => new u.GRU(2, 4, { dropout: 1, numLayers: 2 }), ['dropout', 'finite', '1']],
    ['zoneout of 1', () => new u.GRU(2, 4, { zoneout: 1 }), ['zoneout', '1']],
    // @ts-expect-error GRUs have no c
    ['zoneout of c in a GRU', () => new u.GRU(2, 4, { zoneout: { c: 0.1 } }), ['zoneout.c', 'state']],
    ['zoneout of something', () => new u.LSTM(2, 4, { zoneout: { x: 0.1 } as never }), ['zoneout: x']],
    ['recurrentDropout', () => new u.GRU(2, 4, { recurrentDropout: 1.5 }), ['recurrentDropout', '1.5']],
    ['inputDropout', () => new u.GRU(2, 4, { inputDropout: -0.5 }), ['inputDropout', '-0.5']],
    ['clip of 0', () => new u.GRU(2, 4, { clip: 0 }), ['clip', '0']],
    ['clip without end', () => new u.GRU(2, 4, { clip: Number.POSITIVE_INFINITY }), ['clip', 'finite']],
    ['clipStepNorm below 0', () => new u.GRU(2, 4, { clipStepNorm: -1 }), ['clipStepNorm', '-1']],
    ['an activation', () => new u.LSTM(2, 4, { activation: 'prelu' as never }), ['activation', '"prelu"']],
    [
      'a gate activation',
      () => new u.GRU(2, 4, { recurrentActivation: 'softmax' as never }),
      ['recurrentActivation'],
    ],
    [
      'an activation of a gate',
      () => new u.GRU(2, 4, { activations: { n: 'x' as never } }),
      ['activations.n'],
    ],
    [
      'an activation of no gate',
      () => new u.GRU(2, 4, { activations: { f: 'tanh' } as never }),
      ['activations: f'],
    ],
    [
      'the activation of a coupled gate',
      () => new u.LSTM(2, 4, { coupled: true, activations: { f: 'tanh' } }),
      ['activations.f', 'true'],
    ],
    [
      'the bias of a coupled gate',
      () => new u.LSTM(2, 4, { coupled: true, forgetBias: 1 }),
      ['forgetBias', 'true'],
    ],
    [
      'forgetBias without biases',
      () => new u.LSTM(2, 4, { bias: false, forgetBias: 1 }),
      ['forgetBias', 'false'],
    ],
    [
      'α of an activation without',
      () => new u.RNN(2, 4, { nonlinearity: { name: 'tanh', alpha: 2 } }),
      ['nonlinearity.alpha', '2'],
    ],
    [
      'an initializer of no parameter',
      () => new u.LSTM(2, 4, { init: { weight_ci: () => new Float32Array(4) } }),
      ['init: weight_ci'],
    ],
  ])('%s', (_, make, message) => {
    expectError(make, u.ArgumentError, message);
  });
});

describe('steps that count are refused:', () => {
  const x = new Draw(1).features(1, 3, 2, 2);
  const layer = new u.GRU(2, 4);
  const first = new u.GRU(2, 4, { batchFirst: true });
  const swapped = { data: x.data, shape: [2, 3, 2] };
  test.each<[string, Record<string, unknown>, Type, Words]>([
    ['too few lengths', { lengths: [3] }, u.ShapeError, ['lengths', '[2]', '1']],
    ['a length past the end', { lengths: [3, 4] }, u.ArgumentError, ['lengths[1]', '0..3', '4']],
    ['a length below 0', { lengths: [-1, 3] }, u.ArgumentError, ['lengths[0]', '-1']],
    ['half a step', { lengths: [0.5, 3] }, u.ArgumentError, ['lengths[0]', '0.5']],
    ['lengths that are none', { lengths: 3 }, u.ArgumentError, ['lengths', '3']],
    ['lengths and mask', { lengths: [3, 3], mask: [1, 1, 1, 1, 1, 1] }, u.ArgumentError, ['mask']],
    ['a short mask', { mask: [1, 1, 1] }, u.ShapeError, ['mask', '3']],
    ['a mark', { mask: [1, 1, 1, 1, 1, 2] }, u.ArgumentError, ['mask[5]', '0', '1', '2']],
    ['a mask of words', { mask: 'yes' }, u.ArgumentError, ['mask', '0', '1', '"yes"']],
    ['a mask that is a number', { mask: 5 }, u.ArgumentError, ['mask', '0', '1', '5']],
    ['no mask', { mask: null }, u.ArgumentError, ['mask', '0', '1', 'null']],
    [
      'a mask of another shape',
      { mask: { data: [1, 1, 1, 1, 1, 1], shape: [6, 1] } },
      u.ShapeError,
      ['mask', '[6, 1]'],
    ],
  ])('%s', (_, given, type, message) => {
    const before = layer.forward(x);
    expectError(() => layer.forward(x, given as never), type, message);
    expectError(() => first.forward(swapped, given as never), type, message);
    expectSameArray(layer.forward(x).output, before.output, 'output');
  });

  test('a time-major mask of a layer that is batch first, and the other way round', () => {
    const data = [1, 1, 1, 1, 1, 0];
    expectError(() => first.forward(swapped, { mask: { data, shape: [3, 2] } }), u.ShapeError, [
      'mask',
      '[2, 3]',
    ]);
    expectError(() => layer.forward(x, { mask: { data, shape: [2, 3] } }), u.ShapeError, ['mask', '[3, 2]']);
  });

  test('cell states of a GRU', () => {
    expectError(() => layer.forward(x, { c0: new Float32Array(8) }), u.ArgumentError, ['c0', 'GRU']);
  });

  test('a state as wide as hiddenSize where h is projected', () => {
    const lstm = new u.LSTM(2, 4, { projSize: 3 });
    expectError(() => lstm.forward(x, { h0: new Float32Array(8) }), u.ShapeError, ['h0', '6', '[1, 2, 3]']);
    expect(lstm.forward(x, { c0: new Float32Array(8) }).hN.shape).toEqual([1, 2, 3]);
  });
});

describe('models and trainers are refused:', () => {
  const trainer = (model: u.Sequential, opts: Partial<u.TrainerOptions> = {}) =>
    new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }), ...opts });
  const plain = () => new u.Sequential([new u.GRU(2, 3), new u.Linear(3, 1)]);
  const both = () => new u.Sequential([new u.GRU(2, 3, { bidirectional: true }), new u.Linear(6, 1)]);
  const last = () => new u.Sequential([new u.GRU(2, 3), new u.LastStep(), new u.Linear(3, 1)]);

  test.each<[string, () => unknown, Type, Words]>([
    [
      'batchFirst in a model',
      () => new u.Sequential([new u.GRU(2, 3, { batchFirst: true })]),
      u.ArgumentError,
      ['layers[0].batchFirst', 'false'],
    ],
    [
      'LastStep twice',
      () => new u.Sequential([new u.GRU(2, 3), new u.LastStep(), new u.LastStep()]),
      u.ArgumentError,
      ['layers[2]', 'LastStep'],
    ],
    [
      'bidirectional after LastStep',
      () => new u.Sequential([new u.GRU(2, 3), new u.LastStep(), new u.GRU(3, 3, { bidirectional: true })]),
      u.ArgumentError,
      ['layers[2]', 'GRU'],
    ],
    ['only LastStep', () => new u.Sequential([new u.LastStep()]), u.ArgumentError, ['layers', 'size']],
    [
      'truncation, bidirectional',
      () => trainer(both(), { truncation: { k1: 1, k2: 2 } }),
      u.ArgumentError,
      ['truncation', 'layers[0]', 'GRU'],
    ],
    [
      'memoryBudget, bidirectional',
      () => trainer(both(), { memoryBudget: 1e6 }),
      u.ArgumentError,
      ['memoryBudget', 'GRU'],
    ],
    [
      'truncation and LastStep',
      () => trainer(last(), { truncation: { k1: 1, k2: 2 } }),
      u.ArgumentError,
      ['truncation', 'layers[1] (LastStep)'],
    ],
    [
      'memoryBudget and LastStep',
      () => trainer(last(), { memoryBudget: 1e6 }),
      u.ArgumentError,
      ['memoryBudget', 'LastStep'],
    ],
    [
      'both',
      () => trainer(plain(), { memoryBudget: 1e6, truncation: { k1: 1, k2: 1 } }),
      u.ArgumentError,
      ['memoryBudget', 'truncation'],
    ],
    [
      'no k2',
      () => trainer(plain(), { truncation: { k1: 2 } as never }),
      u.ArgumentError,
      ['truncation.k2', 'undefined'],
    ],
    [
      'k2 below k1',
      () => trainer(plain(), { truncation: { k1: 2, k2: 1 } }),
      u.ArgumentError,
      ['truncation.k2', '1'],
    ],
    [
      'k2 that k1 does not divide',
      () => trainer(plain(), { truncation: { k1: 2, k2: 3 } }),
      u.ArgumentError,
      ['truncation.k2', '2', '3'],
    ],
    ['k1 of 0', () => trainer(plain(), { truncation: { k1: 0, k2: 3 } }), u.ArgumentError, ['truncation.k1']],
    [
      'k3',
      () => trainer(plain(), { truncation: { k1: 1, k2: 3, k3: 1 } as never }),
      u.ArgumentError,
      ['truncation: k3'],
    ],
    [
      'truncation as a number',
      () => trainer(plain(), { truncation: 5 as never }),
      u.ArgumentError,
      ['the options of truncation', '5'],
    ],
    ['a budget of 0', () => trainer(plain(), { memoryBudget: 0 }), u.ArgumentError, ['memoryBudget', '0']],
  ])('%s', (_, make, type, message) => {
    expectError(make, type, message);
  });

  const x = new Draw(1).features(1, 4, 2, 2);
  const y = new Draw(1).features(1, 4, 2, 1);
  test.each<[string, () => u.Trainer, Record<string, unknown>, Type, Words]>([
    [
      'lengths with memoryBudget',
      () => trainer(plain(), { memoryBudget: 1e6 }),
      { lengths: [4, 2] },
      u.ArgumentError,
      ['lengths', 'memoryBudget'],
    ],
    [
      'mask with truncation',
      () => trainer(plain(), { truncation: { k1: 1, k2: 1 } }),
      { mask: [1, 1, 1, 1, 1, 1, 1, 0] },
      u.ArgumentError,
      ['mask', 'truncation'],
    ],
    [
      'flow with memoryBudget',
      () => trainer(plain(), { memoryBudget: 1e6 }),
      { flow: true },
      u.ArgumentError,
      ['flow', 'memoryBudget'],
    ],
    ['a flow that is no boolean', () => trainer(plain()), { flow: 1 }, u.ArgumentError, ['flow', '1']],
    ['an unknown option', () => trainer(plain()), { length: [1, 2] }, u.ArgumentError, ['step: length']],
    [
      'lengths and mask',
      () => trainer(plain()),
      { lengths: [4, 2], mask: [1, 1, 1, 1, 1, 1, 1, 0] },
      u.ArgumentError,
      ['mask'],
    ],
  ])('a step: %s', (_, make, opts, type, message) => {
    const t = make();
    const untouched = t.model.stateDict();
    expectError(() => t.step(x, y, opts as never), type, message);
    expect(t.model.stateDict()).toEqual(untouched);
    expect(t.steps).toBe(0);
  });

  test('targets of every step after a LastStep', () => {
    expectError(() => trainer(last()).step(x, y), u.ShapeError, ['y', '1', '2', 'output', '4 of 2']);
  });

  test('a model that was refused leaves its layers free', () => {
    const gru = new u.GRU(2, 3);
    expectError(() => new u.Sequential([gru, new u.LastStep(), new u.LastStep()]), u.ArgumentError, [
      'layers[2]',
    ]);
    expect(new u.Sequential([gru]).forward(x).shape).toEqual([4, 2, 3]);
  });
});
