import { init, Linear, Sequential, Trainer } from 'unrolled';
import { WorkerTrainer } from 'unrolled/worker';
import { expect, test } from 'vitest';
import { exposedWorker, rejection } from './helpers.ts';

const worker = exposedWorker;
const x = { data: Float32Array.of(1, -2, 3, 0.5), shape: [2, 1, 2] };
const y = { data: Float32Array.of(0.5, 1), shape: [2, 1, 1] };

/** As in exposed.mjs, which only a worker can import. */
class Scale {
  readonly type = 'Scale';
  readonly states = {};
  readonly parameters = [{ name: 'factor', shape: [1], init: () => new Float32Array([1]) }];
  outputSize = (size: number) => size;
  forward({ input, output, parameters }: import('unrolled').LayerForward) {
    for (let i = 0; i < input.length; i++) output[i] = parameters.factor![0]! * input[i]!;
  }
  backward({
    input,
    parameters,
    outputGradient,
    inputGradient,
    gradients,
  }: import('unrolled').LayerBackward) {
    for (let i = 0; i < input.length; i++) {
      inputGradient[i] = parameters.factor![0]! * outputGradient[i]!;
      gradients.factor![0]! += input[i]! * outputGradient[i]!;
    }
  }
}

async function model(): Promise<Sequential> {
  await init({ kernels: 'simd' });
  return new Sequential([new Scale(), new Linear(2, 1)], { seed: 4 });
}

const described = {
  loss: { exposed: 'power', exponent: 4 },
  optimizer: { exposed: 'descent', lr: 0.01 },
  kernels: 'simd',
} as const;

test('a loss, an optimizer and a layer that the worker exposes give what they give inline', async () => {
  const here = new Trainer(await model(), {
    loss: {
      name: 'power',
      targets: 'features',
      evaluate: (output, target, gradient) =>
        output.reduce((sum, value, i) => {
          const d = value - target[i]!;
          if (gradient) gradient[i] = 4 * d ** 3;
          return sum + d ** 4;
        }, 0),
    },
    optimizer: {
      name: 'descent',
      lr: 0.01,
      update(parameters, gradients, _, { lr }) {
        for (let i = 0; i < parameters.length; i++) parameters[i]! -= lr * gradients[i]!;
      },
    },
  });
  const there = await WorkerTrainer.create(await model(), described, { worker });
  try {
    for (let i = 0; i < 3; i++) expect(await there.step(x, y)).toEqual(here.step(x, y));
    expect(await there.save()).toEqual(here.save());
  } finally {
    await there.terminate();
  }
});

test.each([
  ['loss.exposed', { ...described, loss: { exposed: 'none' } }],
  ['optimizer.exposed', { ...described, optimizer: { exposed: 'none' } }],
])('%s: a name that the worker does not expose is refused', async (argument, options) => {
  const error = await rejection(WorkerTrainer.create(await model(), options, { worker }));
  expect(error).toMatchObject({ name: 'ArgumentError', argument });
});

test("a schedule of the worker's own", async () => {
  const options = { ...described, schedule: { exposed: 'halves', base: 0.5 } };
  const trainer = await WorkerTrainer.create(await model(), options, { worker });
  expect((await trainer.step(x, y)).lr).toBe(0.005);
  expect((await trainer.step(x, y)).lr).toBe(0.0025);
  await trainer.terminate();
});
