import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectThrows, type Words } from '../errors.ts';
import { B, language, refuses, type Setup } from './refuses.ts';

beforeAll(async () => {
  await u.init();
});

describe('a schedule is refused at the step that it spoils, and the model stays as it was:', () => {
  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY, '1', undefined])('%o', (bad) => {
    let spoilt = false;
    const schedule = () => (spoilt ? (bad as number) : 1);
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
      u.ArgumentError,
      ['schedule', typeof bad === 'string' ? '"1"' : `${bad}`],
    );
  });
});

describe('weights are refused, and the model stays as it was:', () => {
  const others = (change: (state: ReturnType<u.Sequential['stateDict']>) => unknown) => (setup: Setup) => {
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

  test.each<[string, (setup: Setup) => void, typeof u.ArgumentError | typeof u.ShapeError, Words]>([
    [
      'a missing name',
      others((state) => delete state[bias]),
      u.ArgumentError,
      ['state dict', '0.weight', '2.bias_hh_l0'],
    ],
    ['an extra name', set('4.weight', [1]), u.ArgumentError, ['state dict', '4.weight']],
    [
      'one for another',
      others((state) => {
        state['2.bias'] = state[bias]!;
        delete state[bias];
      }),
      u.ArgumentError,
      ['state dict', '2.bias_hh_l0', '2.bias'],
    ],
    ['an inherited name', set('constructor', [1]), u.ArgumentError, ['state dict', 'constructor']],
    [
      'another shape',
      set('0.weight', { data: new Float32Array(24), shape: [4, 6] }),
      u.ShapeError,
      ['0.weight', '[6, 4]', '[4, 6]'],
    ],
    [
      'another length',
      set('0.weight', new Float32Array(23)),
      u.ShapeError,
      ['0.weight', '24', '[6, 4]', '23'],
    ],
    [
      'data that do not fill their shape',
      set('0.weight', { data: new Float32Array(23), shape: [6, 4] }),
      u.ShapeError,
      ['0.weight', '23'],
    ],
    ['null', set('0.weight', null), u.ArgumentError, ['0.weight', 'null']],
    ['text', set('0.weight', 'a'.repeat(24)), u.ArgumentError, ['0.weight']],
    ['bigints', set('0.weight', new BigInt64Array(24)), u.ArgumentError, ['0.weight', 'BigInt64Array(24)']],
    ['no dict', ({ model }) => model.loadStateDict(null as never), u.ArgumentError, ['state dict', 'null']],
  ])('%s', (_, call, type, message) => {
    refuses(language, call, type, message);
  });
});

describe('a Trainer is refused, and the model stays as it was:', () => {
  const sgd = () => new u.SGD({ lr: 1 });
  test.each<[string, (setup: Setup) => unknown, Words]>([
    [
      'no model',
      () => new u.Trainer({} as never, { loss: u.mse, optimizer: sgd() }),
      ['model', 'Sequential', 'object'],
    ],
    [
      'no options',
      ({ model }) => new u.Trainer(model, undefined as never),
      ['loss', 'crossEntropy', 'undefined'],
    ],
    ['no loss', ({ model }) => new u.Trainer(model, { optimizer: sgd() } as never), ['loss']],
    [
      'an unknown name of a loss',
      ({ model }) => new u.Trainer(model, { loss: 'msee' as never, optimizer: sgd() }),
      ['loss.name', '"msee"'],
    ],
    [
      'no optimizer',
      ({ model }) => new u.Trainer(model, { loss: u.mse } as never),
      ['optimizer', 'undefined'],
    ],
    [
      'a class of optimizers',
      ({ model }) => new u.Trainer(model, { loss: u.mse, optimizer: u.SGD as never }),
      ['optimizer', 'function'],
    ],
    [
      'clipNorm',
      ({ model }) => new u.Trainer(model, { loss: u.mse, optimizer: sgd(), clipNorm: -1 }),
      ['clipNorm', '-1'],
    ],
    [
      'clipValue',
      ({ model }) => new u.Trainer(model, { loss: u.mse, optimizer: sgd(), clipValue: Number.NaN }),
      ['clipValue', 'NaN'],
    ],
    [
      'both',
      ({ model }) => new u.Trainer(model, { loss: u.mse, optimizer: sgd(), clipNorm: 1, clipValue: 1 }),
      ['clipValue', 'clipNorm'],
    ],
    [
      'schedule',
      ({ model }) => new u.Trainer(model, { loss: u.mse, optimizer: sgd(), schedule: 0.5 as never }),
      ['schedule', '0.5'],
    ],
    [
      'carryState',
      ({ model }) => new u.Trainer(model, { loss: u.mse, optimizer: sgd(), carryState: 1 as never }),
      ['carryState', '1'],
    ],
    [
      'batch',
      ({ model }) => new u.Trainer(model, { loss: u.mse, optimizer: sgd(), batch: 0 }),
      ['batch', '0'],
    ],
    [
      'an unknown option',
      ({ model }) => new u.Trainer(model, { loss: u.mse, optimizer: sgd(), clip: 1 } as never),
      ['Trainer: clip'],
    ],
    ['crossEntropy’s ignoreIndex', () => u.crossEntropy({ ignoreIndex: 0.5 }), ['ignoreIndex', '0.5']],
    [
      'an ignoreIndex beyond 32 bits',
      () => u.crossEntropy({ ignoreIndex: 2 ** 32 }),
      ['ignoreIndex', '32-bit', '4294967296'],
    ],
    [
      'an unknown option of a loss',
      () => u.crossEntropy({ reduction: 'sum' } as never),
      ['crossEntropy: reduction'],
    ],
    [
      'an unknown option of forward',
      ({ model, x }) => model.forward(x, { train: true } as never),
      ['forward: train'],
    ],
    [
      'training that is no boolean',
      ({ model, x }) => model.forward(x, { training: 1 as never }),
      ['training', '1'],
    ],
  ])('%s', (_, call, message) => {
    refuses(language, call, u.ArgumentError, message);
  });

  test('bare numbers follow the batch option', () => {
    const [bare, shaped] = [language({ batch: B }), language()];
    expect(bare.trainer.step(bare.x.data, bare.y.data)).toEqual(shaped.trainer.step(shaped.x, shaped.y));
    expectThrows(() => bare.trainer.step([1, 2, 3], [1, 2, 3]), ['x', '2', '3'], u.ShapeError);
  });
});
