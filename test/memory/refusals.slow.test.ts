import { afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import * as u from '../../src/index.ts';

/** One of this number of allocations is refused; fewer in a browser, whose engine is Node's. */
const EVERY = inject('browser') ? 7 : 1;

type Attempt = <T>(call: () => T) => T;

const V = 4;
// as they are before one of them is refused
const { Float32Array: Floats, Int32Array: Integers, Uint8Array: Bytes } = globalThis;

function tokens(steps: number, batch: number) {
  const data = new Integers(steps * batch);
  for (let i = 0; i < data.length; i++) data[i] = (7 * i + steps) % V;
  return { data, shape: [steps, batch] };
}

const features = { data: Floats.from({ length: 12 }, (_, i) => i / 7), shape: [2, 2, 3] };
const small = tokens(6, 2);
const lengths = [6, 2];
const mask = [1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0];
const upstream = new Array<number>(6 * 2 * V).fill(0.1);
const outputGradient = new Array<number>(16).fill(1);

function make(attempt: Attempt, opts: Partial<u.TrainerOptions>, hidden = 16): u.Trainer {
  const model = attempt(
    () =>
      new u.Sequential(
        [new u.Embedding(V, 8), new u.LSTM(8, hidden), new u.Dropout(0.5), new u.Linear(hidden, V)],
        {
          seed: 1,
        },
      ),
  );
  return attempt(
    () => new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.AdamW(), carryState: true, ...opts }),
  );
}

/** What the trainer holds: all that is saved. */
const held = ({ data }: { data: Uint8Array }): number[] => [...data];

const scenarios: Record<string, (attempt: Attempt) => unknown[]> = {
  'forward and backward'(attempt) {
    const { model } = make(attempt, {});
    const seen: unknown[] = [];
    for (const steps of [6, 300, 3000]) {
      const x = tokens(steps, 2);
      seen.push(attempt(() => model.forward(x, { training: true })));
      seen.push(attempt(() => model.forward(x)));
    }
    seen.push(attempt(() => model.forward(small, { training: true, lengths })));
    attempt(() => model.backward(upstream));
    seen.push(attempt(() => model.forward(small, { mask })));
    seen.push(
      attempt(() => model.gradients()),
      attempt(() => model.stateDict()),
    );
    return seen;
  },
  'a layer used alone'(attempt) {
    const layer = new u.LSTM(3, 4, { batchFirst: true, inputDropout: 0.5 });
    const seen: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      seen.push(attempt(() => layer.forward(features, { training: true })));
      seen.push(attempt(() => layer.backward({ output: outputGradient })));
    }
    const long = { data: new Floats(60_000), shape: [2, 10_000, 3] };
    seen.push(attempt(() => layer.forward(long, { mask: new Bytes(20_000).fill(1) })));
    return seen;
  },
  'steps, evaluations and checkpoints of states carried'(attempt) {
    const trainer = make(attempt, {});
    const seen: unknown[] = [];
    for (const batch of [2, 200, 2, 900]) {
      attempt(() => trainer.resetState());
      for (let i = 0; i < 2; i++) seen.push(attempt(() => trainer.step(tokens(6, batch), tokens(6, batch))));
      seen.push(attempt(() => trainer.evaluate(tokens(9, batch), tokens(9, batch))));
    }
    seen.push(attempt(() => trainer.step(tokens(6, 900), tokens(6, 900), { flow: true })));
    const file = attempt(() => trainer.save());
    const other = make(attempt, {});
    attempt(() => other.restore(file));
    seen.push(attempt(() => other.step(tokens(6, 900), tokens(6, 900))));
    const loaded = attempt(() => u.Sequential.load(file));
    seen.push(
      attempt(() => loaded.forward(small)),
      file.length,
      held({ data: file }),
    );
    attempt(() => trainer.resetState());
    seen.push(attempt(() => trainer.step(small, small, { lengths })));
    seen.push(attempt(() => trainer.step(small, small, { mask })));
    return seen;
  },
  truncation(attempt) {
    const trainer = make(attempt, { truncation: { k1: 2, k2: 4 } });
    const seen: unknown[] = [];
    for (const batch of [2, 300, 1500]) {
      attempt(() => trainer.resetState());
      for (let i = 0; i < 2; i++) seen.push(attempt(() => trainer.step(tokens(9, batch), tokens(9, batch))));
    }
    return [...seen, held({ data: attempt(() => trainer.save()) })];
  },
  'a memory budget'(attempt) {
    const trainer = make(attempt, { memoryBudget: 2_000_000 });
    const seen: unknown[] = [];
    for (const batch of [2, 100, 200]) {
      attempt(() => trainer.resetState());
      for (let i = 0; i < 2; i++)
        seen.push(attempt(() => trainer.step(tokens(40, batch), tokens(40, batch))));
    }
    return [...seen, held({ data: attempt(() => trainer.save()) })];
  },
  'streams and pools'(attempt) {
    const { model } = make(attempt, {}, 64);
    const generator = new u.Generator(3);
    const seen: unknown[] = [];
    for (const [batch, block] of [
      [1, 1],
      [2, 40],
      [40, 40],
      [100, 3],
    ] as const) {
      const stream = attempt(() => model.stream({ batch, block }));
      const { data } = tokens(block, batch);
      seen.push(
        [...attempt(() => stream.steps(data))],
        attempt(() => stream.sample(generator)),
      );
      const state = attempt(() => stream.snapshot());
      seen.push([...attempt(() => stream.steps(data))]);
      attempt(() => stream.restore(state));
      seen.push([...attempt(() => stream.steps(data))], state);
    }
    for (const capacity of [2, 400]) {
      const pool = attempt(() => model.streams({ capacity }));
      const sessions = [attempt(() => pool.open()), attempt(() => pool.open())];
      seen.push([...attempt(() => pool.step(sessions, [1, 2]))]);
      const state = attempt(() => sessions[0]!.snapshot());
      attempt(() => sessions[1]!.restore(state));
      seen.push([...attempt(() => pool.step(sessions, [3, 3]))], state);
    }
    return seen;
  },
};

const { grow } = WebAssembly.Memory.prototype;
const { slice } = Floats.prototype;

function restoreAll(): void {
  WebAssembly.Memory.prototype.grow = grow;
  Object.assign(globalThis, { Float32Array: Floats, Int32Array: Integers, Uint8Array: Bytes });
  Floats.prototype.slice = slice;
}

afterEach(restoreAll);

function refuseGrowth(refuse: () => void): void {
  WebAssembly.Memory.prototype.grow = function (by) {
    refuse();
    return grow.call(this, by);
  };
}

/** Arrays of a length, and copies; no views. */
function refuseArrays(refuse: () => void): void {
  for (const [name, made] of Object.entries({
    Float32Array: Floats,
    Int32Array: Integers,
    Uint8Array: Bytes,
  })) {
    const construct = (target: never, args: unknown[], newTarget: never) => {
      if (typeof args[0] === 'number' && args[0] > 0) refuse();
      return Reflect.construct(target, args, newTarget);
    };
    Object.assign(globalThis, { [name]: new Proxy(made, { construct } as ProxyHandler<never>) });
  }
  Floats.prototype.slice = function (...args) {
    refuse();
    return slice.apply(this, args);
  };
}

/**
 * Runs a scenario in which allocation number `n` of a kind is refused (0: none) and the call that it was for is made again.
 * Gives what it saw, how many allocations there were, and what was thrown.
 */
function run(scenario: (attempt: Attempt) => unknown[], n: number, install: (refuse: () => void) => void) {
  let count = 0;
  const errors: unknown[] = [];
  install(() => {
    if (++count === n) throw new RangeError('refused');
  });
  const seen = scenario((call) => {
    try {
      return call();
    } catch (error) {
      errors.push(error);
      return call();
    }
  });
  restoreAll();
  return { seen: JSON.stringify(seen), count, errors };
}

describe.each([
  ['a memory that does not grow', refuseGrowth, 1],
  ['an array that is refused', refuseArrays, 8],
] as const)('%s: a MemoryError, after which the same calls give the same bits', (_, install, least) => {
  beforeAll(async () => {
    await u.init({ kernels: 'simd' });
  });

  test.each(Object.entries(scenarios))('%s', (_, scenario) => {
    const { seen, count } = run(scenario, 0, install);
    expect(count).toBeGreaterThanOrEqual(least);
    for (let n = 1; n <= count; n += EVERY) {
      const refused = run(scenario, n, install);
      expect(refused.errors, `number ${n} of ${count}`).toEqual([expect.any(u.MemoryError)]);
      expect(refused.seen === seen, `number ${n} of ${count}: the same bits`).toBe(true);
    }
  });
});
