import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectClose, expectSame, scaledError } from '../kernels/closeness.ts';
import { Draw } from '../model/helpers.ts';
import { runConfigurable } from '../reference/configurable.ts';
import { numericGradient } from '../reference/gradcheck.ts';
import { omega } from '../reference/omega.ts';
import { configOf, drawOptions, f64, type GatedCell, make, randomize } from './configurableDraw.ts';

const cells: GatedCell[] = ['rnn', 'lstm', 'gru'];
const seeds = Array.from({ length: 12 }, (_, i) => i + 1);

/** Σ over gates of ‖WᵀW − I‖², W [gates·H, H]. */
function distance(weight: Float64Array, H: number): number {
  let sum = 0;
  for (let at = 0; at < weight.length; at += H * H) {
    for (let i = 0; i < H; i++) {
      for (let j = 0; j < H; j++) {
        let dot = i === j ? -1 : 0;
        for (let k = 0; k < H; k++) dot += weight[at + k * H + i]! * weight[at + k * H + j]!;
        sum += dot * dot;
      }
    }
  }
  return sum;
}

describe('penalties', () => {
  beforeAll(() => u.init({ kernels: 'simd' }));

  for (const cell of cells) {
    test.each([1, 2, 3])(`l2 and orthogonality of ${cell}: value and gradient, draw %i`, (seed) => {
      const draw = new Draw(seed);
      const [I, H, T, B] = [draw.integer(1, 5), draw.integer(1, 11), draw.integer(1, 5), 2];
      const shape = { numLayers: 2, bidirectional: seed !== 2, ...(seed === 3 ? { layerNorm: true } : {}) };
      const [l2, orthogonality] = [0.3, 0.07];
      const layer = make(cell, I, H, { ...shape, penalty: { l2, orthogonality } });
      const plain = make(cell, I, H, shape);
      const params = randomize(layer, seed);
      plain.loadStateDict(layer.stateDict());
      const x = draw.features(1, T, B, I);
      const up = draw.features(1, T, B, layer.outputSize());
      for (const each of [layer, plain]) {
        each.forward(x, { training: true });
        each.backward({ output: up });
      }
      const without = plain.gradients();
      let expectedValue = 0;
      for (const [name, { data }] of Object.entries(layer.gradients())) {
        if (!name.startsWith('weight_hh')) {
          expectSame(data, without[name]!.data, name);
          continue;
        }
        const weight = params[name]!;
        const value = () =>
          l2 * weight.reduce((sum, w) => sum + w * w, 0) + orthogonality * distance(weight, H);
        expectedValue += value();
        const difference = data.map((v, i) => v - without[name]!.data[i]!);
        expect(scaledError(difference, numericGradient(value, weight)), name).toBeLessThan(1e-4);
      }
      const outer = new u.Sequential([make(cell, I, H, { ...shape, penalty: { l2, orthogonality } })]);
      outer.loadStateDict(
        Object.fromEntries(Object.entries(layer.stateDict()).map(([name, a]) => [`0.${name}`, a])),
      );
      const trainer = new u.Trainer(outer, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0 }) });
      const { penalty, loss } = trainer.step(x, new Draw(1).indices(outer.network.outputSize, T, B));
      expect(penalty / expectedValue).toBeCloseTo(1, 5);
      expect(loss).toBeCloseTo(
        trainer.evaluate(x, new Draw(1).indices(outer.network.outputSize, T, B)).loss,
        5,
      );
    });
  }

  test.each(seeds)('Ω against the reference, draw %i', (seed) => {
    const draw = new Draw(seed * 31);
    const heads = seed % 4 === 0 ? 2 : 1;
    const H = heads * draw.integer(1, 9);
    const [I, T, B] = [draw.integer(1, 5), draw.integer(1, 7), draw.integer(1, 4)];
    const nonlinearity = seed % 3 === 0 ? 'relu' : 'tanh';
    const opts = {
      numLayers: draw.integer(1, 2),
      bidirectional: seed % 2 === 0,
      heads,
      nonlinearity,
      bias: seed % 5 > 0,
    } as const;
    const weight = 0.4;
    const layer = new u.RNN(I, H, { ...opts, penalty: { omega: weight } });
    const params = randomize(layer, seed);
    const x = draw.features(1, T, B, I);
    const up = draw.features(1, T, B, layer.outputSize());
    const lengths = Array.from({ length: B }, () => draw.integer(0, T));
    lengths[0] = T;
    const given = seed % 2 ? {} : { lengths };
    layer.forward(x, { ...given, training: true });
    layer.backward({ output: up });
    const config = configOf({ cell: 'rnn', inputSize: I, hiddenSize: H, steps: T, batch: B, opts });
    const run = runConfigurable(config, params, f64(x)!, given);
    const plain = run.backward({ output: f64(up)! });
    const { value, gradients } = omega(config, params, run);
    for (const [name, { data }] of Object.entries(layer.gradients())) {
      const added = gradients[name];
      const expected = plain[name]!.map((v, i) => v + (added ? weight * added[i]! : 0));
      expect(scaledError(data, expected, 0.5), name).toBeLessThan(2e-4);
    }
    expect(value).toBeGreaterThan(0);
  });

  test('Ω as a trainer tells it', () => {
    const model = new u.Sequential([new u.RNN(3, 5, { penalty: { omega: 0.4 } }), new u.Linear(5, 4)], {
      seed: 2,
    });
    const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0 }) });
    const draw = new Draw(5);
    const [x, y] = [draw.features(1, 6, 3, 3), draw.indices(4, 6, 3)];
    const { penalty } = trainer.step(x, y);
    expect(trainer.step(x, y).penalty).toBe(penalty);
    const config = { cell: 'rnn', batch: 3, inputSize: 3, hiddenSize: 5 } as const;
    const state = model.stateDict();
    const names = ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0'];
    const params = Object.fromEntries(names.map((name) => [name, f64(state[`0.${name}`]!)!]));
    const run = runConfigurable(config, params, f64(x)!);
    // the linear layer and the loss by hand
    const [weight, bias] = [state['1.weight']!.data, state['1.bias']!.data];
    const up = new Float64Array(18 * 5);
    for (let row = 0; row < 18; row++) {
      const h = run.output.subarray(row * 5, row * 5 + 5);
      const logits = Array.from({ length: 4 }, (_, k) =>
        h.reduce((sum, v, j) => sum + v * weight[k * 5 + j]!, bias[k]!),
      );
      const total = logits.reduce((sum, v) => sum + Math.exp(v), 0);
      logits.forEach((v, k) => {
        const d = (Math.exp(v) / total - (y.data[row] === k ? 1 : 0)) / 18;
        for (let j = 0; j < 5; j++) up[row * 5 + j]! += d * weight[k * 5 + j]!;
      });
    }
    run.backward({ output: up });
    expect(penalty / (0.4 * omega(config, params, run).value)).toBeCloseTo(1, 4);
  });

  test('a table that is looked up has the same penalties', () => {
    const of = (rows: number) => {
      const layers = [
        new u.Embedding(rows, 3),
        new u.LSTM(3, 5, { penalty: { l2: 0.5 } }),
        new u.Linear(5, 4),
      ];
      const model = new u.Sequential(layers, { seed: 2 });
      const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0 }) });
      const { penalty } = trainer.step([0, 1, 2, 0, 1, 2, 0, 1], [0, 1, 2, 3, 0, 1, 2, 3]);
      const w = model.stateDict()['1.weight_hh_l0']!.data;
      expect(penalty / (0.5 * w.reduce((sum, v) => sum + v * v, 0))).toBeCloseTo(1, 5);
    };
    of(3);
    of(300);
  });

  for (const cell of cells) {
    test.each(seeds)(`clipStepNorm of ${cell} against the reference, draw %i`, (seed) => {
      const drawn = drawOptions(cell, seed);
      const { inputSize, hiddenSize, steps: T, batch: B } = drawn;
      // the plain kernels too
      const opts = seed % 2 ? drawn.opts : { numLayers: 2, bidirectional: seed % 4 === 0 };
      const bound = 0.2 + (seed % 3) * 0.2;
      const layer = make(cell, inputSize, hiddenSize, { ...opts, clipStepNorm: bound });
      const params = randomize(layer, seed);
      const draw = new Draw(seed);
      const x = draw.features(1, T, B, inputSize);
      const up = draw.features(1, T, B, layer.outputSize());
      const lengths = Array.from({ length: B }, () => draw.integer(0, T));
      lengths[B - 1] = T;
      const given = seed % 3 ? { lengths } : {};
      const run = runConfigurable(configOf({ ...drawn, opts }), params, f64(x)!, {
        ...given,
        stepClip: bound,
      });
      const got = layer.forward(x, { ...given, training: true });
      const looser = opts.layerNorm ? 10 : 1;
      expectClose(got.output.data, run.output, 1e-5 * looser, 'output');
      const back = layer.backward({ output: up });
      const wanted = run.backward({ output: f64(up)! });
      const close = (a: ArrayLike<number>, b: ArrayLike<number>, name: string) =>
        expect(scaledError(a, b, 0.5), name).toBeLessThanOrEqual(1e-4 * looser);
      close(back.input.data, wanted.input!, 'dx');
      close(back.h0.data, wanted.h_0!, 'dh0');
      for (const [name, { data }] of Object.entries(layer.gradients())) close(data, wanted[name]!, name);
    });
  }
});
