import { beforeAll, describe, expect, test } from 'vitest';
import {
  ArgumentError,
  crossEntropy,
  init,
  mse,
  type Sequential,
  SGD,
  ShapeError,
  Trainer,
} from '../../src/index.ts';
import { B, language, refuses, type Setup } from './refuses.ts';

beforeAll(async () => {
  await init();
});

describe('a schedule is refused at the step that it spoils, and the model stays as it was:', () => {
  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, '1', undefined])('%o', (bad) => {
    let spoilt = false;
    const schedule = () => (spoilt ? (bad as number) : 1);
    const message = `schedule: expected a finite number of at least 0, got ${typeof bad === 'string' ? '"1"' : bad}`;
    refuses(
      () => language({ schedule }),
      ({ trainer, x, y }) => {
        spoilt = true;
        try {
          trainer.step(x, y);
        } finally {
          spoilt = false;
        }
      },
      ArgumentError,
      message,
    );
  });
});

describe('weights are refused, and the model stays as it was:', () => {
  const others = (change: (state: ReturnType<Sequential['stateDict']>) => unknown) => (setup: Setup) => {
    const state = language().model.stateDict();
    for (const { data } of Object.values(state)) data.fill(7);
    change(state);
    setup.model.loadStateDict(state);
  };
  const set = (name: string, value: unknown) =>
    others((state) => {
      state[name] = value as never;
    });
  const bias = '2.bias_hh_l0';

  test.each<[string, (setup: Setup) => void, typeof ArgumentError | typeof ShapeError, RegExp]>([
    [
      'a missing name',
      others((state) => delete state[bias]),
      ArgumentError,
      /^state dict: expected 0\.weight, .*, got one without 2\.bias_hh_l0$/,
    ],
    ['an extra name', set('4.weight', [1]), ArgumentError, /^state dict: .* got one with 4\.weight$/],
    [
      'one for another',
      others((state) => {
        state['2.bias'] = state[bias]!;
        delete state[bias];
      }),
      ArgumentError,
      /got one without 2\.bias_hh_l0 and with 2\.bias$/,
    ],
    ['an inherited name', set('constructor', [1]), ArgumentError, /got one with constructor$/],
    [
      'another shape',
      set('0.weight', { data: new Float32Array(24), shape: [4, 6] }),
      ShapeError,
      /^0\.weight: expected \[6, 4\], got \[4, 6\]$/,
    ],
    [
      'another length',
      set('0.weight', new Float32Array(23)),
      ShapeError,
      /^0\.weight: expected 24 numbers for \[6, 4\], got 23$/,
    ],
    [
      'data that do not fill their shape',
      set('0.weight', { data: new Float32Array(23), shape: [6, 4] }),
      ShapeError,
      /^0\.weight: .* got 23$/,
    ],
    ['null', set('0.weight', null), ArgumentError, /^0\.weight: .* got null$/],
    ['text', set('0.weight', 'a'.repeat(24)), ArgumentError, /^0\.weight: /],
    [
      'bigints',
      set('0.weight', new BigInt64Array(24)),
      ArgumentError,
      /^0\.weight: .* got BigInt64Array\(24\)$/,
    ],
    [
      'no dict',
      ({ model }) => model.loadStateDict(null as never),
      ArgumentError,
      /^state dict: .* got null$/,
    ],
  ])('%s', (_, call, type, message) => {
    refuses(language, call, type, message);
  });
});

describe('a Trainer is refused, and the model stays as it was:', () => {
  const sgd = () => new SGD({ lr: 1 });
  test.each<[string, (setup: Setup) => unknown, RegExp]>([
    [
      'no model',
      () => new Trainer({} as never, { loss: mse, optimizer: sgd() }),
      /^model: expected a Sequential, got an object$/,
    ],
    [
      'no options',
      ({ model }) => new Trainer(model, undefined as never),
      /^loss: expected a loss such as crossEntropy, got undefined$/,
    ],
    ['no loss', ({ model }) => new Trainer(model, { optimizer: sgd() } as never), /^loss: /],
    [
      'the name of a loss',
      ({ model }) => new Trainer(model, { loss: 'mse' as never, optimizer: sgd() }),
      /^loss: .* got "mse"$/,
    ],
    [
      'no optimizer',
      ({ model }) => new Trainer(model, { loss: mse } as never),
      /^optimizer: .* got undefined$/,
    ],
    [
      'a class of optimizers',
      ({ model }) => new Trainer(model, { loss: mse, optimizer: SGD as never }),
      /^optimizer: .* got a function$/,
    ],
    [
      'clipNorm',
      ({ model }) => new Trainer(model, { loss: mse, optimizer: sgd(), clipNorm: -1 }),
      /^clipNorm: .* got -1$/,
    ],
    [
      'clipValue',
      ({ model }) => new Trainer(model, { loss: mse, optimizer: sgd(), clipValue: Number.NaN }),
      /^clipValue: .* got NaN$/,
    ],
    [
      'both',
      ({ model }) => new Trainer(model, { loss: mse, optimizer: sgd(), clipNorm: 1, clipValue: 1 }),
      /^clipValue: expected one of clipNorm and clipValue/,
    ],
    [
      'schedule',
      ({ model }) => new Trainer(model, { loss: mse, optimizer: sgd(), schedule: 0.5 as never }),
      /^schedule: expected a function of the step, got 0.5$/,
    ],
    [
      'carryState',
      ({ model }) => new Trainer(model, { loss: mse, optimizer: sgd(), carryState: 1 as never }),
      /^carryState: expected true or false, got 1$/,
    ],
    [
      'batch',
      ({ model }) => new Trainer(model, { loss: mse, optimizer: sgd(), batch: 0 }),
      /^batch: expected an integer of at least 1, got 0$/,
    ],
    [
      'an unknown option',
      ({ model }) => new Trainer(model, { loss: mse, optimizer: sgd(), clip: 1 } as never),
      /^Trainer: unknown option 'clip'/,
    ],
    ['crossEntropy’s ignoreIndex', () => crossEntropy({ ignoreIndex: 0.5 }), /^ignoreIndex: .* got 0.5$/],
    [
      'an ignoreIndex beyond 32 bits',
      () => crossEntropy({ ignoreIndex: 2 ** 32 }),
      /^ignoreIndex: expected a 32-bit integer, got 4294967296$/,
    ],
    [
      'an unknown option of a loss',
      () => crossEntropy({ reduction: 'sum' } as never),
      /^crossEntropy: .*'reduction'/,
    ],
    [
      'an unknown option of forward',
      ({ model, x }) => model.forward(x, { train: true } as never),
      /^forward: unknown option 'train'/,
    ],
    [
      'training that is no boolean',
      ({ model, x }) => model.forward(x, { training: 1 as never }),
      /^training: expected true or false, got 1$/,
    ],
  ])('%s', (_, call, message) => {
    refuses(language, call, ArgumentError, message);
  });

  test('bare numbers follow the batch option', () => {
    const [bare, shaped] = [language({ batch: B }), language()];
    expect(bare.trainer.step(bare.x.data, bare.y.data)).toEqual(shaped.trainer.step(shaped.x, shaped.y));
    expect(() => bare.trainer.step([1, 2, 3], [1, 2, 3])).toThrow(
      /^x: expected a multiple of 2 numbers \(batch 2\), got 3$/,
    );
  });
});
