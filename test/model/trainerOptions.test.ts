import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectWords } from '../errors.ts';
import { expectClose } from '../kernels/closeness.ts';
import { Draw, expectSameDict, thrown } from './helpers.ts';

const [T, B, V] = [5, 3, 7];
beforeAll(() => u.init({ kernels: 'simd' }));

/** Parameters by layer: 0. embedding, 1. stacked bidirectional LSTM, 2. GRU, 3. linear. */
function language(opts: Partial<u.TrainerOptions> = {}, dropout = 0) {
  const layers = [
    new u.Embedding(V, 4),
    new u.LSTM(4, 5, { numLayers: 2, bidirectional: true }),
    new u.GRU(10, 6),
    ...(dropout ? [new u.Dropout(dropout)] : []),
  ];
  const model = new u.Sequential([...layers, new u.Linear(6, V)], { seed: 1 });
  const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0.5 }), ...opts });
  return { model, trainer };
}

function causal(opts: Partial<u.TrainerOptions> = {}) {
  const model = new u.Sequential(
    [new u.Embedding(V, 4), new u.LSTM(4, 5, { numLayers: 2 }), new u.Linear(5, V)],
    {
      seed: 1,
    },
  );
  return {
    model,
    trainer: new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0.5 }), ...opts }),
  };
}

const tokens = (seed: number, steps = T, batch = B) => {
  const draw = new Draw(seed);
  return { x: draw.indices(V, steps, batch), y: draw.indices(V, steps, batch) };
};

const namesOf = (dict: object, pattern: RegExp) => Object.keys(dict).filter((name) => pattern.test(name));

describe('frozen', () => {
  test.each<[string, u.TrainerOptions['frozen'], RegExp]>([
    ['a layer by its name', ['0'], /^0\./],
    ['the first two layers', ['0', '1'], /^[01]\./],
    ['a pattern', [/weight_hh/], /weight_hh/],
    ['the lower stacked layer and what is below', ['0', /^1\..*_l0/], /^0\.|^1\..*_l0/],
    ['all but the embedding', [/^[1-3]\./], /^[1-3]\./],
    ['one parameter, and a global pattern', ['3.bias', /bias_ih/g], /^3\.bias$|bias_ih/],
  ])('%s: these stay, others move as without', (_, frozen, pattern) => {
    const [a, b] = [language({ frozen }), language()];
    const { x, y } = tokens(1);
    const before = a.model.stateDict();
    const [{ loss, gradNorm }, free] = [a.trainer.step(x, y), b.trainer.step(x, y)];
    expect(loss).toBe(free.loss);
    expect(gradNorm).toBeLessThan(free.gradNorm);
    const [after, moved] = [a.model.stateDict(), b.model.stateDict()];
    const still = namesOf(before, pattern);
    expect(still.length).toBeGreaterThan(0);
    for (const [name, { data }] of Object.entries(after)) {
      expect(data, name).toEqual(still.includes(name) ? before[name]!.data : moved[name]!.data);
    }
  });

  test('no gradient is computed below the lowest layer that is trained', () => {
    const { model, trainer } = language({ frozen: ['0', '1'] });
    const { x, y } = tokens(1);
    trainer.step(x, y);
    const gradients = model.gradients();
    for (const name of namesOf(gradients, /^[01]\./))
      expect(
        gradients[name]!.data.every((g) => g === 0),
        name,
      ).toBe(true);
    expect(gradients['2.weight_hh_l0']!.data.some((g) => g !== 0)).toBe(true);
    // as many as without frozen parameters
    const free = language();
    free.trainer.step(x, y);
    expect(gradients['2.weight_hh_l0']).toEqual(free.model.gradients()['2.weight_hh_l0']);
  });

  test('slots of the optimizer and weight decay do not touch them; the norm that is clipped is that of the others', () => {
    const optimizer = new u.AdamW({ lr: 0.1, weightDecay: 0.5 });
    const { model, trainer } = causal({ frozen: ['0', /bias/], optimizer, clipNorm: 0.1 });
    const before = model.stateDict();
    for (let i = 0; i < 3; i++) {
      const { x, y } = tokens(i);
      trainer.step(x, y);
    }
    for (const [name, { data }] of Object.entries(model.stateDict())) {
      const still = /^0\.|bias/.test(name);
      expect([name, data.every((v, i) => v === before[name]!.data[i])]).toEqual([name, still]);
      const slot = model.network.partOf(model.network.slot(0), model.network.parameters.get(name)!);
      const moved = model.network.arena.read(slot).some((v) => v !== 0);
      expect([name, moved]).toEqual([name, !still]);
    }
    expect(trainer.steps).toBe(3);
  });

  test('an update in parts gives the bits of one whole', () => {
    const whole = causal({ optimizer: new u.Adam({ lr: 0.05, weightDecay: 0.1 }) });
    const groups = [
      { match: [/weight_hh/, '0'], lr: 0.05 },
      { match: /bias/, weightDecay: 0.1 },
    ];
    const parts = causal({ optimizer: new u.Adam({ lr: 0.05, weightDecay: 0.1 }), groups });
    for (let i = 0; i < 4; i++) {
      const { x, y } = tokens(i);
      whole.trainer.step(x, y);
      parts.trainer.step(x, y);
    }
    expectSameDict(parts.model.stateDict(), whole.model.stateDict());
  });

  test('with a memory budget, truncation, and in flow', () => {
    const { x, y } = tokens(2, 8);
    const [a, b] = [causal({ frozen: ['0', '1'] }), causal({ frozen: ['0', '1'], memoryBudget: 9000 })];
    expect(b.model.plan({ steps: 8, batch: B }).checkpoints!.segments).toBeGreaterThan(1);
    for (let i = 0; i < 2; i++) expect(b.trainer.step(x, y).gradNorm).toBe(a.trainer.step(x, y).gradNorm);
    expectSameDict(b.model.stateDict(), a.model.stateDict());
    expect(a.trainer.flow(x, y).layers.length).toBe(2);
    const cut = causal({ frozen: ['0', '1'], truncation: { k1: 2, k2: 4 } });
    const before = cut.model.stateDict();
    cut.trainer.step(x, y);
    const after = cut.model.stateDict();
    const moved = Object.keys(after).filter((name) =>
      after[name]!.data.some((v, i) => v !== before[name]!.data[i]),
    );
    expect(moved).toEqual(['2.weight', '2.bias']);
  });
});

describe('groups', () => {
  test('have a learning rate and a weight decay of their own', () => {
    const groups = [
      { match: /bias/, weightDecay: 0 },
      { match: ['0', '2.weight'], lr: 0.25 },
    ];
    const optimizer = () => new u.SGD({ lr: 1, weightDecay: 0.1 });
    const [a, b, c] = [
      causal({ groups, optimizer: optimizer() }),
      causal({ optimizer: optimizer() }),
      causal(),
    ];
    const before = a.model.stateDict();
    const { x, y } = tokens(3);
    expect(a.trainer.step(x, y).lr).toBe(1);
    b.trainer.step(x, y);
    c.trainer.step(x, y);
    const [own, all, plain] = [a.model.stateDict(), b.model.stateDict(), c.model.stateDict()];
    const moved = (dict: typeof own, name: string, lr: number) =>
      dict[name]!.data.map((v, i) => (before[name]!.data[i]! - v) / lr);
    for (const name of Object.keys(own)) {
      const [from, rate] = /bias/.test(name) ? [plain, 0.5] : [all, 1];
      expectClose(moved(own, name, /^0|2.weight/.test(name) ? 0.25 : 1), moved(from, name, rate), 1e-5, name);
    }
  });

  test('the schedule applies to them', () => {
    const [a, b] = [
      causal({ groups: [{ match: /./, lr: 1 }], schedule: () => 0.5 }),
      causal({ optimizer: new u.SGD({ lr: 1 }), schedule: () => 0.5 }),
    ];
    const { x, y } = tokens(3);
    a.trainer.step(x, y);
    b.trainer.step(x, y);
    expectSameDict(a.model.stateDict(), b.model.stateDict());
    expect(
      thrown(() => causal({ groups: [{ match: '0', lr: 1e38 }], schedule: () => 100 }).trainer.step(x, y)),
    ).toMatchObject({ argument: 'schedule' });
  });
});

describe('refused, with nothing changed:', () => {
  test.each<[string, Partial<u.TrainerOptions>, string, string[]]>([
    ['a frozen name that matches nothing', { frozen: ['9'] }, 'frozen[0]', ['9']],
    ['a part of a name', { frozen: ['0', 'weight'] }, 'frozen[1]', ['weight']],
    ['a frozen pattern that matches nothing', { frozen: [/gamma/] }, 'frozen[0]', ['/gamma/']],
    ['no list', { frozen: '0' as never }, 'frozen', ['list']],
    ['a number', { frozen: [0 as never] }, 'frozen[0]', ['pattern']],
    ['all frozen', { frozen: [/./] }, 'frozen', ['at least one']],
    ['a group that matches nothing', { groups: [{ match: /gamma/ }] }, 'groups[0].match[0]', ['/gamma/']],
    [
      'groups that overlap',
      { groups: [{ match: /bias/ }, { match: '1' }] },
      'groups[1].match',
      ['groups[0]', '1.bias_ih_l0'],
    ],
    ['a negative learning rate', { groups: [{ match: '0', lr: -1 }] }, 'groups[0].lr', []],
    ['an option of a group', { groups: [{ match: '0', betas: 1 } as never] }, 'groups[0]: betas', []],
    ['accumulate 0', { accumulate: 0 }, 'accumulate', []],
    [
      'accumulate with truncation',
      { accumulate: 2, truncation: { k1: 1, k2: 1 } },
      'accumulate',
      ['truncation'],
    ],
    ['averages of 1', { averages: 1 }, 'averages', []],
  ])('%s', (_, opts, argument, words) => {
    const { model } = causal();
    const first = model.trainer;
    const optimizer = new u.SGD({ lr: 1 });
    const error = thrown(() => new u.Trainer(model, { loss: u.crossEntropy, optimizer, ...opts }));
    expect(error).toBeInstanceOf(u.ArgumentError);
    expectWords(error, [argument, ...words]);
    expect((error as Error).message.length).toBeLessThanOrEqual(400);
    expect(model.trainer).toBe(first);
    // it has no trainer yet
    new u.Trainer(model, { loss: u.crossEntropy, optimizer });
  });
});

describe('accumulate', () => {
  test('an update every n steps with the mean of the gradients', () => {
    const [a, b] = [causal({ accumulate: 3 }), causal()];
    const batches = [tokens(1), tokens(2), tokens(3)];
    const gradients = batches.map(({ x, y }) => b.trainer.gradients(x, y));
    const mean = gradients[0]!.gradients.map((_, i) =>
      gradients.reduce((sum, g) => sum + g.gradients[i]! / 3, 0),
    );
    const before = a.model.stateDict();
    const results = batches.map(({ x, y }, i) => {
      if (i === 2) expectSameDict(a.model.stateDict(), before);
      return a.trainer.step(x, y);
    });
    expect(results.map(({ accumulated }) => accumulated)).toEqual([1, 2, undefined]);
    expect(results.map(({ loss }) => loss)).toEqual(gradients.map(({ loss }) => loss));
    b.trainer.apply(mean);
    expectClose(
      Object.values(a.model.stateDict()).flatMap(({ data }) => [...data]),
      Object.values(b.model.stateDict()).flatMap(({ data }) => [...data]),
      1e-6,
      'parameters',
    );
    expect(a.trainer.steps).toBe(1);
  });

  test('a batch that is not finite is left out, and those before it stay', () => {
    const [a, b] = [features({ accumulate: 2 }), features({ accumulate: 2, nonFinite: 'skip' })];
    const [first, second, bad] = [given(1), given(2), given(3)];
    bad.x.data[3] = Number.NaN;
    a.trainer.step(first.x, first.y);
    b.trainer.step(first.x, first.y);
    expect(thrown(() => a.trainer.step(bad.x, bad.y))).toBeInstanceOf(u.NonFiniteError);
    expect(b.trainer.step(bad.x, bad.y).skipped).toBe(true);
    expect(b.trainer.step(second.x, second.y)).toEqual(a.trainer.step(second.x, second.y));
    expect([a.trainer.steps, b.trainer.steps]).toEqual([1, 1]);
    expectSameDict(a.model.stateDict(), b.model.stateDict());
  });

  test('saved in the middle it goes on bit for bit', () => {
    const opts = () => ({ accumulate: 3, averages: 0.9, optimizer: new u.Adam({ lr: 0.05 }) });
    const [a, b] = [causal(opts()), causal(opts())];
    for (let i = 0; i < 5; i++) a.trainer.step(tokens(i).x, tokens(i).y);
    b.trainer.restore(a.trainer.save());
    for (let i = 5; i < 9; i++)
      expect(b.trainer.step(tokens(i).x, tokens(i).y)).toEqual(a.trainer.step(tokens(i).x, tokens(i).y));
    expect(b.trainer.save()).toEqual(a.trainer.save());
    expect(u.Sequential.load(a.trainer.save()).stateDict()).toEqual(a.model.stateDict());
    expect(
      thrown(() =>
        causal({ accumulate: 2, averages: 0.9, optimizer: new u.Adam() }).trainer.restore(savedWith(a, 2)),
      ),
    ).toBeInstanceOf(u.FormatError);
    expect(
      thrown(() => causal({ optimizer: new u.Adam() }).trainer.restore(a.trainer.save())),
    ).toBeInstanceOf(u.FormatError);
  });
});

function savedWith({ trainer }: ReturnType<typeof causal>, steps: number): Uint8Array {
  for (let i = 0; i < steps; i++) trainer.step(tokens(i).x, tokens(i).y);
  return trainer.save();
}

function features(opts: Partial<u.TrainerOptions> = {}) {
  const model = new u.Sequential([new u.GRU(2, 4), new u.Linear(4, V)], { seed: 1 });
  return {
    model,
    trainer: new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0.5 }), ...opts }),
  };
}

function given(seed: number) {
  const draw = new Draw(seed);
  return { x: draw.features(1, T, B, 2), y: draw.indices(V, T, B) };
}

describe('gradients and apply', () => {
  test('together they are a step: dropout, carried states, clipping, frozen parameters', () => {
    const opts = () => ({
      carryState: true,
      clipNorm: 0.5,
      frozen: [/weight_hh/],
      optimizer: new u.Adam({ lr: 0.05 }),
    });
    const make = () => {
      const model = new u.Sequential(
        [new u.Embedding(V, 4), new u.LSTM(4, 5), new u.Dropout(0.3), new u.Linear(5, V)],
        { seed: 1 },
      );
      return { model, trainer: new u.Trainer(model, { loss: u.crossEntropy, ...opts() }) };
    };
    const [a, b] = [make(), make()];
    for (let i = 0; i < 3; i++) {
      const { x, y } = tokens(i);
      const step = a.trainer.step(x, y);
      const { gradients, ...told } = b.trainer.gradients(x, y);
      expect(told).toEqual(step);
      const { gradNorm } = b.trainer.apply(gradients);
      expect(gradNorm).toBe(step.gradNorm);
    }
    expect(b.trainer.save()).toEqual(a.trainer.save());
  });

  test('gradients have the order of stateDict(), and no gaps', () => {
    const { model, trainer } = causal();
    const { x, y } = tokens(1);
    const { gradients } = trainer.gradients(x, y);
    const dict = Object.values(model.gradients());
    expect(gradients.length).toBe(model.parameterCount);
    expect([...gradients]).toEqual(dict.flatMap(({ data }) => [...data]));
  });

  test('refused: another number, no numbers, NaN, with accumulate or truncation', () => {
    const { model, trainer } = causal();
    const before = model.stateDict();
    const n = model.parameterCount;
    expect(thrown(() => trainer.apply(new Float32Array(n - 1)))).toBeInstanceOf(u.ShapeError);
    expect(thrown(() => trainer.apply('abc' as never))).toMatchObject({ argument: 'gradients' });
    expect(thrown(() => trainer.apply(new Float32Array(n).fill(Number.NaN)))).toBeInstanceOf(
      u.NonFiniteError,
    );
    const { x, y } = tokens(1);
    for (const opts of [{ accumulate: 2 }, { truncation: { k1: 1, k2: 1 } }]) {
      expect(thrown(() => causal(opts).trainer.gradients(x, y))).toBeInstanceOf(u.StateError);
      expect(thrown(() => causal(opts).trainer.apply(new Float32Array(n)))).toBeInstanceOf(u.StateError);
    }
    expectSameDict(model.stateDict(), before);
    expect(trainer.steps).toBe(0);
  });
});

describe('averages', () => {
  test('are the moving averages of the parameters', () => {
    const { model, trainer } = causal({ averages: 0.75 });
    let expected: Record<string, number[]> = {};
    for (let i = 0; i < 4; i++) {
      trainer.step(tokens(i).x, tokens(i).y);
      const dict = Object.entries(model.stateDict());
      expected = Object.fromEntries(
        dict.map(([name, { data }]) => [
          name,
          [...data].map((v, j) => (i === 0 ? v : 0.75 * expected[name]![j]! + 0.25 * v)),
        ]),
      );
    }
    const own = model.stateDict();
    trainer.swapAverages();
    for (const [name, { data }] of Object.entries(model.stateDict()))
      expectClose(data, expected[name]!, 1e-6, name);
    const { x, y } = tokens(9);
    expect(trainer.evaluate(x, y).loss).toBe(
      new u.Trainer(u.Sequential.load(model.save()), {
        loss: u.crossEntropy,
        optimizer: new u.SGD({ lr: 1 }),
      }).evaluate(x, y).loss,
    );
    expect(thrown(() => trainer.step(x, y))).toBeInstanceOf(u.StateError);
    expect(thrown(() => trainer.save())).toBeInstanceOf(u.StateError);
    trainer.swapAverages();
    expectSameDict(model.stateDict(), own);
    expect(thrown(() => causal().trainer.swapAverages())).toBeInstanceOf(u.StateError);
  });
});

describe('states', () => {
  test('a step from the states in which a stream is has the loss of what follows', () => {
    const { model, trainer } = causal();
    const { x, y } = tokens(4, 2 * T);
    const half = (data: Int32Array, first: boolean) =>
      first ? data.subarray(0, T * B) : data.subarray(T * B);
    const shape = [T, B];
    const stream = model.stream({ batch: B });
    for (let t = 0; t < T; t++) stream.step(x.data.subarray(t * B, (t + 1) * B));
    const states = stream.snapshot().states;
    const rest = { x: { data: half(x.data, false), shape }, y: { data: half(y.data, false), shape } };
    const start = { x: { data: half(x.data, true), shape }, y: { data: half(y.data, true), shape } };
    const [whole, first, second] = [
      trainer.evaluate(x, y).loss,
      trainer.evaluate(start.x, start.y, { carry: true }).loss,
      trainer.evaluate(rest.x, rest.y, { carry: true }).loss,
    ];
    expect((first + second) / 2).toBeCloseTo(whole, 6);
    expect(trainer.evaluate(rest.x, rest.y, { states: states as never }).loss).toBe(second);
    const carried = causal({ carryState: true });
    carried.trainer.step(start.x, start.y);
    expect(trainer.step(rest.x, rest.y, { states: states as never }).loss).toBe(second);
  });

  test('by name, rows in order of lengths, both directions, others zeros', () => {
    const { trainer } = language();
    const draw = new Draw(5);
    const { x, y } = tokens(5);
    const h = draw.features(1, B, 5);
    const lengths = [2, 5, 3];
    const one = (b: number) => ({
      x: { data: x.data.filter((_, i) => i % B === b).subarray(0, lengths[b]), shape: [lengths[b]!, 1] },
      y: { data: y.data.filter((_, i) => i % B === b).subarray(0, lengths[b]), shape: [lengths[b]!, 1] },
      states: { '1.h_l1_reverse': { data: h.data.subarray(b * 5, b * 5 + 5), shape: [1, 5] } },
    });
    const sum = lengths.reduce((total, n, b) => {
      const { states, ...batch } = one(b);
      return total + n * trainer.evaluate(batch.x, batch.y, { states }).loss;
    }, 0);
    const { loss } = trainer.evaluate(x, y, { lengths, states: { '1.h_l1_reverse': h } });
    expect(loss).toBeCloseTo(sum / 10, 5);
    expect(loss).not.toBe(trainer.evaluate(x, y, { lengths }).loss);
  });

  test.each<[string, object, string, string[]]>([
    ['an unknown name', { h_l0: new Float32Array(15) }, 'states', ['1.h_l0']],
    ['another size', { '1.h_l0': { data: new Float32Array(12), shape: [B, 4] } }, "states['1.h_l0']", []],
    ['no object', 3 as never, 'states', ['object']],
  ])('refused: %s', (_, states, argument, words) => {
    const { model, trainer } = causal();
    const before = model.stateDict();
    const { x, y } = tokens(1);
    const error = thrown(() => trainer.step(x, y, { states: states as never }));
    expectWords(error, [argument, ...words]);
    expectSameDict(model.stateDict(), before);
  });

  test('resetState of rows: these start from zeros, others go on', () => {
    const [a, b] = [causal({ carryState: true }), causal({ carryState: true })];
    const { x, y } = tokens(1);
    a.trainer.step(x, y);
    b.trainer.step(x, y);
    a.trainer.resetState([1]);
    const part = (row: number) => {
      const data = x.data.map((_, i) => (i % B === row ? y.data[i]! : -100));
      return { data, shape: [T, B] };
    };
    const [mine, others] = [0, 1, 2]
      .map((row) => row)
      .reduce<[number[], number[]]>(
        ([p, q], row) => {
          const target = part(row);
          return [
            [...p, lossOf(a, x, target)],
            [...q, lossOf(b, x, target)],
          ];
        },
        [[], []],
      );
    expect(mine[0]).toBe(others[0]);
    expect(mine[2]).toBe(others[2]);
    expect(mine[1]).not.toBe(others[1]);
    expect(thrown(() => a.trainer.resetState([B]))).toMatchObject({ argument: 'rows[0]' });
    expect(thrown(() => a.trainer.resetState(1 as never))).toMatchObject({ argument: 'rows' });
  });

  test('evaluate with carry starts from zeros after an update, and refuses another batch', () => {
    const { trainer } = causal();
    const { x, y } = tokens(1);
    const fresh = trainer.evaluate(x, y).loss;
    expect(trainer.evaluate(x, y, { carry: true }).loss).toBe(fresh);
    expect(trainer.evaluate(x, y, { carry: true }).loss).not.toBe(fresh);
    expect(trainer.evaluate(x, y, { carry: true, states: {} }).loss).not.toBe(fresh);
    expect(trainer.evaluate(x, y).loss).toBe(fresh);
    expect(
      thrown(() => trainer.evaluate(tokens(1, T, 2).x, tokens(1, T, 2).y, { carry: true })),
    ).toBeInstanceOf(u.ShapeError);
    trainer.resetState();
    expect(trainer.evaluate(x, y, { carry: true }).loss).toBe(fresh);
    trainer.step(x, y);
    expect(trainer.evaluate(x, y, { carry: true }).loss).toBe(trainer.evaluate(x, y).loss);
  });
});

/** The loss of the next step, which is not made. */
function lossOf(
  { trainer }: ReturnType<typeof causal>,
  x: ReturnType<typeof tokens>['x'],
  y: object,
): number {
  const checkpoint = trainer.save();
  const { loss } = trainer.step(x, y as never);
  trainer.restore(checkpoint);
  return loss;
}
