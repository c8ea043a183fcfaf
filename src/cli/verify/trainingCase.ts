import { FormatError } from '../../errors.ts';
import { Embedding } from '../../layers/embedding.ts';
import { GRU } from '../../layers/gru.ts';
import { Linear } from '../../layers/linear.ts';
import { LSTM } from '../../layers/lstm.ts';
import { RNN } from '../../layers/rnn.ts';
import { crossEntropy } from '../../losses/loss.ts';
import { Sequential } from '../../model/sequential.ts';
import { Trainer } from '../../model/trainer.ts';
import { Adagrad } from '../../optim/adagrad.ts';
import { Adam, AdamW } from '../../optim/adam.ts';
import type { Optimizer } from '../../optim/optimizer.ts';
import { RMSprop } from '../../optim/rmsprop.ts';
import { SGD } from '../../optim/sgd.ts';
import { type Errors, type Fixture, group, knownOnly, relativeError, values } from './fixture.ts';

const KNOWN = [
  ...['kind', 'name', 'seed', 'pattern', 'vocab', 'embed', 'cell', 'hiddenSize', 'numLayers'],
  ...['steps', 'batch', 'updates', 'optimizer', 'clipNorm', 'carryState'],
];
const RECURRENT = { rnn: RNN, lstm: LSTM, gru: GRU };
/** A model's names for the parts of a case. */
const PARTS: Record<string, string> = { embedding: '0', recurrent: '1', linear: '2' };

/** Runs a case of kind `training`: all its updates. Losses and norms are compared as gradients are. */
export function trainingCase(fixture: Fixture): Errors {
  const { config } = fixture;
  knownOnly(config, KNOWN);
  const { vocab, embed, hiddenSize, steps, batch, updates } = config as Record<string, number>;
  const { numLayers = 1, clipNorm } = config as Record<string, number>;
  const { cell, carryState = false } = config as { cell: keyof typeof RECURRENT; carryState?: boolean };
  const Layer = RECURRENT[cell];
  if (!Layer) throw new FormatError(`option cell = ${JSON.stringify(cell)} is not known`);
  using model = new Sequential([
    new Embedding(vocab!, embed!),
    new Layer(embed!, hiddenSize!, { numLayers }),
    new Linear(hiddenSize!, vocab!),
  ]);
  const ours = (name: string) => name.replace(/^\w+/, (part) => PARTS[part] ?? part);
  model.loadStateDict(
    Object.fromEntries(
      group(fixture, 'param.').map(([name, { shape }]) => [
        ours(name),
        { data: values(fixture, `param.${name}`), shape },
      ]),
    ),
  );
  const trainer = new Trainer(model, {
    loss: crossEntropy,
    optimizer: makeOptimizer(config.optimizer),
    carryState,
    ...(clipNorm ? { clipNorm } : {}),
  });
  const [x, y] = [Int32Array.from(values(fixture, 'x')), Int32Array.from(values(fixture, 'y'))];
  const size = steps! * batch!;
  const losses: number[] = [];
  const norms: number[] = [];
  for (let i = 0; i < updates!; i++) {
    const part = (all: Int32Array) => ({
      data: all.subarray(i * size, (i + 1) * size),
      shape: [steps!, batch!],
    });
    const { loss, gradNorm } = trainer.step(part(x), part(y));
    losses.push(loss);
    norms.push(gradNorm);
  }
  const state = model.stateDict();
  const errors = [
    relativeError(losses, values(fixture, 'expect.losses')),
    relativeError(norms, values(fixture, 'expect.gradNorms')),
    ...group(fixture, 'param.').map(([name]) =>
      relativeError(state[ours(name)]?.data, values(fixture, `expect.param.${name}`)),
    ),
  ];
  return { output: 0, gradient: Math.max(...errors) };
}

function makeOptimizer(config: unknown): Optimizer {
  const { name, ...options } = (config ?? {}) as { name: string; lr: number };
  switch (name) {
    case 'sgd':
      return new SGD(options);
    case 'adam':
      return new Adam(options);
    case 'adamw':
      return new AdamW(options);
    case 'rmsprop':
      return new RMSprop(options);
    case 'adagrad':
      return new Adagrad(options);
    default:
      throw new FormatError(`option optimizer = ${JSON.stringify(name)} is not known`);
  }
}
