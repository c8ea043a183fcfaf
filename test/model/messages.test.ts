import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { show, showShape } from '../../src/show.ts';
import { expectThrows, expectWords } from '../errors.ts';
import { thrown } from './helpers.ts';

beforeAll(() => u.init());

const throwing = new Proxy(
  {},
  new Proxy({} as ProxyHandler<object>, {
    get: () => () => {
      throw new Error('trap');
    },
  }),
);
const explode = () => {
  throw new Error('called');
};
const hostile = { toString: explode, valueOf: explode, toJSON: explode, [Symbol.toPrimitive]: explode };
class Secret {}
Object.defineProperty(Secret, 'name', { get: explode });
const cyclic: unknown[] = [1];
cyclic.push(cyclic);
const { proxy: revoked, revoke } = Proxy.revocable([], {});
revoke();

describe('show', () => {
  test.each<[string, unknown, string]>([
    ['NaN', Number.NaN, 'NaN'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['a bigint', 12n, '12n'],
    ['a bigint of a million bits', 1n << 1_000_000n, 'a large bigint'],
    ['holes', Object.assign(new Array(3), { 0: 1, 2: 3 }), '[1, a hole, 3]'],
    ['a getter in an array', Object.defineProperty([0], 0, { get: explode }), '[a getter]'],
    ['an array in itself', cyclic, '[1, [1, [1, an array of 2]]]'],
    ['a class', new Map(), 'a Map'],
    ['a class with a getter for its name', new Secret(), 'an object'],
    ['methods that throw', hostile, 'an object'],
    ['an object that throws at every look', throwing, 'an object that cannot be read'],
    ['a proxy that was revoked', revoked, 'an object that cannot be read'],
    ['a typed array', new Float64Array(3), 'Float64Array(3)'],
    ['an object without a prototype', Object.create(null), 'an object'],
  ])('%s', (_, value, text) => {
    expect(show(value)).toBe(text);
  });

  test('any value gives at most 120 characters', () => {
    const most = fc.anything({ maxDepth: 6, withBigInt: true, withSparseArray: true, withTypedArray: true });
    fc.assert(fc.property(most, (value) => show(value).length <= 120));
    let nested: unknown = [];
    for (let i = 0; i < 20_000; i++) nested = [nested];
    for (const value of [nested, 'x'.repeat(1e6), [hostile, throwing], Symbol('s'.repeat(1e6))]) {
      expect(show(value).length).toBeLessThanOrEqual(120);
    }
  });

  test('shapes of any length and elements', () => {
    expect(showShape([2, 3])).toBe('[2, 3]');
    expect(showShape(new Array(1e6).fill(1))).toBe('of 1000000 dimensions');
    expect(showShape([hostile, Symbol('s')])).toBe('[an object, Symbol(s)]');
  });
});

test('no message is longer than 400 characters', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 5000 }),
      fc.string({ maxLength: 5000 }),
      fc.anything(),
      (a, b, value) => {
        expect(new u.ArgumentError(a, b, value).message.length).toBeLessThanOrEqual(400);
        expect(new u.ShapeError(a, b, [value] as never).message.length).toBeLessThanOrEqual(400);
        expect(new u.UnrolledError(a + b).message.length).toBeLessThanOrEqual(400);
      },
    ),
  );
  const dict = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`name ${i}`, [1]]));
  const error = thrown(() => new u.Sequential([new u.Linear(1, 1)]).loadStateDict(dict)) as Error;
  expect(error.message.length).toBeLessThanOrEqual(400);
  expect(error.message).toMatch(/^state dict: .*name/s);
});

describe('a message names the element', () => {
  const data = (element: unknown) => Object.assign(new Array(10_000).fill(0), { 7: element });
  const model = () => new u.Sequential([new u.Linear(1, 1)]);
  test.each<[string, unknown, string]>([
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['text', 'one', '"one"'],
    ['an array', [1], '[1]'],
  ])('%s among 10,000 numbers', (_, element, shown) => {
    const error = thrown(() => model().forward({ data: data(element), shape: [10_000, 1, 1] } as never));
    expect(error).toBeInstanceOf(u.ArgumentError);
    expectWords(error, ['x.data[7]', 'number', shown]);
  });

  test('a hole', () => {
    const holes = data(0);
    delete holes[7];
    expectThrows(() => model().forward({ data: holes, shape: [10_000, 1, 1] }), ['x.data[7]', 'number']);
  });

  test('bigints', () => {
    const given = { data: new BigInt64Array(10_000), shape: [10_000, 1, 1] };
    expectThrows(() => model().forward(given as never), ['x.data', 'BigInt64Array(10000)']);
  });

  test('what is missing', () => {
    expectThrows(() => model().forward({ data: [1] } as never), ['x', 'shape', 'missing']);
    expectThrows(() => model().forward({ shape: [1, 1, 1] } as never), ['x', 'missing']);
  });
});

describe('an unknown option', () => {
  test.each<[string, () => unknown, string, string]>([
    ['a letter left out', () => new u.LSTM(1, 1, { numLayer: 2 } as object), 'LSTM', 'numLayers'],
    ['a letter of two', () => new u.LSTM(1, 1, { droput: 0.1 } as object), 'LSTM', "'dropout'"],
    [
      'letters the wrong way round',
      () => new u.LSTM(1, 1, { layerNrom: true } as object),
      'LSTM',
      'layerNorm',
    ],
    ['letters at the beginning', () => new u.LSTM(1, 1, { nmu_layers: 2 } as object), 'LSTM', 'numLayers'],
    ['PyTorch’s name', () => new u.LSTM(1, 1, { batch_first: true } as object), 'LSTM', 'batchFirst'],
    ['how it begins', () => new u.LSTM(1, 1, { layerN: true } as object), 'LSTM', 'layerNorm'],
    ['nothing alike', () => new u.Embedding(1, 1, { paddingIdx: 0 } as object), 'Embedding', 'init'],
  ])('%s', (_, call, of, meant) => {
    const error = thrown(call) as u.ArgumentError;
    expect(error).toBeInstanceOf(u.ArgumentError);
    expect(error.argument).toMatch(new RegExp(`^${of}: \\w+$`));
    expectWords(error, [error.argument, meant]);
  });

  test('options are read once, and a getter that throws is the cause', () => {
    let reads = 0;
    const once = { get numLayers() { return ++reads; } }; // biome-ignore format: one row
    expect(new u.LSTM(1, 1, once).numLayers).toBe(1);
    expect(reads).toBe(1);
    const error = thrown(() => new u.LSTM(1, 1, { get bias(): boolean { return explode(); } })); // biome-ignore format: one row
    expect(error).toBeInstanceOf(u.ArgumentError);
    expect((error as Error).cause).toEqual(new Error('called'));
  });
});

describe('batch-first data in a time-major model, where it can be told', () => {
  const x = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)), shape });
  const make = () =>
    new u.Trainer(new u.Sequential([new u.LSTM(3, 2)]), {
      loss: u.mse,
      optimizer: new u.SGD({ lr: 0.1 }),
      carryState: true,
    });

  test.each<[string, string, () => unknown]>([
    [
      'lengths as long as the first axis',
      'lengths',
      () => make().step(x(4, 9, 3), x(4, 9, 2), { lengths: [9, 9, 8, 7] }),
    ],
    ['y time-major, x not', 'y', () => make().step(x(4, 9, 3), x(9, 4, 2))],
    [
      'the batch of the states carried',
      'x',
      () => {
        const trainer = make();
        trainer.step(x(9, 4, 3), x(9, 4, 2));
        trainer.step(x(4, 9, 3), x(4, 9, 2));
      },
    ],
  ])('%s', (_, argument, call) => {
    const error = thrown(call) as u.ShapeError;
    expect(error).toBeInstanceOf(u.ShapeError);
    expect(error.argument).toBe(argument);
    expect(error.message).toContain('batch first');
  });

  test('no hint where it does not help', () => {
    expect((thrown(() => make().step(x(4, 9, 3), x(9, 5, 2))) as Error).message).not.toContain('batch first');
  });
});
