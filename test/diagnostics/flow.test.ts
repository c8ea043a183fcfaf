import { describe, expect, test } from 'vitest';
import { type Activation, type ActivationName, activationOf } from '../../src/activations.ts';
import { digits } from '../../src/diagnostics/digits.ts';
import { type FlowInput, type GateInput, summarize } from '../../src/diagnostics/flow.ts';
import { bound, largestSlope } from '../../src/diagnostics/pascanu.ts';
import { EXPLODING_SHARE, VANISHING_SHARE } from '../../src/diagnostics/verdict.ts';
import { activations } from '../reference/activations.ts';

/** T steps; the loss at the last one only, the gradient times `ratio` a step on its way back. */
function fading(T: number, ratio: number, rest: Partial<FlowInput> = {}): FlowInput {
  const raw = new Float32Array(3 * T);
  for (let t = 0; t < T; t++) {
    const came = 2 * ratio ** (T - 1 - t);
    raw.set([came / 2, came, came * ratio], 3 * t);
  }
  return { layer: 0, direction: 'forward', raw, gates: [], ...rest };
}

function of(input: FlowInput) {
  return summarize([input]).layers[0]!;
}

const rows = (...raw: number[][]) => Float32Array.from(raw.flat());

describe('summarize', () => {
  test('ratio, memory and share of a gradient that halves', () => {
    const flow = of(fading(20, 0.5));
    expect(flow.hNorm).toEqual(Array.from({ length: 20 }, (_, t) => 0.5 ** (19 - t)));
    expect(flow.ratio).toEqual(Array(20).fill(0.5));
    expect(flow.meanRatio).toBeCloseTo(0.5, 12);
    expect(flow.memory).toBeCloseTo(1 / Math.LN2, 12);
    expect(flow.share! / 0.5 ** 20).toBeCloseTo(1, 12);
    expect(flow).toMatchObject({ layer: 0, direction: 'forward', verdict: 'vanishing' });
    expect(flow.reason).toBe('9.5e-7 of a gradient is left after 20 steps, less than 0.001');
  });

  test('the mean is geometric, and the share is the product', () => {
    const { meanRatio, share, memory } = of({
      ...fading(1, 1),
      raw: rows([1, 1, 0.25], [1, 1, 4], [1, 2, 0.5], [1, 1, 1]),
    });
    expect(meanRatio).toBeCloseTo(0.25 ** 0.25, 12);
    expect(share).toBeCloseTo(0.25, 12);
    expect(memory).toBeCloseTo(4 / Math.log(4), 12);
  });

  test.each([
    [100, 0.99, 'healthy', '0.37 of a gradient is left after 100 steps'],
    [100, 0.9, 'vanishing', '2.7e-5 of a gradient is left after 100 steps, less than 0.001'],
    [1000, 0.99, 'vanishing', '4.3e-5 of a gradient is left after 1000 steps, less than 0.001'],
    [20, 1.5, 'exploding', '3325 of a gradient is left after 20 steps, more than 1000'],
    [20, 1, 'healthy', '1.0 of a gradient is left after 20 steps'],
    [1, 0.5, 'healthy', '0.50 of a gradient is left after 1 step'],
    [1, 1e-4, 'vanishing', '1.0e-4 of a gradient is left after 1 step, less than 0.001'],
  ])('%d steps of %d: %s', (T, ratio, verdict, reason) => {
    expect(of(fading(T, ratio))).toMatchObject({
      verdict,
      reason,
    });
  });

  test('the thresholds part the verdicts', () => {
    const verdict = (share: number) => of({ ...fading(1, 1), raw: rows([1, 1, share]) }).verdict;
    expect([VANISHING_SHARE * 0.999, VANISHING_SHARE * 1.001].map(verdict)).toEqual(['vanishing', 'healthy']);
    expect([EXPLODING_SHARE * 0.999, EXPLODING_SHARE * 1.001].map(verdict)).toEqual(['healthy', 'exploding']);
  });

  test('memory has no end from a ratio of 1 on', () => {
    expect(of(fading(5, 1)).memory).toBe(Infinity);
    expect(of(fading(5, 1.1)).memory).toBe(Infinity);
  });

  test('no gradient at all', () => {
    expect(of({ ...fading(1, 1), raw: new Float32Array(9) })).toMatchObject({
      ...{ ratio: [null, null, null], meanRatio: null, memory: null, share: null },
      ...{ verdict: 'vanishing', reason: 'the gradient is 0 at every step' },
    });
  });

  test('a gradient that falls to 0 on the way keeps the ratio it had before', () => {
    const flow = of({
      ...fading(1, 1),
      raw: rows([0, 0, 0], [0.25, 0.25, 0], [0.5, 0.5, 0.25], [1, 1, 0.5]),
    });
    expect(flow.ratio).toEqual([null, 0, 0.5, 0.5]);
    expect(flow.meanRatio).toBeCloseTo(0.5, 12);
    expect(flow).toMatchObject({ share: 0, verdict: 'vanishing' });
    expect(flow.reason).toBe('0 of a gradient is left after 4 steps, less than 0.001');
  });

  test('a recurrence that passes nothing on', () => {
    const flow = of({ ...fading(1, 1), raw: rows([1, 1, 0], [1, 1, 0]) });
    expect(flow).toMatchObject({ meanRatio: 0, memory: 0, share: 0, verdict: 'vanishing' });
  });

  test.each([Number.NaN, Infinity])('%d among the norms', (bad) => {
    const flow = of({ ...fading(1, 1), raw: rows([1, 1, 1], [1, bad, 1], [1, 1, 1]) });
    expect(flow).toMatchObject({ verdict: 'not finite', meanRatio: null, memory: null, share: null });
    expect(flow.reason).toBe("the gradient's norm is not finite at step 1");
    expect(flow.hNorm).toEqual([1, 1, 1]);
  });

  test('what is not finite is passed through, and judges its layer and direction alone', () => {
    const nonFinite = { layer: 1, direction: 'reverse', step: 7, gate: 'f', what: 'NaN' } as const;
    const layers = [0, 1].flatMap((layer) =>
      (['forward', 'reverse'] as const).map((direction) => fading(3, 1, { layer, direction })),
    );
    const flow = summarize(layers, nonFinite);
    expect(flow.nonFinite).toEqual(nonFinite);
    expect(flow.layers.map(({ verdict }) => verdict)).toEqual([
      ...['healthy', 'healthy', 'healthy'],
      'not finite',
    ]);
    expect(flow.layers[3]!.reason).toBe('NaN in gate f at step 7');
    expect('nonFinite' in summarize(layers)).toBe(false);
  });

  test('gates: given numbers, the mean saturation, the bound', () => {
    const gates: GateInput[] = [
      {
        ...{ gate: 'i', activation: 'sigmoid', saturated: 0.5 },
        spectrum: { singularValue: 2, spectralRadius: 1 },
      },
      { gate: 'g', activation: 'tanh', saturated: 0.25 },
    ];
    const flow = of(fading(4, 1, { gates }));
    expect(flow.saturated).toBe(0.375);
    expect(flow.gates[0]).toEqual({ ...gates[0], bound: bound(gates[0]!.spectrum!, 'sigmoid') });
    expect(flow.gates[1]).toEqual(gates[1]);
  });

  test('is data: JSON gives it back', () => {
    const gates: GateInput[] = [
      {
        gate: 'h',
        activation: 'tanh',
        saturated: 0,
        spectrum: { singularValue: 0.5, spectralRadius: 0.25 },
      },
    ];
    const flow = summarize([fading(10, 0.9, { gates })]);
    expect(JSON.parse(JSON.stringify(flow))).toEqual(flow);
  });

  test.each([0, 4])('refuses %d numbers', (length) => {
    const input = { ...fading(1, 1), raw: new Float32Array(length) };
    expect(() => summarize([input])).toThrow(/^raw: expected \[T, 3\]/);
  });
});

describe("Pascanu's bound", () => {
  const says = (singularValue: number, activation: Activation) =>
    bound({ singularValue, spectralRadius: 0 }, activation);

  test('tanh: 1/γ is 1', () => {
    expect(says(0.8, 'tanh')).toBe(
      'σ_max 0.80 < 1/γ = 1.0 (tanh): through it gradients must vanish, to 0.80 per step or less',
    );
    expect(says(1.2, 'tanh')).toBe(
      'σ_max 1.2 > 1/γ = 1.0 (tanh): through it gradients may explode, and need not vanish',
    );
    expect(says(1, 'tanh')).toContain("can't explode");
  });

  test('sigmoid: 1/γ is 4', () => {
    expect(says(2, 'sigmoid')).toBe(
      'σ_max 2.0 < 1/γ = 4.0 (sigmoid): through it gradients must vanish, to 0.50 per step or less',
    );
    expect(says(4.5, 'sigmoid')).toContain('may explode');
  });

  test('σ_max that is not finite says nothing', () => {
    expect(says(Number.NaN, 'tanh')).toBe('σ_max NaN: says nothing');
    expect(says(Infinity, 'tanh')).toBe('σ_max ∞: says nothing');
  });

  test.each([
    ...(Object.keys(activations) as ActivationName[]).map((name): [Activation] => [name]),
    [{ name: 'hardsigmoid', alpha: 1 / 6 }],
    [{ name: 'elu', alpha: -2 }],
    [{ name: 'elu', alpha: 0.5 }],
    [{ name: 'leakyrelu', alpha: 3 }],
    [{ name: 'scaledtanh', alpha: -1.7159, beta: 2 / 3 }],
    [{ name: 'affine', alpha: -0.5 }],
  ] satisfies [Activation][])('γ of %j is its largest slope', (activation) => {
    const { slope } = activations[typeof activation === 'string' ? activation : activation.name]!;
    const { alpha, beta } = activationOf('activation', activation);
    const points = Array.from({ length: 80_001 }, (_, i) => (i - 40_000) / 1000 - 1e-9);
    const largest = Math.max(...points.map((x) => Math.abs(slope(x, alpha, beta))));
    if (activation === 'exponential') expect(largestSlope(activation)).toBe(Number.POSITIVE_INFINITY);
    else expect(largestSlope(activation)).toBeCloseTo(largest, 6);
  });

  test('an activation without a slope lets nothing through', () => {
    expect(says(2, { name: 'affine', alpha: 0 })).toBe(
      'σ_max 2.0 < 1/γ = ∞ (affine): through it gradients must vanish, to 0 per step or less',
    );
  });
});

test.each([
  [0.834, '0.83'],
  [0.0009996, '0.0010'],
  [12.34, '12'],
  [99999, '1.0e+5'],
  [4.34e-5, '4.3e-5'],
  [0, '0'],
  [-Infinity, '-∞'],
])('digits(%d) is %s', (x, text) => {
  expect(digits(x)).toBe(text);
});
