import { beforeAll, describe, expect, test } from 'vitest';
import {
  ArgumentError,
  Dropout,
  Embedding,
  GRU,
  init,
  type Layer,
  Linear,
  LSTM,
  RNN,
  Sequential,
  ShapeError,
  StateError,
} from '../../src/index.ts';
import { Draw, expectSameArray, expectSameDict, thrown, wrong } from '../model/helpers.ts';

beforeAll(async () => {
  await init();
});

type Type = typeof ArgumentError | typeof ShapeError | typeof StateError;

function expectError(call: () => unknown, type: Type, message: RegExp | string): void {
  const error = thrown(call);
  expect(error).toBeInstanceOf(type);
  if (typeof message === 'string') expect((error as Error).message).toBe(message);
  else expect((error as Error).message).toMatch(message);
}

describe('a layer is refused:', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['0 hidden units', () => new LSTM(1, 0), /^hiddenSize: expected an integer of at least 1, got 0$/],
    ['no input size', () => new GRU(undefined as never, 1), /^inputSize: .* got undefined$/],
    ['half an input', () => new RNN(0.5, 1), /^inputSize: .* got 0.5$/],
    ['0 stacked layers', () => new RNN(1, 1, { numLayers: 0 }), /^numLayers: .* got 0$/],
    [
      'a bias that is no boolean',
      () => new GRU(1, 1, { bias: 'no' as never }),
      /^bias: expected true or false, got "no"$/,
    ],
    ['a seed below 0', () => new GRU(1, 1, { seed: -1 }), /^seed: .* got -1$/],
    [
      'a nonlinearity',
      () => new RNN(1, 1, { nonlinearity: 'gelu' as never }),
      /^nonlinearity: expected one of identity, tanh, .*, got "gelu"$/,
    ],
    [
      'nonlinearity of an LSTM',
      () => new LSTM(1, 1, { nonlinearity: 'relu' } as never),
      /^LSTM: unknown option 'nonlinearity'/,
    ],
    [
      'PyTorch’s keyword',
      () => new LSTM(1, 1, { num_layers: 2 } as never),
      /^LSTM: .*'num_layers' .*'numLayers'/,
    ],
    ['no options', () => new GRU(1, 1, null as never), /^the options of GRU: expected an object, got null$/],
    [
      'a list of options',
      () => new GRU(1, 1, [2] as never),
      /^the options of GRU: expected an object, got \[2\]$/,
    ],
    ['an embedding of nothing', () => new Embedding(0, 1), /^numEmbeddings: .* got 0$/],
    ['an embedding to nothing', () => new Embedding(1, 0), /^embeddingDim: .* got 0$/],
    [
      'an unknown option of Embedding',
      () => new Embedding(1, 1, { paddingIdx: 0 } as never),
      /^Embedding: .*'paddingIdx'/,
    ],
    ['Linear to infinity', () => new Linear(1, Number.POSITIVE_INFINITY), /^outFeatures: .* got Infinity$/],
    ['bias of Linear', () => new Linear(1, 1, { bias: 0 as never }), /^bias: .* got 0$/],
    [
      'dropout of all',
      () => new Dropout(1),
      /^p: expected a finite number of at least 0 and below 1, got 1$/,
    ],
    ['dropout below 0', () => new Dropout(-0.1), /^p: .* got -0.1$/],
    ['dropout of NaN', () => new Dropout(Number.NaN), /^p: .* got NaN$/],
  ])('%s', (_, call, message) => {
    expectError(call, ArgumentError, message);
  });
});

describe('a Sequential is refused:', () => {
  test.each<[string, () => unknown, Type, RegExp | string]>([
    ['no layers', () => new Sequential([]), ArgumentError, /^layers: expected a list of .*layers/],
    [
      'no list',
      () => new Sequential(new Linear(1, 1) as never),
      ArgumentError,
      /^layers: expected a list of .*layers/,
    ],
    [
      'no layer in the list',
      () => new Sequential([new Linear(1, 1), {} as Layer]),
      ArgumentError,
      'layers[1]: expected a layer, got an object',
    ],
    [
      'null in the list',
      () => new Sequential([null as never]),
      ArgumentError,
      'layers[0]: expected a layer, got null',
    ],
    [
      'dropout alone',
      () => new Sequential([new Dropout()]),
      ArgumentError,
      'layers: expected at least one layer with a size, got 1 without',
    ],
    [
      'sizes that do not follow',
      () => new Sequential([new Embedding(9, 4), new LSTM(5, 6)]),
      ShapeError,
      'layers[1] (LSTM): expected an input size of 4, which layer 0 gives, got 5',
    ],
    [
      'the same past a dropout',
      () => new Sequential([new LSTM(5, 6), new Dropout(), new Linear(5, 6)]),
      ShapeError,
      /^layers\[2\] \(Linear\): expected an input size of 6/,
    ],
    [
      'an Embedding that is not first',
      () => new Sequential([new Linear(1, 4), new Embedding(4, 2)]),
      ArgumentError,
      'layers[1]: expected a layer that takes features, got an Embedding, which comes first',
    ],
    [
      'an Embedding after a dropout',
      () => new Sequential([new Dropout(), new Embedding(4, 2)]),
      ArgumentError,
      /^layers\[1\]: .* got an Embedding, which comes first$/,
    ],
    [
      'a bad seed',
      () => new Sequential([new Linear(1, 1)], { seed: 0.5 }),
      ArgumentError,
      /^seed: expected an integer of at least 0, got 0.5$/,
    ],
    [
      'an unknown option',
      () => new Sequential([new Linear(1, 1)], { name: 'x' } as never),
      ArgumentError,
      /^Sequential: .*'name'/,
    ],
  ])('%s', (_, call, type, message) => {
    expectError(call, type, message);
  });

  test.each<[string, () => Layer]>([
    ['LSTM', () => new LSTM(2, 2)],
    ['Linear', () => new Linear(2, 2)],
    ['Dropout', () => new Dropout(0.5)],
  ])('%s in two models, or twice in one', (_, make) => {
    const layer = make();
    const [first, other] = [new Linear(2, 2), new Linear(2, 2)];
    const model = new Sequential([first, layer]);
    const before = model.forward([1, 2]);
    expectError(
      () => new Sequential([other, layer]),
      StateError,
      /^layers\[1\] \(\w+\) serves another model, or was used alone$/,
    );
    expectSameArray(model.forward([1, 2]), before, 'output of the first model');
    // the layer beside it is still free
    const twice = make();
    expectError(() => new Sequential([other, twice, twice]), StateError, 'layers[2] is layers[1]');
    expect(new Sequential([other, twice]).layers.length).toBe(2);
  });

  test('a layer that was used alone, and one of a model used alone', () => {
    const alone = new GRU(2, 2);
    alone.forward([1, 2]);
    expectError(() => new Sequential([alone]), StateError, /serves another model, or was used alone/);
    expect(alone.forward([1, 2]).output.shape).toEqual([1, 1, 2]);
    const layer = new GRU(2, 2);
    const model = new Sequential([layer]);
    for (const call of [() => layer.forward([1, 2]), () => layer.stateDict(), () => layer.zeroGradients()]) {
      expectError(call, StateError, 'this layer is part of a model: call the model');
    }
    expect(model.forward([1, 2]).shape).toEqual([1, 1, 2]);
  });
});

describe('a layer used alone refuses, and stays as it was:', () => {
  const draw = new Draw(1);
  const x = draw.features(1, 3, 2, 4);
  const dy = draw.features(1, 3, 2, 5);
  const state = draw.features(1, 2, 2, 5);
  const make = () => new LSTM(4, 5, { numLayers: 2, seed: 3 });

  test.each<[string, (layer: LSTM) => unknown, Type, RegExp | string]>([
    [
      'x of another width',
      (l) => l.forward({ data: new Float32Array(5), shape: [1, 1, 5] }),
      ShapeError,
      'x: expected [steps, batch, 4], got [1, 1, 5]',
    ],
    [
      'x of bigints',
      (l) => l.forward(wrong(new BigInt64Array(4))),
      ArgumentError,
      /^x: .* got BigInt64Array\(4\)$/,
    ],
    [
      'h0 of one layer',
      (l) => l.forward(x, { h0: { data: new Float32Array(10), shape: [1, 2, 5] } }),
      ShapeError,
      'h0: expected [2, 2, 5], got [1, 2, 5]',
    ],
    [
      'h0 of another length',
      (l) => l.forward(x, { h0: new Float32Array(19) }),
      ShapeError,
      'h0: expected 20 numbers for [2, 2, 5], got 19',
    ],
    ['c0 of null', (l) => l.forward(x, { c0: null as never }), ArgumentError, /^c0: .* got null$/],
    [
      'PyTorch’s name of a state',
      (l) => l.forward(x, { h_0: state } as never),
      ArgumentError,
      /^forward: unknown option 'h_0'/,
    ],
    [
      'upstream of another shape',
      (l) => l.backward({ output: { data: new Float32Array(30), shape: [2, 3, 5] } }),
      ShapeError,
      'output: expected [3, 2, 5], got [2, 3, 5]',
    ],
    [
      'upstream of null',
      (l) => l.backward({ output: null as never }),
      ArgumentError,
      /^output: .* got null$/,
    ],
    [
      'upstream of a state of another shape',
      (l) => l.backward({ output: dy, cN: new Float32Array(3) }),
      ShapeError,
      /^cN: expected 20 numbers/,
    ],
    [
      'an unknown upstream',
      (l) => l.backward({ outputs: dy } as never),
      ArgumentError,
      /^backward: .*'outputs' .*'output'/,
    ],
  ])('%s', (_, call, type, message) => {
    const [layer, untouched] = [make(), make()];
    for (const l of [layer, untouched]) l.forward(x, { training: true, h0: state });
    expectError(() => call(layer), type, message);
    expectSameArray(layer.backward({ output: dy }).input, untouched.backward({ output: dy }).input, 'input');
    expectSameDict(layer.gradients(), untouched.gradients());
  });

  test('cell states of a GRU', () => {
    const layer = new GRU(4, 5);
    const c0 = new Float32Array(10);
    expectError(
      () => layer.forward(x, { c0 }),
      ArgumentError,
      'c0: expected none, since the states of GRU are h, got Float32Array(10)',
    );
    layer.forward(x, { training: true });
    expectError(() => layer.backward({ cN: c0 }), ArgumentError, /^cN: expected none/);
  });

  test('a backward without its forward, and a second one', () => {
    const layer = make();
    const message = 'backward: first run forward with { training: true }; once for each backward';
    expectError(() => layer.backward({ output: dy }), StateError, message);
    layer.forward(x);
    expectError(() => layer.backward({ output: dy }), StateError, message);
    layer.forward(x, { training: true });
    layer.backward({ output: dy });
    expectError(() => layer.backward({ output: dy }), StateError, message);
  });

  test('gradients before there are any', () => {
    expectError(() => make().gradients(), StateError, /^there are no gradients yet/);
  });
});
