import { describe, expect, test } from 'vitest';
import type { Activation } from '../../src/activations.ts';
import { some as someOf } from '../thorough.ts';
import type { ConfigurableOptions } from './configurable.ts';
import { configurableCase, gradientErrors, masks } from './configurableCase.ts';
import type { Cell, ConfigurableCell } from './parameters.ts';

const [T, B, I, H] = [3, 2, 2, 3];

type Some = Partial<ConfigurableCell> & Pick<ConfigurableCell, 'cell'>;

/** Relative to max(|gradient|, 0.01); central differences are good for about 1e-8 of that. */
function check(some: Some, options: (next: () => number) => ConfigurableOptions = () => ({})): void {
  const given = configurableCase({ batch: B, inputSize: I, hiddenSize: H, ...some }, T, 3);
  for (const [name, error] of Object.entries(gradientErrors(given, options(given.next)))) {
    expect(error, name).toBeLessThan(1e-6);
  }
}

const all: Cell[] = ['rnn', 'lstm', 'gru', 'mingru', 'minlstm', 'indrnn', 'sru'];

describe('central differences', () => {
  test.each(someOf(all, 3))('%s, two layers, both directions, lengths', (cell) => {
    check({ cell, numLayers: 2, bidirectional: true }, () => ({ lengths: [1, 3] }));
  });

  test.each(all)('%s, no bias, as wide as its input', (cell) => {
    check({ cell, bias: false, inputSize: H });
  });

  const activations: Activation[] = [
    ...(['identity', 'tanh', 'sigmoid', 'relu', 'hardsigmoid', 'softsign', 'softplus'] as const),
    { name: 'hardsigmoid', alpha: 1 / 6 },
    { name: 'elu', alpha: 0.7 },
    { name: 'leakyrelu', alpha: 0.1 },
    { name: 'scaledtanh', alpha: 1.7, beta: 0.6 },
    { name: 'affine', alpha: 0.8, beta: -0.1 },
  ];
  test.each(activations)('rnn, %j', (nonlinearity) => check({ cell: 'rnn', nonlinearity }));

  const gates: Some[] = [
    {
      cell: 'lstm',
      activations: {
        i: 'softplus',
        f: { name: 'hardsigmoid', alpha: 1 / 6 },
        g: 'softsign',
        o: 'tanh',
        h: 'relu',
      },
    },
    { cell: 'gru', activations: { r: 'softplus', z: 'hardsigmoid', n: 'softsign' } },
    { cell: 'gru', resetAfter: false, activations: { r: 'softplus', z: 'hardsigmoid', n: 'softsign' } },
  ];
  test.each(gates)('an activation a gate: $cell $resetAfter', (some) => check(some));

  const options: Some[] = [
    { cell: 'rnn', clip: 0.5 },
    { cell: 'indrnn', clip: 0.5 },
    { cell: 'gru', clip: 0.5 },
    { cell: 'gru', clip: 0.5, resetAfter: false },
    { cell: 'gru', clip: 0.5, layerNorm: true, heads: 2, hiddenSize: 4 },
    { cell: 'lstm', clip: 0.5, peephole: true },
    { cell: 'lstm', coupled: true, peephole: true, layerNorm: true, projSize: 2 },
    { cell: 'rnn', heads: 2, hiddenSize: 4, layerNorm: true },
    { cell: 'rnn', heads: 4, hiddenSize: 4 },
    { cell: 'gru', heads: 2, hiddenSize: 4 },
    { cell: 'gru', heads: 2, hiddenSize: 4, resetAfter: false },
    { cell: 'lstm', heads: 2, hiddenSize: 4, projSize: 2, bidirectional: true },
  ];
  test.each(options)('%o', (some) => check(some, () => ({ lengths: [3, 2] })));

  const merges = ['sum', 'mul', 'ave'] as const;
  test.each(merges)('merge %s', (merge) => {
    check({ cell: 'rnn', numLayers: 2, bidirectional: true, merge }, () => ({ lengths: [3, 2] }));
    check({ cell: 'sru', bidirectional: true, merge });
  });

  test.each(someOf(['rnn', 'lstm', 'gru', 'mingru', 'minlstm', 'indrnn'] as const, 2))(
    '%s, zoneout',
    (cell) => {
      const some = { cell, bidirectional: true };
      const lengths = [3, 1];
      check(some, () => ({ lengths, zoneout: { h: 0.3, ...(cell === 'lstm' && { c: 0.2 }) } }));
      check(some, (next) => {
        const draw = () => masks(next, 2, T * B * H, 1);
        return { lengths, zoneout: { h: draw(), ...(cell === 'lstm' && { c: draw() }) } };
      });
    },
  );

  test.each(['rnn', 'lstm', 'gru', 'indrnn'] as const)('%s, dropout of inputs and recurrence', (cell) => {
    const stack = { cell, numLayers: 2 };
    const options = (next: () => number) => ({
      lengths: [1, 3],
      inputDropout: [masks(next, 1, B * I, 2)[0]!, masks(next, 1, B * H, 2)[0]!],
      recurrentDropout: masks(next, 2, B * H, 2),
    });
    check(stack, options);
    if (cell === 'gru') check({ ...stack, resetAfter: false }, options);
  });
});
