import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ChainPlan } from '../../../src/engine/chainPlan.ts';
import * as u from '../../../src/index.ts';
import { expectThrows } from '../../errors.ts';
import { some } from '../../thorough.ts';
import { Draw, expectSameDict } from '../helpers.ts';

type Make = () => u.Layer[];
const [V, F] = [7, 5];

/** Models whose updates must not depend on where a sequence is cut. */
const models: Record<string, Make> = {
  'rnn looked up': () => [new u.Embedding(V, F), new u.RNN(F, 6), new u.Linear(6, V)],
  'lstm looked up': () => [new u.Embedding(V, F), new u.LSTM(F, 6, { numLayers: 2 }), new u.Linear(6, V)],
  'gru looked up': () => [new u.Embedding(V, F), new u.GRU(F, 7, { numLayers: 2 }), new u.Linear(7, V)],
  'embedding without lookup': () => [new u.Embedding(900, F), new u.LSTM(F, 6), new u.Linear(6, V)],
  dropouts: () => [
    new u.Embedding(V, F),
    new u.Dropout(0.3),
    new u.LSTM(F, 6, { numLayers: 2, dropout: 0.4, inputDropout: 0.2 }),
    new u.Dropout(0.2),
    new u.Linear(6, V),
  ],
  'zoneout and recurrent dropout': () => [
    new u.Embedding(V, F),
    new u.LSTM(F, 6, { numLayers: 2, zoneout: { h: 0.2, c: 0.3 }, recurrentDropout: 0.3 }),
    new u.GRU(6, 5, { zoneout: 0.3, recurrentDropout: 0.2 }),
    new u.RNN(5, 6, { zoneout: 0.3, recurrentDropout: 0.2 }),
    new u.Linear(6, V),
  ],
  'layer norm': () => [
    new u.Embedding(V, F),
    new u.RNN(F, 5, { layerNorm: true }),
    new u.LSTM(5, 6, { layerNorm: true }),
    new u.GRU(6, 5, { layerNorm: true }),
    new u.Linear(5, V),
  ],
  'lstm options': () => [
    new u.Embedding(V, F),
    new u.LSTM(F, 6, { projSize: 3, peephole: true, coupled: true }),
    new u.LSTM(3, 6, { heads: 2, clip: 0.4, peephole: true, layerNorm: true }),
    new u.Linear(6, V),
  ],
  'gru options': () => [
    new u.Embedding(V, F),
    new u.GRU(F, 6, { resetAfter: false, heads: 3, clip: 0.5 }),
    new u.GRU(6, 5, { activation: 'softsign', recurrentDropout: 0.3, resetAfter: false }),
    new u.Linear(5, V),
  ],
  penalties: () => [
    new u.Embedding(V, F),
    new u.RNN(F, 6, { penalty: { omega: 0.3, l2: 0.1, orthogonality: 0.05 } }),
    new u.RNN(6, 6, { penalty: { omega: 0.2 }, heads: 2, nonlinearity: 'relu' }),
    new u.LSTM(6, 4, { penalty: { l2: 0.2, orthogonality: 0.1 } }),
    new u.Linear(4, V),
  ],
  'cells without a recurrent product': () => [
    new u.Embedding(V, F),
    new u.MinGRU(F, 6, { numLayers: 2, dropout: 0.2 }),
    new u.MinLSTM(6, 5),
    new u.IndRNN(5, 6, { inputDropout: 0.2 }),
    new u.SRU(6, 6, { clipStepNorm: 0.02 }),
    new u.SRU(6, 5),
    new u.IndRNN(5, 5, { nonlinearity: 'tanh', clipStepNorm: 0.01 }),
    new u.Linear(5, V),
  ],
  'step clipping': () => [
    new u.Embedding(V, F),
    new u.RNN(F, 6, { clipStepNorm: 0.01 }),
    new u.LSTM(6, 5, { clipStepNorm: 0.02, projSize: 4 }),
    new u.GRU(4, 5, { clipStepNorm: 0.02 }),
    new u.Linear(5, V),
  ],
};

const B = 3;

function trainer(make: Make, opts: Partial<u.TrainerOptions> = {}): u.Trainer {
  const model = new u.Sequential(make(), { seed: 5 });
  return new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.Adam({ lr: 1e-2 }), ...opts });
}

/** Bytes of the plan of so many steps of a sequence, and of one kept state of every layer. */
function costs(make: Make, T: number): { segment(steps: number): number; state: number } {
  const model = new u.Sequential(make(), { seed: 5 });
  const request = { batch: B, training: true, targets: 'indices', wholeSteps: T } as const;
  const plan = (steps: number) => model.network.preview({ ...request, steps });
  const state = plan(1).states.reduce((sum, { initial }) => sum + Math.ceil(initial.length / 16) * 64, 0);
  return {
    segment: (steps) => {
      const { start, end } = plan(steps);
      return end - start;
    },
    state,
  };
}

/** Losses of some updates. */
function run(t: u.Trainer, T: number, updates: number) {
  const draw = new Draw(3);
  return Array.from({ length: updates }, () => t.step(draw.indices(V, T, B), draw.indices(V, T, B)));
}

describe('memoryBudget', () => {
  beforeAll(() => u.init({ kernels: 'simd' }));

  for (const [name, make] of Object.entries(models)) {
    for (const [T, carryState] of [
      [13, false],
      [16, true],
    ] as const) {
      test(`${name}, ${T} steps${carryState ? ', states carried' : ''}: the bits of no budget`, () => {
        const whole = trainer(make, { carryState });
        const expected = run(whole, T, 3);
        const { segment, state } = costs(make, T);
        const seen = new Set<string>();
        const segments = some([1, 2, 3, 4, 5, 7, 8], 3);
        const states = some([1, 2, 3, T], 2);
        for (const steps of segments) {
          for (const kept of states) {
            const memoryBudget = segment(steps) + kept * state;
            const t = trainer(make, { carryState, memoryBudget });
            const { checkpoints } = t.model.plan({ steps: T, batch: B });
            const label = JSON.stringify(checkpoints);
            if (seen.has(label)) continue;
            seen.add(label);
            const got = run(t, T, 3);
            expectSameDict(t.model.stateDict(), whole.model.stateDict(), label);
            for (const [i, { loss, gradNorm, penalty }] of got.entries()) {
              expect(Math.abs(loss / expected[i]!.loss - 1), `${label} loss ${i}`).toBeLessThan(1e-12);
              expect(gradNorm, label).toBe(expected[i]!.gradNorm);
              expect(penalty, label).toBeCloseTo(expected[i]!.penalty, 9);
            }
          }
        }
        // some budgets lead to the same checkpoints
        expect(seen.size).toBeGreaterThan(Math.min(3, (segments.length * states.length) / 2));
      });
    }
  }

  test('features and a loss over all of their elements', () => {
    const make = () => [new u.GRU(3, 5, { numLayers: 2 }), new u.Linear(5, 2)];
    const T = 11;
    const step = (memoryBudget?: number) => {
      const model = new u.Sequential(make(), { seed: 5 });
      const optimizer = new u.Adam({ lr: 1e-2 });
      const t = new u.Trainer(model, { loss: u.mse, optimizer, ...(memoryBudget ? { memoryBudget } : {}) });
      const draw = new Draw(3);
      const results = [1, 2].map(() => t.step(draw.features(1, T, B, 3), draw.features(1, T, B, 2)));
      return { results, parameters: model.stateDict(), plan: model.plan({ steps: T, batch: B }) };
    };
    const expected = step();
    for (const share of [0.5, 0.7, 0.9]) {
      const got = step(Math.floor(expected.plan.planBytes * share));
      expect(got.plan.checkpoints!.segments).toBeGreaterThan(1);
      expectSameDict(got.parameters, expected.parameters);
      for (const [i, { loss }] of got.results.entries())
        expect(loss / expected.results[i]!.loss).toBeCloseTo(1, 12);
    }
  });

  test('more rows than a block of a product has', () => {
    const make = () => [
      new u.Embedding(V, F),
      new u.LSTM(F, 9),
      new u.LSTM(9, 9, { layerNorm: true, peephole: true }),
      new u.GRU(9, 9),
      new u.Linear(9, V),
    ];
    const T = 190;
    const { segment, state } = costs(make, T);
    const whole = trainer(make);
    run(whole, T, 2);
    for (const steps of [2, 60, 100]) {
      const t = trainer(make, { memoryBudget: segment(steps) + 2 * state });
      run(t, T, 2);
      expectSameDict(t.model.stateDict(), whole.model.stateDict(), `${steps} steps`);
    }
  });

  test('as many forward passes are run as the plan tells', () => {
    const make = models['rnn looked up']!;
    const T = 24;
    const { segment, state } = costs(make, T);
    for (const [steps, kept] of [
      [1, 1],
      [1, 3],
      [2, 4],
      [3, 2],
      [5, 30],
    ] as const) {
      const t = trainer(make, { memoryBudget: segment(steps) + kept * state });
      const { segments, extraForward, extraTime } = t.model.plan({ steps: T, batch: B }).checkpoints!;
      const forward = vi.spyOn(ChainPlan.prototype, 'forward');
      run(t, T, 1);
      expect(forward.mock.calls.length).toBe(Math.round(segments * (1 + extraForward)));
      expect(extraTime).toBeCloseTo(1 + extraForward / 3, 12);
      forward.mockRestore();
    }
  });

  test('a sequence that fits is one segment', () => {
    const make = models.dropouts!;
    const t = trainer(make, { memoryBudget: 2 ** 24 });
    const { checkpoints, planBytes } = t.model.plan({ steps: 9, batch: B });
    expect(checkpoints).toMatchObject({
      segments: 1,
      segmentSteps: 9,
      extraForward: 0,
      extraTime: 1,
      checkpoints: 0,
    });
    expect(planBytes).toBe(checkpoints!.fullBytes);
    const plain = trainer(make);
    run(t, 9, 2);
    run(plain, 9, 2);
    expectSameDict(t.model.stateDict(), plain.model.stateDict());
  });

  test('sequences of different lengths and batches one after the other', () => {
    const make = models['lstm looked up']!;
    const { segment, state } = costs(make, 30);
    const [a, b] = [trainer(make, { memoryBudget: segment(4) + 2 * state }), trainer(make)];
    for (const t of [a, b]) {
      const draw = new Draw(9);
      for (const [T, batch] of [
        [30, 2],
        [5, 3],
        [17, 1],
        [30, 3],
        [30, 2],
      ] as const)
        t.step(draw.indices(V, T, batch), draw.indices(V, T, batch));
    }
    expectSameDict(a.model.stateDict(), b.model.stateDict());
  });

  test('what is reported is what is used', () => {
    for (const [name, make] of Object.entries(models)) {
      const T = 40;
      const { segment, state } = costs(make, T);
      for (const carryState of [false, true]) {
        const memoryBudget = segment(6) + 3 * state;
        const t = trainer(make, { memoryBudget, carryState });
        const { checkpoints, bytes, planBytes } = t.model.plan({ steps: T, batch: B });
        const { segmentSteps, stateBytes } = checkpoints!;
        expect(checkpoints!.bytes, name).toBeLessThanOrEqual(memoryBudget);
        expect(checkpoints!.bytes, name).toBe(segment(segmentSteps) + stateBytes);
        expect(stateBytes, name).toBe(checkpoints!.checkpoints * state);
        expect(planBytes, name).toBe(checkpoints!.bytes);
        run(t, T, 1);
        expect(t.model.memoryBytes, name).toBe(bytes);
      }
    }
  });

  test('a large batch of states takes the memory that the plan tells', () => {
    const model = new u.Sequential([new u.LSTM(1, 256), new u.Linear(256, 1)]);
    const t = new u.Trainer(model, { loss: u.mse, optimizer: new u.Adam(), memoryBudget: 2 ** 22 });
    const { bytes, checkpoints } = model.plan({ steps: 200, batch: 16 });
    expect(checkpoints!.segments).toBeGreaterThan(1);
    const x = { data: new Float32Array(200 * 16), shape: [200, 16, 1] };
    t.step(x, x);
    expect(model.memoryBytes).toBe(bytes);
  });

  test('a budget below the least is refused by name, and nothing changes', () => {
    const t = trainer(models['gru looked up']!, { memoryBudget: 1000 });
    const before = t.model.stateDict();
    expect(() => run(t, 20, 1)).toThrow(u.MemoryError);
    expectThrows(() => run(t, 20, 1), ['memoryBudget'], u.MemoryError);
    expectThrows(() => t.model.plan({ steps: 20, batch: B }), ['memoryBudget'], u.MemoryError);
    expectSameDict(t.model.stateDict(), before);
    expect(t.steps).toBe(0);
    const { segment, state } = costs(models['gru looked up']!, 20);
    const least = segment(1) + state;
    run(trainer(models['gru looked up']!, { memoryBudget: least }), 20, 1);
    expect(() => run(trainer(models['gru looked up']!, { memoryBudget: least - 1 }), 20, 1)).toThrow(
      u.MemoryError,
    );
  });

  test('a bad index anywhere, and a loss without targets, are refused before anything changes', () => {
    const make = models['rnn looked up']!;
    const { segment, state } = costs(make, 8);
    const t = trainer(make, { memoryBudget: segment(2) + state });
    const before = t.model.stateDict();
    const good = new Draw(1).indices(V, 8, B);
    const bad = { data: good.data.slice(), shape: good.shape };
    bad.data[6 * B + 1] = V;
    expectThrows(() => t.step(bad, good), ['x (step 6, row 1)']);
    expectThrows(() => t.step(good, bad), ['y (step 6, row 1)']);
    const none = { data: new Int32Array(8 * B).fill(-100), shape: [8, B] };
    expectThrows(() => t.step(good, none), ['y']);
    expectSameDict(t.model.stateDict(), before);
    expect(t.steps).toBe(0);
  });

  test('targets that do not count may fill a segment', () => {
    const make = models['lstm looked up']!;
    const { segment, state } = costs(make, 8);
    const [a, b] = [trainer(make, { memoryBudget: segment(2) + state }), trainer(make)];
    const x = new Draw(1).indices(V, 8, B);
    const y = new Draw(2).indices(V, 8, B);
    y.data.fill(-100, 2 * B, 6 * B);
    const [got, expected] = [a.step(x, y), b.step(x, y)];
    expect(got.loss / expected.loss).toBeCloseTo(1, 12);
    expectSameDict(a.model.stateDict(), b.model.stateDict());
  });
});
