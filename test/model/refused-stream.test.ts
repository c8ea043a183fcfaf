import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectThrows, expectWords, type Words } from '../errors.ts';
import { expectSame } from '../kernels/closeness.ts';
import { thrown, wrong } from './helpers.ts';

const V = 9;

function language(): u.Sequential {
  return new u.Sequential([new u.Embedding(V, 5), new u.LSTM(5, 8), new u.Dropout(0.5), new u.Linear(8, V)], {
    seed: 3,
  });
}

describe('a stream refuses', () => {
  beforeAll(async () => {
    await u.init();
  });

  const generator = new u.Generator(1);
  type Case = [string, (model: u.Sequential) => unknown, new (...args: never[]) => u.UnrolledError, Words];
  test.each<Case>([
    ['a batch of 0', (m) => m.stream({ batch: 0 }), u.ArgumentError, ['batch', '0']],
    ['an unknown option', (m) => m.stream({ size: 1 } as never), u.ArgumentError, ['stream: size']],
    ['a token outside', (m) => m.stream().step(V), u.ArgumentError, ['input (row 0)', '0..8', '9']],
    ['a token of −1', (m) => m.stream().step(-1), u.ArgumentError, ['input (row 0)', '-1']],
    ['half a token', (m) => m.stream({ batch: 2 }).step([1, 0.5]), u.ArgumentError, ['input (row 1)', '0.5']],
    ['NaN', (m) => m.stream().step(Number.NaN), u.ArgumentError, ['input (row 0)', 'NaN']],
    ['no number', (m) => m.stream().step('a' as never), u.ArgumentError, ['input', '1', '"a"']],
    ['nothing', (m) => m.stream().step(undefined as never), u.ArgumentError, ['input', '1', 'undefined']],
    ['too many', (m) => m.stream().step([1, 2]), u.ArgumentError, ['input', '1', '[1, 2]']],
    ['too few', (m) => m.stream({ batch: 2 }).step(1), u.ArgumentError, ['input', '2', '1']],
    ['bigints', (m) => m.stream().step(wrong([1n]) as never), u.ArgumentError, ['input (row 0)', '1n']],
    ['a block of 0', (m) => m.stream({ block: 0 }), u.ArgumentError, ['block', '0']],
    ['steps without a block', (m) => m.stream().steps([1, 2]), u.ArgumentError, ['input', '1', '[1, 2]']],
    [
      'more steps than the block',
      (m) => m.stream({ batch: 2, block: 3 }).steps(new Int32Array(8)),
      u.ArgumentError,
      ['input', '2', '1', '3', 'Int32Array(8)'],
    ],
    ['half a step', (m) => m.stream({ batch: 2, block: 3 }).steps([1, 2, 3]), u.ArgumentError, ['input']],
    ['no steps', (m) => m.stream({ block: 3 }).steps([]), u.ArgumentError, ['input']],
    ['a single number as steps', (m) => m.stream().steps(1 as never), u.ArgumentError, ['input', '1']],
    [
      'a token outside in a block',
      (m) => m.stream({ batch: 2, block: 3 }).steps([1, 2, 3, V]),
      u.ArgumentError,
      ['input (step 1, row 1)', '0..8', '9'],
    ],
    ['a reset of no row', (m) => m.stream().reset(1), u.ArgumentError, ['row', '1']],
    ['a reset of half a row', (m) => m.stream().reset(0.5), u.ArgumentError, ['row', '0.5']],
    ['a snapshot of no row', (m) => m.stream().snapshot(2), u.ArgumentError, ['row', '2']],
    ['a sample before a step', (m) => m.stream().sample(generator), u.StateError, ['sample', 'step']],
    ['no generator', (m) => m.stream().sample({} as never), u.ArgumentError, ['generator', 'Generator']],
    [
      'a negative temperature',
      (m) => m.stream().sample(generator, -1),
      u.ArgumentError,
      ['temperature', '-1'],
    ],
    ['a row outside', (m) => m.stream().sample(generator, 1, 1), u.ArgumentError, ['row', '1']],
  ])('%s', (_, call, type, message) => {
    const model = language();
    const expected = model.stream().step(3).slice();
    const error = thrown(() => call(model));
    expect(error).toBeInstanceOf(type);
    expectWords(error, message);
    expectSame(model.stream().step(3), expected, 'output afterwards');
  });

  test('a step that was refused leaves the states', () => {
    const model = language();
    const [a, b] = [model.stream(), model.stream()];
    for (const token of [1, 2, 3]) {
      expectSame(a.step(token), b.step(token), 'output');
      expect(() => a.step(99)).toThrow();
    }
  });

  test('strings as features', () => {
    const model = new u.Sequential([new u.RNN(2, 3)], { seed: 1 });
    for (const bad of [['a', 'b'], 'ab', [1n, 2n], [undefined, 1], new BigInt64Array(2)]) {
      const error = thrown(() => model.stream().step(bad as never));
      expect(error, String(bad)).toBeInstanceOf(u.ArgumentError);
      expect((error as u.ArgumentError).argument).toMatch(/^input/);
    }
  });

  test('anything after dispose', () => {
    const model = language();
    const stream = model.stream();
    stream.step(1);
    stream.dispose();
    const state = model.stream().snapshot();
    for (const call of [
      () => stream.step(1),
      () => stream.steps([1]),
      () => stream.sample(generator),
      () => stream.reset(),
      () => stream.snapshot(),
      () => stream.restore(state),
      () => stream.fork(),
    ]) {
      expect(thrown(call)).toBeInstanceOf(u.StateError);
    }
  });

  test('anything after the model’s dispose', () => {
    const model = new u.Sequential([new u.RNN(1, 2)]);
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 1 }) });
    const stream = model.stream();
    stream.step(1);
    model.dispose();
    const calls = [
      () => model.streams({ capacity: 2 }),
      () => stream.fork(),
      () => stream.snapshot(),
      () => stream.step(1),
      () => stream.sample(generator, 0),
      () => stream.reset(),
      () => model.stream(),
    ];
    for (const call of calls) expect(thrown(call), String(call)).toBeInstanceOf(u.MemoryError);
    expect(trainer.steps).toBe(0);
  });
});

describe('a model that can not go step by step is refused:', () => {
  beforeAll(async () => {
    await u.init();
  });

  const bidirectional = () => new u.Sequential([new u.RNN(2, 3), new u.GRU(3, 4, { bidirectional: true })]);
  const calls: [string, (model: u.Sequential) => unknown][] = [
    ['stream', (m) => m.stream()],
    ['streams', (m) => m.streams({ capacity: 2 })],
  ];

  test.each(calls)('bidirectional, %s', (_, call) => {
    const model = bidirectional();
    const bytes = model.memoryBytes;
    const error = thrown(() => call(model));
    expect(error).toBeInstanceOf(u.StateError);
    expect((error as Error).message).toMatch(
      /^stream: layers\[1\] \(GRU\) is bidirectional .*whole sequence/,
    );
    expect(model.memoryBytes).toBe(bytes);
    expect(model.forward([1, 2, 3, 4]).shape).toEqual([2, 1, 8]);
  });

  test.each(calls)('a recurrent layer after a LastStep, %s', (_, call) => {
    const model = new u.Sequential([new u.RNN(2, 3), new u.LastStep(), new u.LSTM(3, 4)]);
    const error = thrown(() => call(model));
    expect(error).toBeInstanceOf(u.StateError);
    expect((error as Error).message).toMatch(
      /^stream: layers\[2\] \(LSTM\) comes after layers\[1\] \(LastStep\) /,
    );
  });
});

describe('restore refuses', () => {
  beforeAll(async () => {
    await u.init();
  });

  const good = () => language().stream({ batch: 2 }).snapshot();
  const h = '1.h_l0';
  test.each<[string, () => unknown, string, Words]>([
    ['nothing', () => undefined, 'ArgumentError', ['state', 'undefined']],
    ['null', () => null, 'ArgumentError', ['the options of state', 'null']],
    ['another key', () => ({ ...good(), batch: 2 }), 'ArgumentError', ['state: batch']],
    ['no outputs', () => ({ states: good().states }), 'ArgumentError', ['state.outputs', 'array']],
    ['no states', () => ({ outputs: good().outputs }), 'ArgumentError', ['state.states', 'object']],
    ['a state of fewer rows', () => language().stream().snapshot(), 'ArgumentError', ['state', '2', '1']],
    [
      'an output of another size',
      () => ({ ...good(), outputs: [null, [1, 2]] }),
      'ArgumentError',
      ['state.outputs[1]', '9', 'null', '[1, 2]'],
    ],
    [
      'a state of another model',
      () =>
        new u.Sequential([new u.Embedding(V, 5), new u.GRU(5, 8), new u.Linear(8, V)])
          .stream({ batch: 2 })
          .snapshot(),
      'ArgumentError',
      ['state.states', '1.h_l0', '1.c_l0', '["1.h_l0"]'],
    ],
    [
      'a state of another size',
      () => ({ ...good(), states: { ...good().states, [h]: { data: new Float32Array(6), shape: [2, 3] } } }),
      'ShapeError',
      ["state.states['1.h_l0']", '[2, 8]', '[2, 3]'],
    ],
    [
      'numbers missing in the last state',
      () => ({
        ...good(),
        states: { ...good().states, '1.c_l0': { data: new Float32Array(15), shape: [2, 8] } },
      }),
      'ShapeError',
      ["state.states['1.c_l0']"],
    ],
  ])('%s, and changes nothing', (_, state, name, message) => {
    const [stream, untouched] = [language().stream({ batch: 2 }), language().stream({ batch: 2 })];
    stream.step([1, 2]);
    untouched.step([1, 2]);
    const error = thrown(() => stream.restore(state() as never)) as Error;
    expect(error.name).toBe(name);
    expectWords(error, message);
    expectSame(stream.probabilities(1).slice(), untouched.probabilities(1), 'probabilities');
    expectSame(stream.step([3, 4]), untouched.step([3, 4]), 'output');
  });
});

describe('a pool refuses', () => {
  beforeAll(async () => {
    await u.init();
  });

  test.each<[string, (pool: u.StreamPool, a: u.StreamSession, b: u.StreamSession) => unknown, string, Words]>(
    [
      ['more sessions than its capacity', (pool) => pool.open(), 'StateError', ['2']],
      ['a fork of one more', (_, a) => a.fork(), 'StateError', ['2']],
      ['a step of none', (pool) => pool.step([], []), 'ArgumentError', ['sessions', '1', '2', '[]']],
      ['a step of no list', (pool, a) => pool.step(a as never, 1), 'ArgumentError', ['sessions', 'list']],
      ['a step of more than it has', (pool, a, b) => pool.step([a, b, a], 1), 'ArgumentError', ['sessions']],
      [
        'something else',
        (pool, a) => pool.step([a, {} as never], [1, 2]),
        'ArgumentError',
        ['sessions[1]', 'object'],
      ],
      [
        'a session of another pool',
        (pool) => pool.step([language().streams({ capacity: 1 }).open()], 1),
        'ArgumentError',
        ['sessions[0]', 'StreamSession'],
      ],
      ['a session twice', (pool, a) => pool.step([a, a], [1, 2]), 'ArgumentError', ['sessions[1]', 'before']],
      ['too few inputs', (pool, a, b) => pool.step([a, b], [1]), 'ArgumentError', ['input', '2']],
      [
        'a token outside',
        (pool, a, b) => pool.step([a, b], [1, V]),
        'ArgumentError',
        ['input (row 1)', '0..8', '9'],
      ],
      ['a sample of no row', (pool) => pool.sample(new u.Generator(1), 1, 2), 'ArgumentError', ['row']],
      ['a state of two rows', (_, a) => a.restore(two()), 'ArgumentError', ['state', '1', '2']],
    ],
  )('%s, and changes nothing', (_, call, name, message) => {
    const pools = [0, 1].map(() => {
      const pool = language().streams({ capacity: 2 });
      const [a, b] = [pool.open(), pool.open()] as const;
      pool.step([a, b], [1, 2]);
      return { pool, a, b };
    });
    const [{ pool, a, b }, other] = pools as [(typeof pools)[0], (typeof pools)[0]];
    const error = thrown(() => call(pool, a, b)) as Error;
    expect(error.name).toBe(name);
    expectWords(error, message);
    expectSame(pool.step([b, a], [3, 4]), other.pool.step([other.b, other.a], [3, 4]), 'output');
  });

  const two = () => language().stream({ batch: 2 }).snapshot();

  test('a capacity of 0, no options, a sample before a step', () => {
    const model = language();
    expectThrows(() => model.streams({ capacity: 0 }), ['capacity', '0']);
    expectThrows(() => model.streams(undefined as never), ['capacity', 'undefined']);
    expectThrows(() => model.streams({ size: 3 } as never), ['streams: size']);
    expectThrows(() => model.streams({ capacity: 3 }).sample(new u.Generator(1)), ['step'], u.StateError);
  });

  test('a session that was closed, and all when it was disposed', () => {
    const pool = language().streams({ capacity: 2 });
    const [a, b] = [pool.open(), pool.open()];
    a.close();
    const state = b.snapshot();
    for (const call of [
      () => pool.step([b, a], [1, 2]),
      () => a.reset(),
      () => a.snapshot(),
      () => a.restore(state),
      () => a.fork(),
    ]) {
      expect(thrown(call)).toEqual(new u.StateError('the session was closed'));
    }
    pool.dispose();
    for (const call of [() => pool.step([b], 1), () => b.reset(), () => b.snapshot(), () => pool.open()]) {
      expect(thrown(call)).toEqual(new u.StateError('the pool was disposed'));
    }
  });
});
