import { describe, expect, test } from 'vitest';
import { activationOf } from '../../src/activations.ts';
import { ArgumentError } from '../../src/errors.ts';
import { expectWords } from '../errors.ts';
import { activations } from '../reference/activations.ts';

describe('activationOf', () => {
  test.each(Object.keys(activations))('%s: by name and as an object is the same', (name) => {
    expect(activationOf('activation', { name })).toEqual(activationOf('activation', name));
  });

  test('defaults of α and β', () => {
    const of = (name: string) => {
      const { alpha, beta } = activationOf('activation', name);
      return [alpha, beta];
    };
    expect(of('tanh')).toEqual([0, 0]);
    expect(of('hardsigmoid')).toEqual([0.2, 0.5]);
    expect(of('elu')).toEqual([1, 0]);
    expect(of('leakyrelu')).toEqual([0.01, 0]);
    expect(of('scaledtanh')).toEqual([1, 1]);
    expect(of('affine')).toEqual([1, 0]);
  });

  test('α and β that are given', () => {
    const sixth = activationOf('activation', { name: 'hardsigmoid', alpha: 1 / 6 });
    expect(sixth).toEqual({ kind: 4, alpha: 1 / 6, beta: 0.5 });
    expect(activationOf('activation', { name: 'affine', alpha: 0, beta: -2 })).toMatchObject({
      alpha: 0,
      beta: -2,
    });
  });

  test.each([
    ['Tanh', ['cell', '"Tanh"']],
    ['toString', ['cell', 'identity']],
    [null, ['cell', 'null']],
    [undefined, ['cell', 'undefined']],
    [1, ['cell', '1']],
    [['tanh'], ['cell', '["tanh"]']],
    [{}, ['cell.name', 'undefined']],
    [{ name: 'hard' }, ['cell.name', '"hard"']],
    [{ name: 'elu', gamma: 1 }, ['cell: gamma']],
    [{ name: 'elu', beta: 1 }, ['cell.beta', '1']],
    [{ name: 'tanh', alpha: 1 }, ['cell.alpha', '1']],
    [{ name: 'elu', alpha: Number.NaN }, ['cell.alpha', 'finite', 'NaN']],
    [{ name: 'affine', beta: '1' }, ['cell.beta', 'finite', '"1"']],
  ])('refuses %o', (given, message) => {
    let error: unknown;
    try {
      activationOf('cell', given);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ArgumentError);
    expectWords(error, message);
  });
});
