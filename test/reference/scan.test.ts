import { describe, expect, test } from 'vitest';
import { group, loadFixture, values } from './fixture.ts';
import { numericGradient, relativeError } from './gradcheck.ts';
import { generator, uniform } from './random.ts';
import { backward, type CellName, cells, forward, type ScanParams } from './scan.ts';

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

const stateWeights: Record<CellName, number> = {
  mingru: 0,
  minlstm: 0,
  'indrnn relu': 1,
  'indrnn tanh': 1,
  sru: 2,
};

describe.each(Object.keys(cells) as CellName[])('%s: gradients against central differences', (name) => {
  test.each([
    { I: 3, H: 4, sizes: [3, 3, 3] },
    { I: 4, H: 4, sizes: [3, 2, 2, 1] },
  ])('I $I, H $H, sizes $sizes', ({ I, H, sizes }) => {
    const next = generator(I + sizes.length);
    const cell = cells[name];
    const [B, rows] = [sizes[0]!, sizes.reduce((a, b) => a + b)];
    const p: ScanParams = {
      inputSize: I,
      hiddenSize: H,
      weightIh: uniform(next, cell.gates(I, H) * H * I),
      weightHh: uniform(next, stateWeights[name] * H),
      biasIh: uniform(next, cell.bias[1] * H),
    };
    const x = uniform(next, rows * I);
    const state0 = uniform(next, B * H);
    const dOutput = uniform(next, rows * H);
    const dStateN = uniform(next, B * H);
    const loss = () => {
      const { output, stateN } = forward(name, p, x, state0, sizes);
      return dot(output, dOutput) + dot(stateN, dStateN);
    };
    const found = backward(name, p, x, forward(name, p, x, state0, sizes), dOutput, dStateN, sizes);
    const leaves = {
      dX: x,
      dState0: state0,
      dWeightIh: p.weightIh,
      dWeightHh: p.weightHh,
      dBiasIh: p.biasIh!,
    };
    for (const [key, leaf] of Object.entries(leaves)) {
      const error = relativeError(found[key as keyof typeof leaves], numericGradient(loss, leaf), 1e-2);
      expect(error, key).toBeLessThan(1e-6);
    }
  });
});

test('minlstm: the shares of two gates near 0', () => {
  const p = {
    inputSize: 1,
    hiddenSize: 1,
    weightIh: Float64Array.of(-800, -801, 1),
    weightHh: new Float64Array(),
  };
  const { output } = forward('minlstm', p, Float64Array.of(1), Float64Array.of(0), [1]);
  expect(output[0]).toBeCloseTo(1 / (1 + Math.E), 12);
});

describe('layers against PyTorch', () => {
  test.each([
    ['mingru', 'mingru'],
    ['indrnn', 'indrnn relu'],
    ['indrnn-tanh-stack2', 'indrnn tanh'],
  ] as const)('%s', async (file, name) => {
    const fixture = await loadFixture(file);
    const { steps, batch, inputSize, hiddenSize, numLayers = 1 } = fixture.config;
    const sizes = Array<number>(steps).fill(batch);
    const width = batch * hiddenSize;
    const params = group(fixture, 'param.');
    const initial = fixture.tensors.h_0?.values ?? new Float64Array(numLayers * width);
    const layers = Array.from({ length: numLayers }, (_, l) => ({
      inputSize: l ? hiddenSize : inputSize,
      hiddenSize,
      weightIh: params[`weight_ih_l${l}`]!,
      weightHh: params[`weight_hh_l${l}`] ?? new Float64Array(),
      biasIh: params[`bias_ih_l${l}`],
    }));
    let x = values(fixture, 'input');
    const passes = layers.map((p, l) => {
      const input = x;
      const pass = forward(name, p, input, initial.subarray(l * width, (l + 1) * width), sizes);
      x = pass.output;
      return { p, l, input, pass };
    });
    const expected = group(fixture, 'expect.');
    expect(relativeError(x, expected.output!, 1)).toBeLessThan(1e-12);
    const upstream = group(fixture, 'grad_out.');
    const wanted = group(fixture, 'grad.');
    let dy = upstream.output!;
    for (const { p, l, input, pass } of passes.toReversed()) {
      const rows = [l * width, (l + 1) * width];
      expect(relativeError(pass.stateN, expected.h_n!.subarray(...rows), 1)).toBeLessThan(1e-12);
      const found = backward(name, p, input, pass, dy, upstream.h_n!.slice(...rows), sizes);
      dy = found.dX;
      const gradients: Record<string, Float64Array> = {
        [`weight_ih_l${l}`]: found.dWeightIh,
        [`weight_hh_l${l}`]: found.dWeightHh,
        [`bias_ih_l${l}`]: found.dBiasIh,
      };
      for (const [key, value] of Object.entries(gradients)) {
        if (wanted[key]) expect(relativeError(value, wanted[key], 1e-12), key).toBeLessThan(1e-9);
      }
      if (wanted.h_0)
        expect(relativeError(found.dState0, wanted.h_0.subarray(...rows), 1e-12), 'h_0').toBeLessThan(1e-9);
    }
    expect(relativeError(dy, wanted.input!, 1e-12)).toBeLessThan(1e-9);
  });
});
