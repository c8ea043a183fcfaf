import { describe, expect, test } from 'vitest';
import { ArgumentError, type CustomLayer, gradcheck, type LayerBackward } from '../../src/index.ts';
import { thrown } from '../model/helpers.ts';
import { Dense, Elman, Mean } from './layers.ts';

const layers: Record<string, CustomLayer> = {
  Dense: new Dense({ inputSize: 3, units: 4 }),
  Elman: new Elman({ inputSize: 3, units: 4 }),
  Mean: new Mean(),
};

/** A layer as a plain object. */
function withMethods(layer: CustomLayer): CustomLayer {
  return {
    ...layer,
    outputSize: layer.outputSize.bind(layer),
    forward: layer.forward.bind(layer),
    backward: layer.backward.bind(layer),
  };
}

/** A layer whose backward pass is followed by a change of one array. */
function changed(layer: CustomLayer, change: (pass: LayerBackward) => void): CustomLayer {
  return Object.assign(Object.create(layer), {
    forward: layer.forward.bind(layer),
    outputSize: layer.outputSize.bind(layer),
    backward(pass: LayerBackward) {
      layer.backward(pass);
      change(pass);
    },
  });
}

const power = (factor: number) => ({
  name: 'fourth power',
  targets: 'features' as const,
  evaluate(output: Float32Array, target: Float32Array, gradient?: Float32Array) {
    let sum = 0;
    for (let i = 0; i < output.length; i++) {
      const d = output[i]! - target[i]!;
      sum += d ** 4;
      if (gradient) gradient[i] = factor * d ** 3;
    }
    return sum;
  },
});

describe('gradcheck', () => {
  test.each(Object.entries(layers))('%s is right', (_, layer) => {
    for (const shapes of [{}, { batch: 1, steps: 1 }, { batch: 5, steps: 7, seed: 3 }]) {
      expect(gradcheck(layer, shapes)).toBeLessThan(1e-6);
    }
  });

  test.each<[string, string, (pass: LayerBackward) => void]>([
    ['Dense', 'input', ({ inputGradient }) => inputGradient.fill(0)],
    ['Dense', 'parameters.bias', ({ gradients }) => void (gradients.bias![1]! *= 1.01)],
    ['Elman', 'parameters.weight_hh', ({ gradients }) => gradients.weight_hh!.fill(0)],
    ['Elman', 'before.h', ({ beforeGradient }) => void (beforeGradient.h![2]! += 0.1)],
    ['Mean', 'input', ({ inputGradient }) => void (inputGradient[0] = Number.NaN)],
  ])('%s with a wrong gradient of %s is refused', (name, array, change) => {
    const error = thrown(() => gradcheck(changed(layers[name]!, change)));
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as ArgumentError).argument).toMatch(new RegExp(`^${array}\\[\\d+\\]$`));
  });

  test('losses', () => {
    expect(gradcheck(power(4))).toBeLessThan(1e-6);
    expect((thrown(() => gradcheck(power(3))) as ArgumentError).argument).toMatch(/^output\[\d+\]$/);
    expect(gradcheck(power(3.99), { tolerance: 0.01 })).toBeGreaterThan(1e-3);
  });

  test('what a trainer refuses is refused', () => {
    for (const sum of ['1', 1n, undefined]) {
      const loss = { ...power(4), evaluate: () => sum as never };
      expect(thrown(() => gradcheck(loss))).toMatchObject({ argument: 'loss.evaluate' });
    }
    for (const size of ['3', Number.NaN])
      expect(
        thrown(() => gradcheck({ ...withMethods(layers.Dense!), outputSize: () => size as never })),
      ).toMatchObject({
        argument: 'Dense.outputSize',
      });
    for (const n of [2, 9]) {
      const parameters = [{ name: 'w', shape: [3], init: () => new Float32Array(n) }];
      expect(thrown(() => gradcheck({ ...withMethods(layers.Mean!), parameters }))).toMatchObject({
        argument: 'init of w',
      });
    }
  });

  test('what is neither is refused, and so is an option nobody knows', () => {
    expect(thrown(() => gradcheck({} as never))).toBeInstanceOf(ArgumentError);
    expect(thrown(() => gradcheck(power(4), { rows: 3 } as never))).toBeInstanceOf(ArgumentError);
  });
});
