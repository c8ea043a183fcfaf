import * as u from 'unrolled';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectSameDict, thrown } from '../model/helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const name = 'mine';

/** A layer of each kind with a name, between inputs of 4 features and T = 6. */
const layers: Readonly<Record<string, () => u.Layer>> = {
  Activation: () => new u.Activation('tanh', { name }),
  AvgPool1d: () => new u.AvgPool1d(2, { name }),
  BatchNorm: () => new u.BatchNorm(4, { name }),
  Conv1d: () => new u.Conv1d(4, 3, 2, { name }),
  Dropout: () => new u.Dropout(0.2, { name }),
  Dropout1d: () => new u.Dropout1d(0.2, { name }),
  Flatten: () => new u.Flatten({ steps: 6, name }),
  GRU: () => new u.GRU(4, 3, { name, bias: 'single', resetAfter: false }),
  IndRNN: () => new u.IndRNN(4, 3, { name }),
  LastStep: () => new u.LastStep({ name }),
  LayerNorm: () => new u.LayerNorm(4, { name }),
  Linear: () => new u.Linear(4, 3, { name, activation: 'relu' }),
  LSTM: () => new u.LSTM(4, 3, { name, numLayers: 2, bidirectional: true }),
  MaxPool1d: () => new u.MaxPool1d(2, { name }),
  MinGRU: () => new u.MinGRU(4, 3, { name }),
  MinLSTM: () => new u.MinLSTM(4, 3, { name }),
  Pool: () => new u.Pool({ kind: 'mean', name }),
  Reverse: () => new u.Reverse({ name }),
  RNN: () => new u.RNN(4, 3, { name, nonlinearity: 'relu' }),
  SLSTM: () => new u.SLSTM(4, 4, { name, heads: 2 }),
  SRU: () => new u.SRU(4, 3, { name }),
};

/** Doubles its input and adds a parameter. */
class Shift implements u.CustomLayer {
  readonly type = 'Shift';
  readonly states = {};
  readonly parameters = [{ name: 'by', shape: [4], init: () => new Float32Array([1, 2, 3, 4]) }];
  readonly name: string | undefined;

  constructor(opts: { readonly name?: string } = {}) {
    this.name = opts.name;
  }

  outputSize(inputSize: number): number {
    return inputSize;
  }

  forward({ input, output, parameters }: Parameters<u.CustomLayer['forward']>[0]): void {
    for (let i = 0; i < input.length; i++) output[i] = 2 * input[i]! + parameters.by![i % 4]!;
  }

  backward({ outputGradient, inputGradient, gradients }: Parameters<u.CustomLayer['backward']>[0]): void {
    for (let i = 0; i < outputGradient.length; i++) {
      inputGradient[i] = 2 * outputGradient[i]!;
      gradients.by![i % 4]! += outputGradient[i]!;
    }
  }
}

describe.each(Object.entries(layers))('name of %s', (type, make) => {
  const x = { data: Float32Array.from({ length: 6 * 2 * 4 }, (_, i) => Math.sin(i)), shape: [6, 2, 4] };

  test('begins its parameters in a Sequential, and is saved', () => {
    const model = new u.Sequential([new u.Linear(4, 4), make()]);
    const own = Object.keys(model.stateDict()).filter((key) => !key.startsWith('0.'));
    expect(own).toEqual(model.layers[1]!.parameters.map((one) => `${name}.${one.name}`));
    const loaded = u.Sequential.load(model.save());
    expectSameDict(loaded.stateDict(), model.stateDict());
    expect(loaded.layers[1]!.name).toBe(name);
    expect(loaded.forward(x)).toEqual(model.forward(x));
    expect(loaded.summary()).toContain(`${name} (${type})`);
    expect(JSON.parse(JSON.stringify(loaded)).layers[1]).toMatchObject({ type, name });
  });

  test('begins its parameters in a Model, and is saved', () => {
    const node = u.input({ features: 4 });
    const layer = make() as u.Linear;
    const model = new u.Model({ inputs: node, outputs: layer.apply(new u.Linear(4, 4).apply(node)) });
    const loaded = u.Model.load(model.save());
    expectSameDict(loaded.stateDict(), model.stateDict());
    for (const key of Object.keys(model.stateDict())) expect(key).toMatch(/^(0|mine)\./);
    expect(loaded.summary()).toContain(`${name} (${type})`);
    expect(loaded.forward(x)).toEqual(model.forward(x));
  });
});

describe('names of layers', () => {
  test('of joins and embeddings', () => {
    const tokens = u.input({ indices: 5 });
    const embedded = new u.Embedding(5, 4, { name: 'table' }).apply(tokens);
    const last = new u.GRU(4, 4, { name: 'encoder' }).apply(embedded);
    const repeated = new u.RepeatVector(undefined, { name: 'again' }).apply(last.hN, embedded);
    const steps = new u.Unflatten({ steps: 2, name: 'steps' });
    expect(steps.name).toBe('steps');
    const sum = new u.Add({ name: 'sum' }).apply(embedded, repeated);
    const product = new u.Multiply({ name: 'product' }).apply(sum, embedded);
    const attended = new u.Attention({ kind: 'additive', units: 3, name: 'attention' }).apply(product, sum);
    const both = new u.Concat({ name: 'both' }).apply(product, attended);
    const tied = new u.Embedding(5, 4, { name: 'other' });
    const model = new u.Model({
      inputs: tokens,
      outputs: new u.Linear(8, 3, { name: 'output' }).apply(both),
    });
    const names = [...new Set(Object.keys(model.stateDict()).map((key) => key.split('.')[0]))];
    expect(names).toEqual(['table', 'encoder', 'attention', 'output']);
    const loaded = u.Model.load(model.save());
    expect(loaded.layers.map((layer) => layer.name)).toEqual(model.layers.map((layer) => layer.name));
    for (const one of ['sum', 'product', 'both', 'again']) expect(loaded.summary()).toContain(`${one} (`);
    expect(tied.name).toBe('other');
  });

  test('are patterns of frozen and groups, prefixes of states, and kept in checkpoints', () => {
    const make = () =>
      new u.Sequential([new u.LSTM(4, 3, { name: 'encoder' }), new u.Linear(3, 2, { name: 'head' })], {
        seed: 3,
      });
    const x = { data: new Float32Array(24).fill(0.5), shape: [3, 2, 4] };
    const y = { data: new Float32Array(12), shape: [3, 2, 2] };
    const model = make();
    const options = {
      loss: u.mse,
      optimizer: new u.SGD({ lr: 0.1, momentum: 0.9 }),
      frozen: ['encoder'],
      groups: [{ match: /^head\.bias/, lr: 0 }],
    };
    const before = model.stateDict();
    const trainer = new u.Trainer(model, options);
    trainer.step(x, y, { states: { 'encoder.h_l0': new Float32Array(6).fill(0.1) } });
    const after = model.stateDict();
    for (const key of Object.keys(before)) {
      const same = `${after[key]!.data}` === `${before[key]!.data}`;
      expect(same, key).toBe(key !== 'head.weight');
    }
    const bytes = trainer.save();
    const other = make();
    new u.Trainer(other, { ...options, optimizer: new u.SGD({ lr: 0.1, momentum: 0.9 }) }).restore(bytes);
    expectSameDict(other.stateDict(), after);
  });

  test('of frozen layers below in a chain: an embedding whose lookup is left to the next layer', () => {
    const layers = [
      new u.Embedding(3, 4, { name: 'table' }),
      new u.GRU(4, 3, { name: 'recurrent' }),
      new u.Linear(3, 2),
    ];
    const model = new u.Sequential(layers);
    const x = { data: new Int32Array(64).fill(1), shape: [32, 2] };
    const y = { data: new Float32Array(128), shape: [32, 2, 2] };
    const before = model.stateDict();
    new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }), frozen: ['recurrent', '2'] }).step(
      x,
      y,
    );
    const after = model.stateDict();
    expect(after['table.weight']).not.toEqual(before['table.weight']);
    expect(after['recurrent.weight_ih_l0']).toEqual(before['recurrent.weight_ih_l0']);
  });

  test('of layers of your own', () => {
    const model = new u.Sequential([new Shift({ name: 'shift' }), new u.Linear(4, 2)]);
    expect(Object.keys(model.stateDict())[0]).toBe('shift.by');
    const loaded = u.Sequential.load(model.save(), { layers: { Shift } });
    expectSameDict(loaded.stateDict(), model.stateDict());
  });

  test.each([
    ['a dot', 'a.b'],
    ['a number', '0'],
    ['nothing', ''],
    ['what checkpoints use', 'optimizer'],
    ['half of a character', '\ud800'],
    ['another type', 5],
  ])('refuse %s', (_, given) => {
    for (const make of [
      () => new u.Linear(2, 2, { name: given as string }),
      () => new u.GRU(2, 2, { name: given as string }),
      () => new u.Add({ name: given as string }),
    ]) {
      expect(thrown(make)).toMatchObject({ name: 'ArgumentError', argument: 'name' });
    }
  });

  test('are different in a model', () => {
    const pair = () => [new u.Linear(2, 2, { name: 'a' }), new u.Linear(2, 2, { name: 'a' })] as const;
    const argument = 'layers[1] (Linear).name';
    expect(thrown(() => new u.Sequential(pair()))).toMatchObject({ name: 'ArgumentError', argument });
    const node = u.input({ features: 2 });
    const [one, two] = pair();
    const outputs = two.apply(one.apply(node));
    expect(thrown(() => new u.Model({ inputs: node, outputs }))).toMatchObject({ argument });
  });

  test('unknown options besides are refused', () => {
    for (const make of [
      () => new u.Dropout(0.5, { nam: 'x' } as object),
      () => new u.Activation('tanh', { nam: 'x' } as object),
      () => new u.Reverse({ nam: 'x' } as object),
      () => new u.Concat({ nam: 'x' } as object),
      () => new u.RepeatVector(2, { nam: 'x' } as object),
    ]) {
      expect(thrown(make)).toMatchObject({ name: 'ArgumentError' });
    }
  });
});
