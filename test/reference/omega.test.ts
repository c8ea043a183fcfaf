import { expect, test } from 'vitest';
import { runConfigurable } from './configurable.ts';
import { configurableCase } from './configurableCase.ts';
import { numericGradient, relativeError } from './gradcheck.ts';
import { omega } from './omega.ts';
import type { ConfigurableCell } from './parameters.ts';

const sizes = { cell: 'rnn', batch: 3, inputSize: 3, hiddenSize: 4 } as const;

const cases: Omit<ConfigurableCell, keyof typeof sizes>[] = [
  {},
  { nonlinearity: 'relu' },
  { heads: 2 },
  { numLayers: 2, bidirectional: true },
];

test.each(cases)('gradient by weight_hh, the rest held constant: %o', (some) => {
  const config = { ...sizes, ...some };
  const { params, input, h0, up } = configurableCase(config, 5, 13);
  const run = runConfigurable(config, params, input, { h0, lengths: [5, 2, 4] });
  run.backward(up);
  const { value, gradients } = omega(config, params, run);
  expect(value).toBeGreaterThan(0.1);
  const names = Object.keys(params).filter((name) => name.startsWith('weight_hh'));
  expect(Object.keys(gradients)).toEqual(names);
  for (const name of names) {
    const numeric = numericGradient(() => omega(config, params, run).value, params[name]!);
    expect(relativeError(gradients[name]!, numeric, 1e-2), name).toBeLessThan(1e-6);
  }
});

test('ρ is the norm of dL/dh(t) through a numeric Jacobian of the step', () => {
  const [T, B, I, H] = [4, 3, 3, 4];
  const { params, input, h0, up } = configurableCase(sizes, T, 14);
  const run = runConfigurable(sizes, params, input, { h0 });
  run.backward(up);
  const { value, ratios } = omega(sizes, params, run);
  let sum = 0;
  for (let t = 0; t < T; t++) {
    const tail = runConfigurable(sizes, params, input.slice((t + 1) * B * I), {
      h0: run.output.slice(t * B * H, (t + 1) * B * H),
    });
    // dL/dh(t): what comes from the later steps, and the output's own.
    const g = up.output.slice(t * B * H, (t + 1) * B * H);
    const later =
      t === T - 1 ? up.hN : tail.backward({ output: up.output.slice((t + 1) * B * H), hN: up.hN }).h_0!;
    for (let i = 0; i < g.length; i++) g[i]! += later[i]!;
    const before = t === 0 ? h0!.slice() : run.output.slice((t - 1) * B * H, t * B * H);
    const x = input.slice(t * B * I, (t + 1) * B * I);
    const v = numericGradient(
      () => runConfigurable(sizes, params, x, { h0: before }).output.reduce((s, y, i) => s + y * g[i]!, 0),
      before,
    );
    for (let b = 0; b < B; b++) {
      const norm = (a: Float64Array) => Math.hypot(...a.subarray(b * H, b * H + H));
      expect(ratios[0]![t]![b]! / (norm(v) / norm(g))).toBeCloseTo(1, 8);
      sum += (norm(v) / norm(g) - 1) ** 2;
    }
  }
  expect(value / sum).toBeCloseTo(1, 7);
});

test('no gradient at a step adds nothing; other cells and options are errors', () => {
  const { params, input } = configurableCase(sizes, 3, 15);
  const run = runConfigurable(sizes, params, input);
  run.backward({});
  const { value, gradients, ratios } = omega(sizes, params, run);
  expect(value).toBe(0);
  expect(gradients.weight_hh_l0!.every((g) => g === 0)).toBe(true);
  expect(ratios.flat(2)).toEqual(new Array(9).fill(Number.NaN));
  expect(() => omega({ ...sizes, cell: 'gru' }, params, run)).toThrow('gru');
  expect(() => omega({ ...sizes, clip: 1 }, params, run)).toThrow('clip');
});
