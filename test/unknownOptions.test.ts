import { beforeAll, describe, expect, test } from 'vitest';
import * as core from '../src/core.ts';
import * as unrolled from '../src/index.ts';
import * as inference from '../src/inference.ts';
import { serializeSafetensors } from '../src/io/index.ts';
import * as recurrentLayers from '../src/layers/recurrentLayers.ts';
import * as losses from '../src/losses/all.ts';
import * as optimizers from '../src/optim/all.ts';
import * as schedules from '../src/optim/allSchedules.ts';
import { thrown } from './model/helpers.ts';

beforeAll(async () => {
  await unrolled.init();
});

/** An option that nothing has. */
const other = { nonsense: 1 } as never;

type Make = (entry: typeof unrolled) => unknown;
const every = (table: object, make: (member: never) => unknown): Record<string, Make> =>
  Object.fromEntries(
    Object.keys(table).map((name) => [name, (entry) => make(entry[name as keyof typeof entry] as never)]),
  );

/** Everything that takes options, by its name in the entry. */
const factories: Record<string, Make> = {
  ...every(losses, (loss: (opts: never) => unknown) => loss(other)),
  ...every(schedules, (schedule: (opts: never) => unknown) => schedule(other)),
  ...every(optimizers, (Type: new (opts: never) => unknown) => new Type(other)),
  ...every(
    recurrentLayers,
    (Type: new (i: number, h: number, opts: never) => unknown) => new Type(2, 2, other),
  ),
  Activation: ({ Activation }) => new Activation({ name: 'relu', ...(other as object) }),
  BatchNorm: ({ BatchNorm }) => new BatchNorm(2, other),
  LayerNorm: ({ LayerNorm }) => new LayerNorm(2, other),
  Conv1d: ({ Conv1d }) => new Conv1d(2, 2, 1, other),
  AvgPool1d: ({ AvgPool1d }) => new AvgPool1d(2, other),
  MaxPool1d: ({ MaxPool1d }) => new MaxPool1d(2, other),
  Unflatten: ({ Unflatten }) => new Unflatten(other),
  Flatten: ({ Flatten }) => new Flatten(other),
  Pool: ({ Pool }) => new Pool(other),
  Attention: ({ Attention }) => new Attention(other),
  input: ({ input }) => input(other),
  Model: ({ Model, Linear, input }) => {
    const x = input({ features: 1 });
    return new Model({ inputs: x, outputs: new Linear(1, 1).apply(x) }, other);
  },
  Embedding: ({ Embedding }) => new Embedding(2, 2, other),
  Linear: ({ Linear }) => new Linear(2, 2, other),
  RNNCell: ({ RNNCell }) => new RNNCell(2, 2, other),
  LSTMCell: ({ LSTMCell }) => new LSTMCell(2, 2, other),
  GRUCell: ({ GRUCell }) => new GRUCell(2, 2, other),
  Sequential: ({ Sequential, Linear }) => new Sequential([new Linear(1, 1)], other),
  StreamPool: ({ StreamPool, Sequential, Linear }) =>
    new StreamPool(new Sequential([new Linear(1, 1)]), other),
  Stream: ({ Sequential, Linear }) => new Sequential([new Linear(1, 1)]).stream(other),
  beamSearch: ({ beamSearch, Sequential, Embedding }) =>
    beamSearch(new Sequential([new Embedding(2, 2)]), other),
  gradcheck: ({ gradcheck }) => gradcheck({} as never, other),
  ctcGreedy: ({ ctcGreedy }) => ctcGreedy({ data: [], shape: [0, 0, 0] } as never, other),
  Trainer: ({ Trainer, Sequential, Linear }) => new Trainer(new Sequential([new Linear(1, 1)]), other),
  Updater: ({ Updater, Sequential, Linear }) => new Updater([new Sequential([new Linear(1, 1)])], other),
};
/** They take no options. */
const others =
  /Error$|^(Add|Concat|Dropout|Dropout1d|Generator|GraphNode|LastStep|Multiply|RepeatVector|Reverse|Optimizer|StreamSession)$/;
const plain =
  /^(init|initSync|runtimeInfo|constant|glorot|identity|normal|orthogonal|uniform|irnn|customLayer|gateSpectra|largestSingularValue|spectralRadius)$/;

describe.each([
  ['unrolled', unrolled],
  ['unrolled/core', core],
  ['unrolled/inference', inference],
])('%s', (_, entry) => {
  const names = Object.keys(entry).filter((name) => !others.test(name) && !plain.test(name));

  test.each(names)('%s refuses an option nobody knows, by name', (name) => {
    expect(factories).toHaveProperty(name);
    const error = thrown(() => factories[name]!(entry as typeof unrolled));
    expect(error).toBeInstanceOf(unrolled.ArgumentError);
    expect((error as Error).message).toContain('nonsense');
  });
});

test.each([
  ['mse', unrolled.mse, { reduction: 'sum' }],
  ['bceWithLogits', unrolled.bceWithLogits, { reduction: 'sum' }],
] as const)('%s does not drop an option that PyTorch has', (_, loss, option) => {
  const error = thrown(() => loss(option as never));
  expect(error).toBeInstanceOf(unrolled.ArgumentError);
  expect((error as Error).message).toContain(Object.keys(option)[0]);
});

test.each([
  ['core', core],
  ['inference', inference],
])(
  'an option that only unrolled has is refused by name in unrolled/%s, and no other entry is named',
  (_, entry) => {
    const error = thrown(() => new entry.LSTM(1, 2, { peephole: true } as never));
    expect(error).toBeInstanceOf(unrolled.FeatureError);
    expect((error as Error).message).toMatch(/peephole.*'unrolled'/);
    expect((error as Error).message).not.toMatch(/'unrolled\//);
  },
);

const { RNN, LSTM, GRU, SLSTM } = unrolled;

test.each([
  ['a letter too few', RNN, 'bidirectonal', 'bidirectional'],
  ['other case and underscores', LSTM, 'num_layers', 'numLayers'],
  ['an ending', GRU, 'drop', 'dropout'],
  ['a beginning', LSTM, 'use_bias', 'bias'],
] as const)('a misspelt option: %s', (_, Layer, option, meant) => {
  expect(() => new Layer(1, 2, { [option]: 1 } as never)).toThrow(`did you mean '${meant}'`);
});

test.each([
  ['RNN', RNN, 'activation'],
  ['LSTM', LSTM, 'units'],
  ['GRU', GRU, 'forgetBias'],
  ['SLSTM', SLSTM, 'layerNorm'],
] as const)('what %s does not have is answered by the list of options', (_, Layer, option) => {
  const error = thrown(() => new Layer(1, 2, { [option]: 1 } as never)) as Error;
  expect(error.message).toMatch(/numLayers, .*seed/);
});

describe('what has no options by name is refused where options are', () => {
  const values: readonly (readonly [what: string, value: object])[] = [
    ['a Map', new Map([['lr', 1]])],
    ['a promise', Promise.resolve({ lr: 1 })],
    ['a date', new Date(0)],
    ['an expression', /lr/],
    ['an empty list', []],
    ['no bytes', new Uint8Array()],
    ['an ArrayBuffer', new ArrayBuffer(8)],
    ['headers', new Headers({ lr: '1' })],
    ['an error', new Error('lr')],
  ];
  const model = () => new unrolled.Sequential([new unrolled.LSTM(1, 2), new unrolled.Linear(2, 1)]);
  const trainer = () => new unrolled.Trainer(model(), { loss: 'mse', optimizer: 'adamw' });
  const [x, y] = [[1], [1]];
  const calls: Record<string, (given: never) => unknown> = {
    AdamW: (given) => new unrolled.AdamW(given),
    LSTM: (given) => new unrolled.LSTM(1, 2, given),
    'of step': (given) => trainer().step(x, y, given),
    'states of step': (states) => trainer().step(x, y, { states }),
    'metadata of a model': (given) => model().save(given),
    'metadata of a trainer': (given) => trainer().save(given),
    'states of a stream': (states) =>
      model()
        .stream()
        .restore({ states, outputs: [null] }),
    // any iterable is a list of pairs
    'tensors of serializeSafetensors': (given) =>
      serializeSafetensors(Symbol.iterator in (given as object) ? ([1] as never) : given),
    'metadata of serializeSafetensors': (given) => serializeSafetensors({}, given),
    'a state dict': (given) => new unrolled.Sequential([new unrolled.Reverse()]).loadStateDict(given),
    'inputs of a graph': (inputs) => new unrolled.Model({ inputs, outputs: inputs }),
  };

  test.each(Object.entries(calls))('%s', (_, call) => {
    const taken = values.filter(([, value]) => {
      try {
        call(value as never);
        return true;
      } catch (error) {
        return !(error instanceof unrolled.ArgumentError);
      }
    });
    expect(taken.map(([what]) => what)).toEqual([]);
  });

  test('what is inherited, a getter or exported by a module is read', async () => {
    const inherited = (given: object) => Object.create(given) as unrolled.AdamOptions;
    expect(new unrolled.AdamW(inherited({ lr: 0.5 })).lr).toBe(0.5);
    expect(new unrolled.AdamW(Object.assign(Object.create(null), { lr: 0.5 })).lr).toBe(0.5);
    class Own {
      lr = 0.25;
    }
    expect(new unrolled.AdamW(new Own()).lr).toBe(0.25);
    class Getter {
      get lr() {
        return 0.125;
      }
    }
    expect(new unrolled.AdamW(new Getter()).lr).toBe(0.125);
    const file = 'data:text/javascript,export const lr = 2;';
    expect(new unrolled.AdamW(await import(/* @vite-ignore */ file)).lr).toBe(2);
  });
});
