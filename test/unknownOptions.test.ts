import { beforeAll, describe, expect, test } from 'vitest';
import * as core from '../src/core.ts';
import * as unrolled from '../src/index.ts';
import * as inference from '../src/inference.ts';
import { thrown } from './model/helpers.ts';

beforeAll(async () => {
  await unrolled.init();
});

/** An option that nothing has. */
const other = { nonsense: 1 } as never;

/** Everything that takes options, by its name in the entry. */
const factories: Record<string, (entry: typeof unrolled) => unknown> = {
  crossEntropy: ({ crossEntropy }) => crossEntropy(other),
  mse: ({ mse }) => mse(other),
  bceWithLogits: ({ bceWithLogits }) => bceWithLogits(other),
  SGD: ({ SGD }) => new SGD(other),
  Adam: ({ Adam }) => new Adam(other),
  AdamW: ({ AdamW }) => new AdamW(other),
  RMSprop: ({ RMSprop }) => new RMSprop(other),
  Adagrad: ({ Adagrad }) => new Adagrad(other),
  stepLR: ({ stepLR }) => stepLR(other),
  cosineLR: ({ cosineLR }) => cosineLR(other),
  warmup: ({ warmup }) => warmup(other),
  Embedding: ({ Embedding }) => new Embedding(2, 2, other),
  Linear: ({ Linear }) => new Linear(2, 2, other),
  RNN: ({ RNN }) => new RNN(2, 2, other),
  LSTM: ({ LSTM }) => new LSTM(2, 2, other),
  GRU: ({ GRU }) => new GRU(2, 2, other),
  MinGRU: ({ MinGRU }) => new MinGRU(2, 2, other),
  MinLSTM: ({ MinLSTM }) => new MinLSTM(2, 2, other),
  IndRNN: ({ IndRNN }) => new IndRNN(2, 2, other),
  SRU: ({ SRU }) => new SRU(2, 2, other),
  RNNCell: ({ RNNCell }) => new RNNCell(2, 2, other),
  LSTMCell: ({ LSTMCell }) => new LSTMCell(2, 2, other),
  GRUCell: ({ GRUCell }) => new GRUCell(2, 2, other),
  Sequential: ({ Sequential, Linear }) => new Sequential([new Linear(1, 1)], other),
  StreamPool: ({ StreamPool, Sequential, Linear }) =>
    new StreamPool(new Sequential([new Linear(1, 1)]), other),
  Stream: ({ Sequential, Linear }) => new Sequential([new Linear(1, 1)]).stream(other),
  beamSearch: ({ beamSearch, Sequential, Embedding }) =>
    beamSearch(new Sequential([new Embedding(2, 2)]), other),
  Trainer: ({ Trainer, Sequential, Linear }) => new Trainer(new Sequential([new Linear(1, 1)]), other),
};
/** They take no options. */
const others = /Error$|^(Dropout|Generator|LastStep|Optimizer|StreamSession)$/;
const plain =
  /^(init|initSync|runtimeInfo|constant|glorot|identity|normal|orthogonal|uniform|irnn|gateSpectra|largestSingularValue|spectralRadius)$/;

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
  ['bceWithLogits', unrolled.bceWithLogits, { posWeight: 10 }],
] as const)('%s does not drop an option that PyTorch has', (_, loss, option) => {
  const error = thrown(() => loss(option as never));
  expect(error).toBeInstanceOf(unrolled.ArgumentError);
  expect((error as Error).message).toContain(Object.keys(option)[0]);
});
