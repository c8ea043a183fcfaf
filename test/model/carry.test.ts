import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectThrows, expectWords } from '../errors.ts';
import { expectClose } from '../kernels/closeness.ts';
import * as losses from '../reference/losses.ts';
import { Draw, stepsOf, thrown } from './helpers.ts';
import { languageModel } from './languageModel.ts';

const [V, B, WINDOW, WINDOWS] = [9, 3, 6, 5];
const T = WINDOW * WINDOWS;

function language(): u.Sequential {
  return languageModel(V, [5, 8, 6], { seed: 4, numLayers: 2 });
}

/** A trainer that changes nothing but states. */
function still(model: u.Sequential, carryState: boolean): u.Trainer {
  return new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0 }), carryState });
}

describe('carryState', () => {
  beforeAll(() => u.init());

  const draw = new Draw(1);
  const x = draw.indices(V, T, B);
  const y = draw.indices(V, T, B);
  const windows = Array.from({ length: WINDOWS }, (_, i) => [i * WINDOW, (i + 1) * WINDOW] as const);

  /** Losses of the windows of one forward over all steps. */
  function whole(model: u.Sequential): number[] {
    const output = model.forward(x);
    return windows.map(([from, to]) => {
      const logits = Float64Array.from(stepsOf(output, from, to).data);
      return losses.crossEntropy(logits, stepsOf(y, from, to).data).value;
    });
  }

  function walk(trainer: u.Trainer): number[] {
    return windows.map(([from, to]) => trainer.step(stepsOf(x, from, to), stepsOf(y, from, to)).loss);
  }

  test('losses of windows one after the other are those of one long forward', () => {
    const model = language();
    const expected = whole(model);
    expectClose(walk(still(model, true)), expected, 1e-6, 'losses');
    const without = walk(still(language(), false));
    expect(without[0]).toBeCloseTo(expected[0]!, 5);
    expect(Math.abs(without[1]! - expected[1]!)).toBeGreaterThan(1e-3);
  });

  test('windows of different lengths', () => {
    const model = language();
    const expected = model.forward(x);
    const trainer = still(model, true);
    let from = 0;
    for (const length of [1, 7, 2, 12, 8]) {
      const to = from + length;
      const logits = Float64Array.from(stepsOf(expected, from, to).data);
      const { value } = losses.crossEntropy(logits, stepsOf(y, from, to).data);
      expect(trainer.step(stepsOf(x, from, to), stepsOf(y, from, to)).loss).toBeCloseTo(value, 5);
      from = to;
    }
  });

  test('resetState starts from zeros again', () => {
    const trainer = still(language(), true);
    const first = walk(trainer);
    const on = trainer.step(stepsOf(x, 0, WINDOW), stepsOf(y, 0, WINDOW)).loss;
    expect(on).not.toBe(first[0]);
    trainer.resetState();
    expect(walk(trainer)).toEqual(first);
  });

  test('evaluate starts from zeros and leaves the states carried', () => {
    const [a, b] = [still(language(), true), still(language(), true)];
    const [from, to] = windows[0]!;
    const window = [stepsOf(x, from, to), stepsOf(y, from, to)] as const;
    const first = a.step(...window).loss;
    b.step(...window);
    expect(a.evaluate(...window).loss).toBe(first);
    expect(a.evaluate([1, 2], [3, 4]).loss).toBeGreaterThan(0);
    expect(a.step(...window).loss).toBe(b.step(...window).loss);
  });

  test('inference and streams leave the states carried', () => {
    const [a, b] = [still(language(), true), still(language(), true)];
    const window = [stepsOf(x, 0, WINDOW), stepsOf(y, 0, WINDOW)] as const;
    a.step(...window);
    b.step(...window);
    a.model.forward([1, 2, 3]);
    const stream = a.model.stream();
    stream.step(1);
    a.model.forward(x, { training: true });
    expect(a.step(...window).loss).toBe(b.step(...window).loss);
  });

  test('another batch is refused until resetState', () => {
    const trainer = still(language(), true);
    trainer.step(stepsOf(x, 0, 2), stepsOf(y, 0, 2));
    const error = thrown(() => trainer.step([1, 2], [3, 4]));
    expect(error).toBeInstanceOf(u.ShapeError);
    expectWords(error, ['x', 'batch', '3', '1']);
    trainer.resetState();
    expect(trainer.step([1, 2], [3, 4]).loss).toBeGreaterThan(0);
  });

  test('a step that was refused carries nothing', () => {
    const trainer = still(language(), true);
    expectThrows(() => trainer.step(stepsOf(x, 0, 2), new Int32Array(3)), ['y'], u.ShapeError);
    expectThrows(() => trainer.step([1, V], [3, 4]), ['x (step 1, row 0)']);
    expect(trainer.step(stepsOf(x, 0, WINDOW), stepsOf(y, 0, WINDOW)).loss).toBe(
      walk(still(language(), true))[0],
    );
  });

  test('gradients do not go back into the window before', () => {
    const model = new u.Sequential([new u.RNN(2, 3), new u.Linear(3, 1)], { seed: 2 });
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0 }), carryState: true });
    const input = new Draw(3).features(1, 2, 1, 2);
    const target = { data: new Float32Array(2), shape: [2, 1, 1] };
    trainer.step(stepsOf(input, 0, 1), stepsOf(target, 0, 1));
    trainer.step(stepsOf(input, 1, 2), stepsOf(target, 1, 2));
    // with one step a window, the input's weights see that step's input alone: gradient = da ⊗ x
    const gradient = model.gradients()['0.weight_ih_l0']!.data;
    const bias = model.gradients()['0.bias_ih_l0']!.data;
    const outer = Float32Array.from(gradient, (_, i) => bias[i >> 1]! * input.data[2 + (i & 1)]!);
    expectClose(gradient, outer, 1e-6, 'da ⊗ x');
  });
});
