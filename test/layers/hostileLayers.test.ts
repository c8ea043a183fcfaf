import { beforeAll, expect, test } from 'vitest';
import { Activation, ArgumentError, BatchNorm, init, LayerNorm, Linear, LSTM } from '../../src/index.ts';
import { thrown } from '../model/helpers.ts';

beforeAll(() => init());

/** An object whose properties can't be read. */
function revoked(): never {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy as never;
}

test.each<[string, () => unknown]>([
  ['activation of Activation', () => new Activation(revoked())],
  ['activation of Linear', () => new Linear(4, 3, { activation: revoked() })],
  ['activation of an LSTM', () => new LSTM(4, 3, { activation: revoked() })],
  ['an embedding to tie to', () => new Linear(4, 3, { tied: revoked() })],
  ['options of LayerNorm', () => new LayerNorm(4, revoked())],
  ['options of BatchNorm', () => new BatchNorm(4, revoked())],
  ['x', () => new Linear(4, 3).forward(revoked())],
])('%s that is a revoked Proxy is refused by name', (_, call) => {
  expect(thrown(call)).toBeInstanceOf(ArgumentError);
});

test('an activation is read once', () => {
  let reads = 0;
  const given = {
    get name(): 'elu' {
      reads++;
      return 'elu';
    },
    alpha: 0.5,
  };
  expect(new Activation(given).activation).toEqual({ name: 'elu', alpha: 0.5 });
  expect(new Linear(4, 3, { activation: given }).activation).toEqual({ name: 'elu', alpha: 0.5 });
  expect(reads).toBe(2);
});
