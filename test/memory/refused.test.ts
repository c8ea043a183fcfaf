import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import * as u from '../../src/index.ts';
import { Draw, expectSameDict, thrown } from '../model/helpers.ts';

beforeAll(async () => {
  await u.init();
});

afterEach(() => {
  vi.restoreAllMocks();
});

function refuseGrowth(): void {
  vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
    throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory');
  });
}

const V = 6;

function make(): u.Trainer {
  const model = new u.Sequential([new u.Embedding(V, 4), new u.LSTM(4, 8), new u.Linear(8, V)], { seed: 1 });
  return new u.Trainer(model, {
    loss: u.crossEntropy,
    optimizer: new u.SGD({ lr: 0.1, momentum: 0.9 }),
    carryState: true,
  });
}

function tokens(steps: number, batch: number) {
  const draw = new Draw(steps);
  return [draw.indices(V, steps, batch), draw.indices(V, steps, batch)] as const;
}

describe('an engine that gives no more memory', () => {
  test.each<[string, (t: u.Trainer) => unknown]>([
    ['step', (t) => t.step(...tokens(9000, 2))],
    ['evaluate', (t) => t.evaluate(...tokens(900, 32))],
    ['forward', (t) => t.model.forward(tokens(3000, 32)[0])],
    ['forward for training', (t) => t.model.forward(tokens(900, 32)[0], { training: true })],
    ['stream', (t) => t.model.stream({ batch: 5000 })],
    [
      'a second trainer',
      (t) =>
        new u.Trainer(t.model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 1 }) }).step(
          ...tokens(900, 32),
        ),
    ],
  ])('%s: MemoryError, and the model stays usable', (what, call) => {
    const [trainer, other] = [make(), make()];
    trainer.step(...tokens(3, 2));
    other.step(...tokens(3, 2));
    const bytes = trainer.model.memoryBytes;
    refuseGrowth();
    const error = thrown(() => call(trainer));
    expect(error).toBeInstanceOf(u.MemoryError);
    expect((error as Error).message).toMatch(/\b\d+\.\d MiB\b/);
    expect((error as Error).cause).toBeInstanceOf(RangeError);
    expect(trainer.model.memoryBytes).toBe(bytes);
    expectSameDict(trainer.model.stateDict(), other.model.stateDict());
    if (what === 'a second trainer') return;
    expect(trainer.step(...tokens(3, 2))).toEqual(other.step(...tokens(3, 2)));
    vi.restoreAllMocks();
    other.resetState();
    trainer.resetState();
    expect(trainer.step(...tokens(900, 32))).toEqual(other.step(...tokens(900, 32)));
  });

  test('a model that gets no memory at all', () => {
    const Memory = WebAssembly.Memory;
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(function refuse() {
      throw new RangeError('could not allocate memory');
    } as never);
    const layers = [new u.LSTM(2, 3)];
    const error = thrown(() => new u.Sequential(layers));
    expect(error).toBeInstanceOf(u.MemoryError);
    vi.restoreAllMocks();
    expect(WebAssembly.Memory).toBe(Memory);
    expect(new u.Sequential(layers).parameterCount).toBeGreaterThan(0);
  });
});

describe('after dispose()', () => {
  const calls: [string, (m: u.Sequential, t: u.Trainer) => unknown][] = [
    ['forward', (m) => m.forward([1, 2])],
    ['forward for training', (m) => m.forward([1, 2], { training: true })],
    ['plan', (m) => m.plan({ steps: 1, batch: 1 })],
    ['memoryBytes', (m) => m.memoryBytes],
    ['stateDict', (m) => m.stateDict()],
    ['loadStateDict', (m) => m.loadStateDict(make().model.stateDict())],
    ['gradients', (m) => m.gradients()],
    ['zeroGradients', (m) => m.zeroGradients()],
    ['save', (m) => m.save()],
    ['stream', (m) => m.stream()],
    ['step', (_, t) => t.step([1, 2], [1, 2])],
    ['evaluate', (_, t) => t.evaluate([1, 2], [1, 2])],
    ['Trainer.save', (_, t) => t.save()],
    ['Trainer.restore', (_, t) => t.restore(make().save())],
    ['a trainer', (m) => new u.Trainer(m, { loss: u.mse, optimizer: new u.SGD({ lr: 1, momentum: 1 }) })],
  ];
  test.each(calls)('%s throws a MemoryError', (_, call) => {
    const trainer = make();
    trainer.step([1, 2], [1, 2]);
    trainer.model.dispose();
    const error = thrown(() => call(trainer.model, trainer));
    expect(error).toBeInstanceOf(u.MemoryError);
    expect((error as Error).message).toMatch(/\bdisposed\b/);
  });

  test('dispose again is nothing', () => {
    const { model } = make();
    model.dispose();
    model.dispose();
    expect(thrown(() => model.memoryBytes)).toBeInstanceOf(u.MemoryError);
  });

  test('a layer used alone', () => {
    const [used, unused] = [new u.LSTM(2, 3), new u.LSTM(2, 3)];
    used.forward([1, 2]);
    for (const layer of [used, unused]) {
      layer.dispose();
      layer.dispose();
      for (const call of [
        () => layer.forward([1, 2]),
        () => layer.stateDict(),
        () => layer.zeroGradients(),
      ]) {
        expect(thrown(call)).toBeInstanceOf(u.MemoryError);
      }
    }
  });

  test('dispose of a layer leaves its model alone', () => {
    using layer = new u.LSTM(2, 3);
    const model = new u.Sequential([layer]);
    layer.dispose();
    expect(model.forward([1, 2]).shape).toEqual([1, 1, 3]);
  });
});
