import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectWords } from '../errors.ts';
import { optimizerCases } from '../every.ts';
import { Draw, expectSameArray, expectSameDict, thrown } from '../model/helpers.ts';
import { languageModel } from '../model/languageModel.ts';
import { thorough } from '../thorough.ts';

beforeAll(() => u.init());

const V = 11;

function language(seed = 1): u.Sequential {
  return languageModel(V, [6, 9, 7], { seed, numLayers: 2, dropout: 0.1 });
}

function features(): u.Sequential {
  return new u.Sequential([new u.RNN(5, 33), new u.Linear(33, 4)], { seed: 1 });
}

function tokens(steps: number, batch: number) {
  const draw = new Draw(steps * 100 + batch);
  return [draw.indices(V, steps, batch), draw.indices(V, steps, batch)] as const;
}

describe('plan tells the bytes there are after the first step', () => {
  for (const carryState of [false, true]) {
    test.each(optimizerCases)(`$label, carryState ${carryState}`, ({ make: optimizer }) => {
      for (const [steps, batch] of [
        [1, 1],
        [7, 3],
        [40, 16],
        ...(thorough ? ([[300, 32]] as const) : []),
      ] as const) {
        using model = language();
        const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: optimizer(), carryState });
        const { bytes, parameterBytes, planBytes } = model.plan({ steps, batch });
        expect(bytes % 65_536).toBe(0);
        expect(bytes).toBeGreaterThan(65_536 + parameterBytes + planBytes);
        trainer.step(...tokens(steps, batch));
        expect(model.memoryBytes, `${steps} ${batch}`).toBe(bytes);
        expect(model.plan({ steps, batch }).bytes).toBe(bytes);
      }
    });
  }

  test('a loss of features', () => {
    using model = features();
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.Adam() });
    const { bytes } = model.plan({ steps: 100, batch: 40 });
    const draw = new Draw(1);
    trainer.step(draw.features(1, 100, 40, 5), draw.features(1, 100, 40, 4));
    expect(model.memoryBytes).toBe(bytes);
  });

  test('a second trainer with more state', () => {
    using model = language();
    new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 1 }) }).step(...tokens(3, 2));
    const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.Adam(), carryState: true });
    model.stream();
    const { bytes } = model.plan({ steps: 200, batch: 32 });
    trainer.step(...tokens(200, 32));
    expect(model.memoryBytes).toBe(bytes);
  });

  test('inference, and forward for training without a trainer', () => {
    for (const training of [false, true]) {
      using model = language();
      const { bytes } = model.plan({ steps: 200, batch: 64, training });
      model.forward(tokens(200, 64)[0], { training });
      expect(model.memoryBytes, `training ${training}`).toBe(bytes);
    }
  });

  test('a plan allocates nothing', () => {
    using model = language();
    const before = model.memoryBytes;
    expect(model.plan({ steps: 10_000, batch: 64 }).bytes).toBeGreaterThan(10 * before);
    expect(model.memoryBytes).toBe(before);
  });

  test('parameterBytes holds all parameters', () => {
    using model = language();
    const { parameterBytes } = model.plan({ steps: 1, batch: 1 });
    const count = Object.values(model.stateDict()).reduce((sum, { data }) => sum + data.length, 0);
    expect(model.parameterCount).toBe(count);
    expect(parameterBytes).toBeGreaterThanOrEqual(4 * count);
    expect(parameterBytes).toBeLessThan(4 * count + 64 * Object.keys(model.stateDict()).length);
  });

  test.each([
    [{ steps: 0, batch: 1 }, ['steps', '0']],
    [{ steps: 1, batch: 1.5 }, ['batch', '1.5']],
    [{ steps: 1 }, ['batch', 'undefined']],
    [{ steps: 1, batch: 1, training: 1 }, ['training', '1']],
    [{ steps: 1, batch: 1, size: 1 }, ['plan: size']],
  ])('%o is refused', (given, message) => {
    using model = language();
    const error = thrown(() => model.plan(given as never));
    expect(error).toBeInstanceOf(u.ArgumentError);
    expectWords(error, message);
  });
});

describe('memory', () => {
  test('stays as it is over 1000 steps', () => {
    using model = language();
    const trainer = new u.Trainer(model, {
      loss: u.crossEntropy,
      optimizer: new u.AdamW(),
      carryState: true,
    });
    const batch = tokens(4, 2);
    trainer.step(...batch);
    const bytes = model.memoryBytes;
    for (let i = 0; i < 1000; i++) trainer.step(...batch);
    expect(model.memoryBytes).toBe(bytes);
  });

  test('grows for a longer sequence: parameters and pointers stay', () => {
    using model = language();
    const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.Adam() });
    trainer.step(...tokens(3, 2));
    const { network } = model;
    const pointers = () =>
      [...network.parameters.values(), network.gradients, network.slot(0), network.slot(1)].map((r) => r.ptr);
    const [before, parameters, at] = [model.memoryBytes, model.stateDict(), pointers()];
    const state = trainer.save();
    trainer.evaluate(...tokens(800, 32));
    model.forward(tokens(900, 32)[0]);
    expect(model.memoryBytes).toBeGreaterThan(before);
    expectSameDict(model.stateDict(), parameters);
    expect(trainer.save()).toEqual(state);
    trainer.step(...tokens(500, 32));
    expect(pointers()).toEqual(at);
  });

  test('a longer sequence changes no result of the shorter', () => {
    const run = (between: (t: u.Trainer) => unknown) => {
      const trainer = new u.Trainer(language(), {
        loss: u.crossEntropy,
        optimizer: new u.Adam(),
        carryState: true,
      });
      const losses = [];
      for (let i = 0; i < 4; i++) {
        losses.push(trainer.step(...tokens(3, 2)).loss);
        between(trainer);
      }
      return losses;
    };
    const plain = run(() => {});
    expect(run((t) => t.evaluate(...tokens(500, 32)))).toEqual(plain);
  });

  test('does not grow without bound when shapes alternate', () => {
    using model = language();
    const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0.01 }) });
    const largest = model.plan({ steps: 40, batch: 8 }).bytes;
    trainer.step(...tokens(40, 8));
    const first = model.forward(tokens(5, 3)[0]);
    for (let i = 0; i < 200; i++) {
      const [x, y] = tokens(1 + ((i * 7) % 40), 1 + (i % 8));
      if (i % 3) trainer.evaluate(x, y);
      else model.forward(x);
    }
    expect(model.memoryBytes).toBe(largest);
    expectSameArray(model.forward(tokens(5, 3)[0]), first, 'output');
  });

  test('does not grow without bound when batches with carried states alternate', () => {
    using model = language();
    const trainer = new u.Trainer(model, {
      loss: u.crossEntropy,
      optimizer: new u.SGD({ lr: 0.01 }),
      carryState: true,
    });
    const step = (batch: number) => {
      trainer.resetState();
      trainer.step(...tokens(3, batch));
    };
    for (const batch of [1, 2, 3, 4]) step(batch);
    const bytes = model.memoryBytes;
    for (let i = 0; i < 100; i++) step(1 + (i % 4));
    expect(model.memoryBytes).toBe(bytes);
  });
});

describe('beyond 2 GiB', () => {
  test.each<[string, (model: u.Sequential, trainer: u.Trainer) => unknown]>([
    ['a plan', (m) => m.plan({ steps: 1e6, batch: 1000 })],
    ['a plan of inference', (m) => m.plan({ steps: 1e6, batch: 1e3, training: false })],
    [
      'a plan of absurd size',
      (m) => m.plan({ steps: Number.MAX_SAFE_INTEGER, batch: Number.MAX_SAFE_INTEGER }),
    ],
    ['a stream', (m) => m.stream({ batch: 1e8 })],
  ])('%s throws a MemoryError, the model stays usable', (_, call) => {
    using model = language();
    const untouched = language();
    const [trainer, other] = [model, untouched].map(
      (m) => new u.Trainer(m, { loss: u.crossEntropy, optimizer: new u.Adam(), carryState: true }),
    );
    trainer!.step(...tokens(3, 2));
    other!.step(...tokens(3, 2));
    const bytes = model.memoryBytes;
    const error = thrown(() => call(model, trainer!));
    expect(error).toBeInstanceOf(u.MemoryError);
    expect((error as Error).message).toMatch(/ \[.+\] .*\d+\.\d MiB.*\b2048 MiB/);
    expect(model.memoryBytes).toBe(bytes);
    expect(trainer!.step(...tokens(4, 2))).toEqual(other!.step(...tokens(4, 2)));
  });

  test('a step throws a MemoryError, the model stays usable', () => {
    // few inputs, large activations
    const model = new u.Sequential([new u.Embedding(2, 20_000), new u.Linear(20_000, 2)]);
    const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0.1 }) });
    const before = trainer.step([0, 1], [1, 0]).loss;
    const long = { data: new Int32Array(30_000), shape: [30_000, 1] };
    expect(thrown(() => trainer.step(long, long))).toBeInstanceOf(u.MemoryError);
    expect(thrown(() => model.forward(long))).toBeInstanceOf(u.MemoryError);
    expect(trainer.steps).toBe(1);
    expect(trainer.step([0, 1], [1, 0]).loss).toBeLessThan(before);
  });

  test('a model throws a MemoryError, and its layers stay free', () => {
    const layers = [new u.Embedding(1e6, 1000), new u.LSTM(1000, 10)];
    expect(thrown(() => new u.Sequential(layers))).toBeInstanceOf(u.MemoryError);
    expect(new u.Sequential([layers[1]!]).parameterCount).toBe(40 * 1010 + 80);
  });
});
