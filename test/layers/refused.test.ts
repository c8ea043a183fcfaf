import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectWords, type Words } from '../errors.ts';
import { Draw, expectSameArray, expectSameDict, thrown, wrong } from '../model/helpers.ts';

beforeAll(async () => {
  await u.init();
});

type Type = typeof u.ArgumentError | typeof u.ShapeError | typeof u.StateError;

function expectError(call: () => unknown, type: Type, message: Words): void {
  const error = thrown(call);
  expect(error).toBeInstanceOf(type);
  expectWords(error, message);
}

describe('a layer is refused:', () => {
  test.each<[string, () => unknown, Words]>([
    ['0 hidden units', () => new u.LSTM(1, 0), ['hiddenSize', '0']],
    ['no input size', () => new u.GRU(undefined as never, 1), ['inputSize', 'undefined']],
    ['half an input', () => new u.RNN(0.5, 1), ['inputSize', '0.5']],
    ['0 stacked layers', () => new u.RNN(1, 1, { numLayers: 0 }), ['numLayers', '0']],
    ['a bias that is no boolean', () => new u.GRU(1, 1, { bias: 'no' as never }), ['bias', '"no"']],
    ['a seed below 0', () => new u.GRU(1, 1, { seed: -1 }), ['seed', '-1']],
    [
      'a nonlinearity',
      () => new u.RNN(1, 1, { nonlinearity: 'prelu' as never }),
      ['nonlinearity', '"prelu"'],
    ],
    [
      'nonlinearity of an LSTM',
      () => new u.LSTM(1, 1, { nonlinearity: 'relu' } as never),
      ['LSTM: nonlinearity'],
    ],
    [
      'PyTorch’s keyword',
      () => new u.LSTM(1, 1, { num_layers: 2 } as never),
      ['LSTM: num_layers', 'numLayers'],
    ],
    ['no options', () => new u.GRU(1, 1, null as never), ['the options of GRU', 'null']],
    ['a list of options', () => new u.GRU(1, 1, [2] as never), ['the options of GRU', '[2]']],
    ['an embedding of nothing', () => new u.Embedding(0, 1), ['numEmbeddings', '0']],
    ['an embedding to nothing', () => new u.Embedding(1, 0), ['embeddingDim', '0']],
    [
      'an unknown option of Embedding',
      () => new u.Embedding(1, 1, { paddingIdx: 0 } as never),
      ['Embedding: paddingIdx'],
    ],
    ['Linear to infinity', () => new u.Linear(1, Number.POSITIVE_INFINITY), ['outFeatures', 'Infinity']],
    ['bias of Linear', () => new u.Linear(1, 1, { bias: 0 as never }), ['bias', '0']],
    ['dropout of all', () => new u.Dropout(1), ['p', 'finite', '1']],
    ['dropout below 0', () => new u.Dropout(-0.1), ['p', '-0.1']],
    ['dropout of NaN', () => new u.Dropout(Number.NaN), ['p', 'NaN']],
  ])('%s', (_, call, message) => {
    expectError(call, u.ArgumentError, message);
  });
});

describe('a Sequential is refused:', () => {
  test.each<[string, () => unknown, Type, Words]>([
    ['no layers', () => new u.Sequential([]), u.ArgumentError, ['layers']],
    ['no list', () => new u.Sequential(new u.Linear(1, 1) as never), u.ArgumentError, ['layers']],
    [
      'no layer in the list',
      () => new u.Sequential([new u.Linear(1, 1), {} as u.Layer]),
      u.ArgumentError,
      ['layers[1]', 'object'],
    ],
    ['null in the list', () => new u.Sequential([null as never]), u.ArgumentError, ['layers[0]', 'null']],
    ['only dropout', () => new u.Sequential([new u.Dropout()]), u.ArgumentError, ['layers', 'size', '1']],
    [
      'sizes that do not follow',
      () => new u.Sequential([new u.Embedding(9, 4), new u.LSTM(5, 6)]),
      u.ShapeError,
      ['layers[1] (LSTM)', '4', '0', '5'],
    ],
    [
      'the same past a dropout',
      () => new u.Sequential([new u.LSTM(5, 6), new u.Dropout(), new u.Linear(5, 6)]),
      u.ShapeError,
      ['layers[2] (Linear)', '6'],
    ],
    [
      'an Embedding that is not first',
      () => new u.Sequential([new u.Linear(1, 4), new u.Embedding(4, 2)]),
      u.ArgumentError,
      ['layers[1]', 'Embedding'],
    ],
    [
      'an Embedding after a dropout',
      () => new u.Sequential([new u.Dropout(), new u.Embedding(4, 2)]),
      u.ArgumentError,
      ['layers[1]', 'Embedding'],
    ],
    [
      'a bad seed',
      () => new u.Sequential([new u.Linear(1, 1)], { seed: 0.5 }),
      u.ArgumentError,
      ['seed', '0.5'],
    ],
    [
      'an unknown option',
      () => new u.Sequential([new u.Linear(1, 1)], { name: 'x' } as never),
      u.ArgumentError,
      ['Sequential: name'],
    ],
  ])('%s', (_, call, type, message) => {
    expectError(call, type, message);
  });

  test.each<[string, () => u.Layer]>([
    ['LSTM', () => new u.LSTM(2, 2)],
    ['Linear', () => new u.Linear(2, 2)],
    ['Dropout', () => new u.Dropout(0.5)],
  ])('%s in two models, or twice in one', (_, make) => {
    const layer = make();
    const [first, other] = [new u.Linear(2, 2), new u.Linear(2, 2)];
    const model = new u.Sequential([first, layer]);
    const before = model.forward([1, 2]);
    expectError(() => new u.Sequential([other, layer]), u.StateError, [
      `layers[1] (${layer.constructor.name})`,
      'another model',
    ]);
    expectSameArray(model.forward([1, 2]), before, 'output of the first model');
    // the other layer is still free
    const twice = make();
    expectError(() => new u.Sequential([other, twice, twice]), u.StateError, ['layers[2]', 'layers[1]']);
    expect(new u.Sequential([other, twice]).layers.length).toBe(2);
  });

  test('a layer that was used without a model, and one of a model used so', () => {
    const single = new u.GRU(2, 2);
    single.forward([1, 2]);
    expectError(() => new u.Sequential([single]), u.StateError, ['layers[0] (GRU)', 'another model']);
    expect(single.forward([1, 2]).output.shape).toEqual([1, 1, 2]);
    const layer = new u.GRU(2, 2);
    const model = new u.Sequential([layer]);
    for (const call of [() => layer.forward([1, 2]), () => layer.stateDict(), () => layer.zeroGradients()]) {
      expectError(call, u.StateError, ['part of a model']);
    }
    expect(model.forward([1, 2]).shape).toEqual([1, 1, 2]);
  });
});

describe('a layer without a model refuses, and stays as it was:', () => {
  const draw = new Draw(1);
  const x = draw.features(1, 3, 2, 4);
  const dy = draw.features(1, 3, 2, 5);
  const state = draw.features(1, 2, 2, 5);
  const make = () => new u.LSTM(4, 5, { numLayers: 2, seed: 3 });

  test.each<[string, (layer: u.LSTM) => unknown, Type, Words]>([
    [
      'x of another width',
      (l) => l.forward({ data: new Float32Array(5), shape: [1, 1, 5] }),
      u.ShapeError,
      ['x', '[steps, batch, 4]', '[1, 1, 5]'],
    ],
    [
      'x of bigints',
      (l) => l.forward(wrong(new BigInt64Array(4))),
      u.ArgumentError,
      ['x', 'BigInt64Array(4)'],
    ],
    [
      'h0 of one layer',
      (l) => l.forward(x, { h0: { data: new Float32Array(10), shape: [1, 2, 5] } }),
      u.ShapeError,
      ['h0', '[2, 2, 5]', '[1, 2, 5]'],
    ],
    [
      'h0 of another length',
      (l) => l.forward(x, { h0: new Float32Array(19) }),
      u.ShapeError,
      ['h0', '20', '[2, 2, 5]', '19'],
    ],
    ['c0 of null', (l) => l.forward(x, { c0: null as never }), u.ArgumentError, ['c0', 'null']],
    [
      'PyTorch’s name of a state',
      (l) => l.forward(x, { h_0: state } as never),
      u.ArgumentError,
      ['forward: h_0'],
    ],
    [
      'upstream of another shape',
      (l) => l.backward({ output: { data: new Float32Array(30), shape: [2, 3, 5] } }),
      u.ShapeError,
      ['output', '[3, 2, 5]', '[2, 3, 5]'],
    ],
    ['upstream of null', (l) => l.backward({ output: null as never }), u.ArgumentError, ['output', 'null']],
    [
      'upstream of a state of another shape',
      (l) => l.backward({ output: dy, cN: new Float32Array(3) }),
      u.ShapeError,
      ['cN', '20'],
    ],
    [
      'an unknown upstream',
      (l) => l.backward({ outputs: dy } as never),
      u.ArgumentError,
      ['backward: outputs', 'output'],
    ],
  ])('%s', (_, call, type, message) => {
    const [layer, untouched] = [make(), make()];
    for (const l of [layer, untouched]) l.forward(x, { training: true, h0: state });
    expectError(() => call(layer), type, message);
    expectSameArray(layer.backward({ output: dy }).input, untouched.backward({ output: dy }).input, 'input');
    expectSameDict(layer.gradients(), untouched.gradients());
  });

  test('cell states of a GRU', () => {
    const layer = new u.GRU(4, 5);
    const c0 = new Float32Array(10);
    expectError(() => layer.forward(x, { c0 }), u.ArgumentError, ['c0', 'GRU', 'Float32Array(10)']);
    layer.forward(x, { training: true });
    expectError(() => layer.backward({ cN: c0 }), u.ArgumentError, ['cN', 'undefined']);
  });

  test('a backward without its forward, and a second one', () => {
    const layer = make();
    const words = ['backward', 'forward', 'training'];
    expectError(() => layer.backward({ output: dy }), u.StateError, words);
    layer.forward(x);
    expectError(() => layer.backward({ output: dy }), u.StateError, words);
    layer.forward(x, { training: true });
    layer.backward({ output: dy });
    expectError(() => layer.backward({ output: dy }), u.StateError, words);
  });

  test('gradients before there are any', () => {
    expectError(() => make().gradients(), u.StateError, ['gradients']);
  });
});
