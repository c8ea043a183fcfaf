import { beforeAll, describe, test } from 'vitest';
import { ArgumentError, crossEntropy, type Given, init, ShapeError } from '../../src/index.ts';
import type { Words } from '../errors.ts';
import { wrong } from './helpers.ts';
import { B, features, language, refuses, T, type Type, V } from './refuses.ts';

beforeAll(async () => {
  await init();
});

type Bad = [what: string, given: unknown, type: Type, message: Words];

const ints = (...v: number[]) => Int32Array.from(v);
const tokens: Bad[] = [
  ['null', null, ArgumentError, ['x', 'shape', 'null']],
  ['undefined', undefined, ArgumentError, ['x', 'undefined']],
  ['a number', 3, ArgumentError, ['x', '3']],
  ['a string', 'hello', ArgumentError, ['x', '"hello"']],
  ['strings', ['a', 'b'], ArgumentError, ['x[0]', '"a"']],
  ['bigints', BigInt64Array.of(1n), ArgumentError, ['x', 'BigInt64Array(1)']],
  ['a DataView', new DataView(new ArrayBuffer(4)), ArgumentError, ['x', 'DataView']],
  ['rows of rows', [[1], [2]], ArgumentError, ['x[0]', '[1]']],
  ['no shape', { data: ints(1) }, ArgumentError, ['x', 'shape', 'missing']],
  ['a shape of text', { data: ints(1), shape: '1,1' }, ArgumentError, ['x.shape']],
  ['a shape of text in a list', { data: ints(1), shape: ['1', 1] }, ShapeError, ['x', '["1", 1]']],
  [
    'float tokens',
    { data: Float32Array.of(1), shape: [1, 1] },
    ArgumentError,
    ['x', 'Int32Array', 'Float32Array(1)'],
  ],
  ['float tokens of 64 bits', Float64Array.of(1), ArgumentError, ['x', 'integers']],
  ['half a token', [1, 0.5], ArgumentError, ['x[1]', '32-bit', '0.5']],
  ['NaN', [Number.NaN], ArgumentError, ['x[0]', '32-bit', 'NaN']],
  ['holes', new Array(2), ArgumentError, ['x[0]']],
  ['a token that wraps to a good one', [2 ** 32 + 1], ArgumentError, ['x[0]', '4294967297']],
  ['a token of 2^32 − 1', Uint32Array.of(2 ** 32 - 1), ArgumentError, ['x[0]', '4294967295']],
  ['rank 1', { data: ints(1), shape: [1] }, ShapeError, ['x', '[1]']],
  ['rank 3', { data: ints(1), shape: [1, 1, 1] }, ShapeError, ['x', '[1, 1, 1]']],
  ['no steps', { data: ints(), shape: [0, 2] }, ShapeError, ['x', '[0, 2]']],
  ['no rows', { data: ints(), shape: [2, 0] }, ShapeError, ['x', '[2, 0]']],
  ['nothing at all', [], ShapeError, ['x', 'numbers']],
  ['a length of −1', { data: ints(1), shape: [-1, -1] }, ShapeError, ['x', '[-1, -1]']],
  ['half a step', { data: ints(1), shape: [0.5, 2] }, ShapeError, ['x', '[0.5, 2]']],
  ['too few', { data: ints(1, 2, 3), shape: [2, 2] }, ShapeError, ['x', '4', '[2, 2]', '3']],
  ['too many', { data: ints(1, 2, 3, 4, 5), shape: [2, 2] }, ShapeError, ['x', '4', '[2, 2]', '5']],
  [
    'a token outside',
    { data: ints(1, 2, 3, V), shape: [2, 2] },
    ArgumentError,
    ['x (step 1, row 1)', '0..5', '6'],
  ],
  ['a token of −1', { data: ints(1, -1), shape: [1, 2] }, ArgumentError, ['x (step 0, row 1)', '0..5', '-1']],
  [
    'the least token',
    { data: ints(1, -(2 ** 31)), shape: [1, 2] },
    ArgumentError,
    ['x (step 0, row 1)', '-2147483648'],
  ],
];

/** Good targets, of the same shape where that is one, so that x is what is wrong. */
function targetsFor(x: unknown): Given {
  const shape = (x as { shape?: unknown } | null)?.shape;
  const good = Array.isArray(shape) && shape.every((n) => n > 0 && n < 9);
  return good ? { data: new Int32Array(shape.reduce((a, b) => a * b)), shape } : [1, 2];
}

describe('tokens x are refused, and the model stays as it was:', () => {
  test.each(tokens)('%s', (_, given, type, message) => {
    refuses(language, ({ model }) => model.forward(wrong(given)), type, message);
    refuses(language, ({ model }) => model.forward(wrong(given), { training: true }), type, message);
    refuses(language, ({ trainer }) => trainer.evaluate(wrong(given), targetsFor(given)), type, message);
  });

  test.each(tokens)('in a step: %s', (_, given, type, message) => {
    refuses(
      () => language({ carryState: false }),
      ({ trainer }) => trainer.step(wrong(given), targetsFor(given)),
      type,
      message,
    );
  });
});

describe('features x are refused, and the model stays as it was:', () => {
  const f = (n: number) => new Float32Array(n);
  test.each<Bad>([
    ['null', null, ArgumentError, ['x', 'shape', '[steps, batch, 3]', 'null']],
    ['bigints', BigUint64Array.of(1n, 2n, 3n), ArgumentError, ['x', 'BigUint64Array(3)']],
    ['strings', ['1', '2', '3'], ArgumentError, ['x[0]', '"1"']],
    ['a string', '123', ArgumentError, ['x', '"123"']],
    ['rank 2', { data: f(3), shape: [1, 3] }, ShapeError, ['x', '[steps, batch, 3]', '[1, 3]']],
    ['another width', { data: f(4), shape: [1, 1, 4] }, ShapeError, ['x', '[steps, batch, 3]', '[1, 1, 4]']],
    ['no steps', { data: f(0), shape: [0, 1, 3] }, ShapeError, ['x', '[0, 1, 3]']],
    ['a bare length of no step', f(4), ShapeError, ['x', '3', '1', '4']],
    ['nothing', f(0), ShapeError, ['x', 'numbers']],
    ['too few', { data: f(5), shape: [2, 1, 3] }, ShapeError, ['x', '6', '[2, 1, 3]', '5']],
  ])('%s', (_, given, type, message) => {
    refuses(features, ({ model }) => model.forward(wrong(given)), type, message);
    refuses(features, ({ trainer, y }) => trainer.step(wrong(given), y), type, message);
  });
});

describe('targets y are refused, and the model stays as it was:', () => {
  test.each<Bad>([
    ['null', null, ArgumentError, ['y', 'shape', 'null']],
    [
      'floats',
      { data: new Float32Array(8), shape: [T, B] },
      ArgumentError,
      ['y', 'Int32Array', 'Float32Array(8)'],
    ],
    ['bigints', new BigInt64Array(8), ArgumentError, ['y', 'BigInt64Array(8)']],
    [
      'a rank of features',
      { data: new Int32Array(8), shape: [T, B, 1] },
      ShapeError,
      ['y', '[steps, batch]'],
    ],
    ['fewer steps', { data: new Int32Array(6), shape: [3, B] }, ShapeError, ['y', '4', '2', '3 of 2']],
    ['another batch', { data: new Int32Array(12), shape: [T, 3] }, ShapeError, ['y', '4', '2', '4 of 3']],
    ['rows before steps', { data: new Int32Array(8), shape: [B, T] }, ShapeError, ['y', '2 of 4']],
    [
      'a target outside',
      { data: ints(0, 0, 0, V, 0, 0, 0, 0), shape: [T, B] },
      ArgumentError,
      ['y (step 1, row 1)', '0..5', '6'],
    ],
    [
      'a target of −1',
      { data: ints(0, 0, 0, -1, 0, 0, 0, 0), shape: [T, B] },
      ArgumentError,
      ['y (step 1, row 1)', '-1'],
    ],
    [
      'all ignored',
      { data: new Int32Array(8).fill(-100), shape: [T, B] },
      ArgumentError,
      ['y', 'ignoreIndex', '-100'],
    ],
  ])('%s', (_, given, type, message) => {
    refuses(language, ({ trainer, x }) => trainer.step(x, wrong(given)), type, message);
    refuses(language, ({ trainer, x }) => trainer.evaluate(x, wrong(given)), type, message);
  });

  test('features of another width', () => {
    const y = { data: new Float32Array(T * B * 3), shape: [T, B, 3] };
    refuses(features, ({ trainer, x }) => trainer.step(x, y), ShapeError, [
      'y',
      '[steps, batch, 2]',
      '[4, 2, 3]',
    ]);
  });

  test('an ignoreIndex that is an index of the vocabulary, everywhere', () => {
    refuses(
      () => language({ loss: crossEntropy({ ignoreIndex: 0 }) }),
      ({ trainer, x }) => trainer.step(x, { data: new Int32Array(8), shape: [T, B] }),
      ArgumentError,
      ['y', 'ignoreIndex', '0'],
    );
  });
});
