import { describe, expect, test } from 'vitest';
import { activationOf } from '../../src/activations.ts';
import { ArgumentError } from '../../src/errors.ts';
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
    ['Tanh', /^cell: expected one of identity, tanh, sigmoid, .*, affine, or \{ name.* \}, got "Tanh"$/],
    ['toString', /^cell: expected one of identity/],
    [null, /^cell: expected one of .*, got null$/],
    [undefined, /^cell: expected one of .*, got undefined$/],
    [1, /^cell: expected one of .*, got 1$/],
    [['tanh'], /^cell: expected one of .*, got \["tanh"\]$/],
    [{}, /^cell\.name: expected one of .*, got undefined$/],
    [{ name: 'hard' }, /^cell\.name: expected one of .*, got "hard"$/],
    [{ name: 'elu', gamma: 1 }, /^cell: unknown option 'gamma'/],
    [{ name: 'elu', beta: 1 }, /^cell\.beta: expected none, since elu has no beta, got 1$/],
    [{ name: 'tanh', alpha: 1 }, /^cell\.alpha: expected none, since tanh has no alpha, got 1$/],
    [{ name: 'elu', alpha: Number.NaN }, /^cell\.alpha: expected a finite number, got NaN$/],
    [{ name: 'affine', beta: '1' }, /^cell\.beta: expected a finite number, got "1"$/],
  ])('refuses %o', (given, message) => {
    let error: unknown;
    try {
      activationOf('cell', given);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as Error).message).toMatch(message);
  });
});
