import { beforeAll, describe, expect, test } from 'vitest';
import {
  type ArgumentError,
  BatchNorm,
  Concat,
  Conv1d,
  type CustomLoss,
  ctc,
  GRU,
  init,
  input,
  LastStep,
  Linear,
  LSTM,
  Model,
  mse,
  Sequential,
  SGD,
  Trainer,
} from '../../src/index.ts';
import { quantize } from '../../src/quant/index.ts';
import { B, sequence, T } from './data.ts';

beforeAll(() => init({ kernels: 'simd' }));

const vector = (size: number) => ({
  data: Float32Array.from({ length: B * size }, (_, i) => Math.cos(i)),
  shape: [B, size],
});
const optimizer = () => new SGD({ lr: 0.1 });

/** Each step's squares of the first output. */
const firstSquared: CustomLoss = {
  name: 'firstSquared',
  targets: 'features',
  evaluate(output, target, gradient) {
    let sum = 0;
    for (let i = 0; i < output.length; i += 2) {
      const difference = output[i]! - target[i]!;
      sum += difference ** 2;
      if (gradient) gradient[i] = 2 * difference;
    }
    return sum;
  },
};

function twoInputs(): Model {
  const a = input({ features: 5 });
  const b = input({ features: 4 });
  const left = new GRU(5, 7, { name: 'left' }).apply(a);
  const right = new LSTM(4, 7, { name: 'right' }).apply(b);
  const state = new Concat().apply(left.hN, right.hN);
  const outputs = {
    steps: new Linear(7, 2, { name: 'steps' }).apply(left.output),
    state: new Linear(14, 2, { name: 'state' }).apply(state),
  };
  return new Model({ inputs: { a, b }, outputs }, { seed: 2 });
}

describe('the loss is that of a trainer', () => {
  test.each([
    ['convolution with stride, lengths', () => [new Conv1d(5, 7, 2, { stride: 2 }), new Linear(7, 2)], 3],
    [
      'last step, lengths',
      () => [new LSTM(5, 7, { bidirectional: true }), new LastStep(), new Linear(14, 2)],
      1,
    ],
    ['batch normalization', () => [new GRU(5, 7), new BatchNorm(7), new Linear(7, 2)], T],
  ] as const)('%s', (_, layers, steps) => {
    for (const loss of [mse, 'huber', { name: 'huber', delta: 0.5 }, firstSquared] as const) {
      const model = new Sequential(layers(), { seed: 3 });
      const batch = { x: sequence(5), y: sequence(2, steps), lengths: [6, 2, 4] };
      const { report } = quantize(model, { data: [batch, batch], loss, planes: 2 });
      expect(model.trainer).toBeUndefined();
      const { x, y, lengths } = batch;
      const trainer = new Trainer(model, { loss, optimizer: optimizer() });
      expect(report.loss!.float).toBe(trainer.evaluate(x, y, { lengths }).loss);
      expect(Math.abs(report.loss!.change)).toBeLessThan(0.02);
      // that of the trainer, without being given
      const again = quantize(model, { data: batch, planes: 2 }).report;
      expect(again.loss).toEqual(report.loss);
      expect(model.trainer).toBe(trainer);
    }
  });

  test('lengths by input, losses by output with weights', () => {
    const model = twoInputs();
    const x = { a: sequence(5), b: sequence(4, 8) };
    const y = { steps: sequence(2), state: vector(2) };
    const lengths = { a: [6, 2, 4], b: [1, 8, 3] };
    const loss = { steps: mse, state: firstSquared };
    const given = quantize(model, { data: { x, y, lengths }, loss }).report.loss!;
    expect(given.float).toBe(
      new Trainer(model, { loss, optimizer: optimizer() }).evaluate(x, y, { lengths }).loss,
    );
    const lossWeights = { steps: 3 };
    const weighted = new Trainer(model, { loss, lossWeights, optimizer: optimizer() });
    const own = quantize(model, { data: { x, y, lengths } }).report.loss!;
    expect(own.float).toBe(weighted.evaluate(x, y, { lengths }).loss);
    expect(own.float).not.toBe(given.float);
    expect(own.quantized).not.toBe(own.float);
    // it still trains
    expect(weighted.step(x, y, { lengths }).loss).toBeGreaterThan(0);
  });

  test('of labels without times', () => {
    const model = new Sequential([new LSTM(5, 8), new Linear(8, 4)], { seed: 1 });
    const y = { data: Int32Array.of(1, 3, 2, 2, 0, 2), shape: [2, 3], lengths: [2, 1, 2] };
    const x = sequence(5);
    const { report } = quantize(model, { data: { x, y }, loss: ctc });
    const trainer = new Trainer(model, { loss: ctc, optimizer: optimizer() });
    expect(report.loss!.float).toBe(trainer.evaluate(x, y).loss);
  });

  test('the quantized model has no trainer, and no gradients', () => {
    const model = new Sequential([new GRU(5, 7), new Linear(7, 2)]);
    const before = model.memoryBytes;
    const quantized = quantize(model, { data: { x: sequence(5), y: sequence(2) }, loss: mse });
    expect(quantized.trainer).toBeUndefined();
    expect(() => quantized.zeroGradients()).toThrow('quantized');
    expect(() => new Trainer(quantized, { loss: mse, optimizer: optimizer() })).toThrow('quantized');
    expect(model.memoryBytes).toBe(before);
    expect(() => model.gradients()).toThrow('training');
  });
});

describe('errors name what was given', () => {
  const make = () => new Sequential([new GRU(5, 4), new Linear(4, 2)]);
  const good = { x: sequence(5), y: sequence(2) };
  test.each([
    ['data.x', () => quantize(make(), { data: {} as never })],
    ['data.x', () => quantize(make(), { data: { ...good, x: sequence(4) }, loss: mse })],
    ['data.x', () => quantize(make(), { data: { x: sequence(4) } })],
    ['data.y', () => quantize(make(), { data: { ...good, y: sequence(3) }, loss: mse })],
    ['data.lengths', () => quantize(make(), { data: { ...good, lengths: [7, 1, 1] }, loss: mse })],
    ['data[1].x', () => quantize(make(), { data: [good, { ...good, x: sequence(4) }], loss: mse })],
    ['data[1].y', () => quantize(make(), { data: [good, { x: sequence(5) }], loss: mse })],
    ['data', () => quantize(make(), { data: { ...good, z: 1 } as never, loss: mse })],
    ['loss', () => quantize(make(), { data: good, loss: 'mze' as never })],
    ['mse', () => quantize(make(), { data: good, loss: { name: 'mse', delta: 1 } as never })],
    [
      'loss',
      () => {
        const x = { a: sequence(5), b: sequence(4, 8) };
        const y = { steps: sequence(2), state: vector(2) };
        quantize(twoInputs(), { data: { x, y }, loss: { steps: mse, state: mse, other: mse } });
      },
    ],
  ])('%s', (argument, call) => {
    try {
      call();
    } catch (error) {
      const { argument: named, message } = error as ArgumentError;
      expect(named).toMatch(new RegExp(`^${argument.replace(/[[\].]/g, '\\$&')}`));
      expect(message).toContain(argument);
      return;
    }
    expect.fail('nothing was thrown');
  });
});

test('the summary counts parameters, not packed numbers', () => {
  const model = new Sequential([new GRU(5, 7), new BatchNorm(7), new Linear(7, 2)]);
  const counts = (text: string) => text.split('\n').map((line) => line.replace(/ \(.* KiB\)$/, ''));
  expect(counts(quantize(model).summary())).toEqual(counts(model.summary()));
  const graph = twoInputs();
  expect(counts(quantize(graph).summary())).toEqual(counts(graph.summary()));
});
