import { describe, expect, test } from 'vitest';
import { type Activation, type ActivationName, activationFrom, activationOf } from '../../src/activations.ts';
import { saturationOf } from '../../src/diagnostics/saturation.ts';
import { activations } from '../reference/activations.ts';

const given: Activation[] = [
  ...(Object.keys(activations) as ActivationName[]),
  { name: 'hardsigmoid', alpha: 1 / 6 },
  { name: 'scaledtanh', alpha: -1.7159, beta: 2 / 3 },
  { name: 'elu', alpha: 0.5 },
  { name: 'affine', beta: 2 },
];

describe('saturationOf', () => {
  test.each(given.map((activation) => [activation]))(
    '%j: beyond the bounds the slope is small',
    (activation) => {
      const { of: value, slope } =
        activations[typeof activation === 'string' ? activation : activation.name]!;
      const { alpha, beta } = activationOf('activation', activation);
      const bounds = saturationOf(activation);
      const far = [-1e6, 1e6].map((at) => value(at, alpha, beta));
      if (!bounds) {
        expect(Math.max(...far.map(Math.abs))).toBeGreaterThan(1e3);
        return;
      }
      const [low, high] = bounds;
      const points = Array.from({ length: 40_001 }, (_, i) => (i - 20_000) / 1000);
      const largest = Math.max(...points.map((at) => Math.abs(slope(at, alpha, beta))));
      const [outside, inside] = [0, 1].map((side) =>
        points.filter((at) => {
          const y = value(at, alpha, beta);
          return (y < low || y > high) === (side === 0);
        }),
      );
      expect(outside!.length).toBeGreaterThan(1000);
      const shares = [outside!, inside!].map((some) =>
        some.map((at) => Math.abs(slope(at, alpha, beta)) / largest),
      );
      expect(Math.max(...shares[0]!)).toBeLessThan(0.04);
      expect(Math.min(...shares[1]!)).toBeGreaterThan(0.019);
    },
  );
});

test.each(given.map((activation) => [activation]))(
  '%j comes back from what the kernels take',
  (activation) => {
    expect(activationFrom(activationOf('activation', activation))).toEqual(activation);
  },
);
