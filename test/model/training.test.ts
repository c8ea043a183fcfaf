import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectClose } from '../kernels/closeness.ts';
import * as losses from '../reference/losses.ts';
import * as optimizers from '../reference/optimizers.ts';
import { some } from '../thorough.ts';
import { chainOf } from './chain.ts';
import { Draw, kernelBuilds } from './helpers.ts';
import { languageModel } from './languageModel.ts';

const UPDATES = 20;
const [T, B, V] = [5, 3, 11];

function language(): u.Sequential {
  return languageModel(V, [6, 8, 7]);
}

function features(): u.Sequential {
  return new u.Sequential([new u.RNN(4, 9), new u.LSTM(9, 6, { bias: false }), new u.Linear(6, 6)], {
    seed: 2,
  });
}

interface Batch {
  readonly x: u.NDArray<Int32Array> | u.NDArray;
  readonly y: u.NDArray<Int32Array> | u.NDArray;
}

type Reference = (output: Float64Array, y: ArrayLike<number>) => losses.Loss;

/** Trains both, each update on a batch of its own, and compares losses, norms and parameters. */
function compare(
  model: u.Sequential,
  opts: u.TrainerOptions,
  batch: (draw: Draw) => Batch,
  loss: Reference,
  optimizer: optimizers.Optimizer,
  tolerance = 1e-4,
): void {
  const chain = chainOf(model);
  const trainer = new u.Trainer(model, opts);
  const draw = new Draw(3);
  const got: number[] = [];
  const expected: number[] = [];
  let states: Parameters<typeof chain.forward>[2];
  for (let i = 0; i < UPDATES; i++) {
    const { x, y } = batch(draw);
    const result = trainer.step(x, y);
    const forward = chain.forward(x.data, B, states);
    if (opts.carryState) states = forward.states;
    const { value, grad } = loss(forward.output, y.data);
    const { gradients } = forward.backward(grad);
    const norm = optimizers.clipGradNorm(gradients, opts.clipNorm ?? Number.POSITIVE_INFINITY);
    if (opts.clipValue) optimizers.clipGradValue(gradients, opts.clipValue);
    optimizer.step(chain.parameters, gradients);
    got.push(result.loss, result.gradNorm);
    expected.push(value, norm);
  }
  expect(trainer.steps).toBe(UPDATES);
  expectClose(got, expected, tolerance, 'losses and norms');
  for (const [name, { data }] of Object.entries(model.stateDict())) {
    expectClose(data, chain.parameters[name]!, tolerance, name);
  }
}

const tokens = (draw: Draw): Batch => ({ x: draw.indices(V, T, B), y: draw.indices(V, T, B) });
const crossEntropyOf: Reference = (output, y) => losses.crossEntropy(output, Int32Array.from(y));

for (const kernels of kernelBuilds) {
  describe(`${kernels}: ${UPDATES} updates against the float64 reference`, () => {
    beforeAll(() => u.init({ kernels }));

    test.each(some(optimizers.optimizerCases, 2, kernelBuilds.indexOf(kernels)))(
      '$label',
      ({ label, make, reference }) => {
        compare(
          language(),
          { loss: u.crossEntropy, optimizer: make() },
          tokens,
          crossEntropyOf,
          reference(),
          // lr·g/√v with v from few g: where g is near 0, rounding is a part of a whole step
          label === 'rmsprop {}' ? 2e-4 : 1e-4,
        );
      },
    );

    const sgd = { lr: 0.5, momentum: 0.5 };

    test('clipNorm', () => {
      const opts = { loss: u.crossEntropy, optimizer: new u.SGD(sgd), clipNorm: 0.2 };
      compare(language(), opts, tokens, crossEntropyOf, optimizers.sgd(sgd));
    });

    test('clipNorm above every norm changes nothing', () => {
      const opts = { loss: u.crossEntropy, optimizer: new u.SGD(sgd), clipNorm: 1e6 };
      compare(language(), opts, tokens, crossEntropyOf, optimizers.sgd(sgd));
    });

    test('clipValue', () => {
      const opts = { loss: u.crossEntropy, optimizer: new u.SGD(sgd), clipValue: 0.01 };
      compare(language(), opts, tokens, crossEntropyOf, optimizers.sgd(sgd));
    });

    test('carryState', () => {
      const opts = { loss: u.crossEntropy, optimizer: new u.SGD(sgd), carryState: true };
      compare(language(), opts, tokens, crossEntropyOf, optimizers.sgd(sgd));
    });

    test.each(some(losses.lossCases, 2, kernelBuilds.indexOf(kernels)))(
      '$label',
      ({ make, reference, target }) => {
        const loss = make();
        const opts = { loss, optimizer: new u.SGD(sgd) };
        if (loss.targets === 'features') {
          const batch = (draw: Draw) => {
            const y = draw.features(1, T, B, loss.targetSize?.(6) ?? 6);
            return { x: draw.features(1, T, B, 4), y: { ...y, data: y.data.map(target) } };
          };
          compare(features(), opts, batch, reference, optimizers.sgd(sgd));
          return;
        }
        const batch = (draw: Draw): Batch => {
          const { x, y } = tokens(draw);
          const data = Int32Array.from(y.data, (v) => (draw.next() < 0.4 ? loss.ignoreIndex : v));
          return { x, y: { ...y, data } };
        };
        compare(language(), opts, batch, reference, optimizers.sgd(sgd));
      },
    );
  });
}
