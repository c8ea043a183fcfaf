import { describe, expect, test } from 'vitest';
import { runConfigurable } from './configurable.ts';
import { group, loadFixture, values } from './fixture.ts';
import { relativeError } from './gradcheck.ts';
import type { ConfigurableCell } from './parameters.ts';
import type { Tensors } from './stack.ts';

const common = [
  ...['plain', 'state', 'tail17', 'one', 'nobias', 'stack3', 'bi', 'bi-stack2-lengths', 'lengths', 'long'],
  ...['saturated', 'vanishing', 'layernorm'],
];
const own = {
  rnn: [...common, 'relu'],
  lstm: [
    ...[...common, 'proj', 'proj-bi-stack2', 'peephole', 'peephole-bi-lengths', 'coupled', 'clip'],
    ...['hardsigmoid', 'relu-softsign'],
  ],
  gru: [...common, 'reset-before', 'reset-before-bi-lengths'],
};
const fixtures = [
  ...Object.entries(own).flatMap(([cell, cases]) => cases.map((name) => `${cell}-${name}`)),
  ...['mingru', 'mingru-stack2-lengths', 'indrnn', 'indrnn-tanh-stack2'],
];

describe('against PyTorch', () => {
  test.each(fixtures)('%s', async (name) => {
    const fixture = await loadFixture(name);
    const { tensors } = fixture;
    const run = runConfigurable(
      fixture.config as ConfigurableCell,
      group(fixture, 'param.'),
      values(fixture, 'input'),
      { h0: tensors.h_0?.values, c0: tensors.c_0?.values, lengths: tensors.lengths?.values },
    );
    const expected = group(fixture, 'expect.');
    const got: Tensors = { output: run.output, h_n: run.hN, ...(run.cN.length > 0 && { c_n: run.cN }) };
    expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
    for (const [key, value] of Object.entries(expected)) {
      expect(relativeError(got[key]!, value, 1e-3), key).toBeLessThan(1e-12);
    }
    const up = group(fixture, 'grad_out.');
    const gradients = run.backward({ output: up.output!, hN: up.h_n!, ...(up.c_n && { cN: up.c_n }) });
    const wanted = group(fixture, 'grad.');
    expect(Object.keys(gradients).sort()).toEqual(Object.keys(wanted).sort());
    for (const [key, value] of Object.entries(wanted)) {
      expect(relativeError(gradients[key]!, value, 1e-2), key).toBeLessThan(1e-12);
      const largest = Math.max(...value.map(Math.abs));
      expect(relativeError(gradients[key]!, value, largest), key).toBeLessThan(1e-13);
    }
  });
});
