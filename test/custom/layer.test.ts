import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectClose } from '../kernels/closeness.ts';
import { Draw, thrown } from '../model/helpers.ts';
import { Dense, Elman, Mean } from './layers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const [T, B, I, H, O] = [6, 3, 4, 5, 2];
const lengths = [2, 6, 4];

/** A model of layers of a user's own, and the same of this package. */
function both() {
  const own = new u.Sequential(
    [new Elman({ inputSize: I, units: H }), new Dense({ inputSize: H, units: O })],
    {
      seed: 3,
    },
  );
  const built = new u.Sequential([new u.RNN(I, H, { bias: false }), new u.Linear(H, O)]);
  const state = own.stateDict();
  built.loadStateDict(
    Object.fromEntries(
      Object.entries(state).map(([name, value]) => [name.replace(/(_ih|_hh)$/, '$1_l0'), value]),
    ),
  );
  return { own, built };
}

function batches(count: number) {
  const draw = new Draw(5);
  return Array.from({ length: count }, () => ({
    x: draw.features(1, T, B, I),
    y: draw.features(1, T, B, O),
  }));
}

describe('layers of your own', () => {
  test.each([{}, { lengths }])('forward and backward are those of RNN and Linear: %o', (opts) => {
    const { own, built } = both();
    const [{ x, y }] = batches(1) as [ReturnType<typeof batches>[0]];
    expectClose(own.forward(x, opts).data, built.forward(x, opts).data, 1e-6, 'inference');
    const a = own.forward(x, { ...opts, training: true });
    expectClose(a.data, built.forward(x, { ...opts, training: true }).data, 1e-6, 'training');
    own.zeroGradients();
    built.zeroGradients();
    expectClose(own.backward(y)!.data, built.backward(y)!.data, 1e-6, 'input');
    const expected = Object.values(built.gradients());
    for (const [i, { data }] of Object.values(own.gradients()).entries()) {
      expectClose(data, expected[i]!.data, 2e-6, `parameter ${i}`);
    }
  });

  test.each<[string, Partial<u.TrainerOptions>]>([
    ['plain', {}],
    ['carried states', { carryState: true }],
    ['a memory budget', { memoryBudget: 2000 }],
    ['truncation', { truncation: { k1: 2, k2: 4 } }],
  ])('training with %s', (_, opts) => {
    const { own, built } = both();
    const train = (model: u.Sequential) => {
      const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }), ...opts });
      return batches(6).map(({ x, y }) => trainer.step(x, y).loss);
    };
    expectClose(train(own), train(built), 1e-5, 'losses');
    if (opts.memoryBudget) {
      expect(own.plan({ steps: T, batch: B }).checkpoints!.segments).toBeGreaterThan(1);
    }
    const expected = Object.values(built.stateDict());
    for (const [i, { data }] of Object.values(own.stateDict()).entries()) {
      expectClose(data, expected[i]!.data, 1e-5, `parameter ${i}`);
    }
  });

  test('a stream gives what forward gives, to the bit, in blocks, forks and pools', () => {
    const { own } = both();
    const [{ x }] = batches(1) as [ReturnType<typeof batches>[0]];
    const { data } = own.forward(x);
    const stream = own.stream({ batch: B, block: 3 });
    const row = (t: number) => x.data.subarray(t * B * I, (t + 1) * B * I);
    expect([...stream.step(row(0))]).toEqual([...data.subarray(0, B * O)]);
    const other = stream.fork();
    expect([...stream.steps(x.data.subarray(B * I, 4 * B * I))]).toEqual([
      ...data.subarray(B * O, 4 * B * O),
    ]);
    expect([...other.step(row(1))]).toEqual([...data.subarray(B * O, 2 * B * O)]);
    const pool = own.streams({ capacity: 2 });
    const session = pool.open();
    const first = Array.from({ length: 2 }, (_, t) => [
      ...pool.step([session], x.data.subarray(t * B * I, t * B * I + I)),
    ]);
    expect(first).toEqual([[...data.subarray(0, O)], [...data.subarray(B * O, B * O + O)]]);
  });

  test('the mean over the steps of rows of their own lengths', () => {
    const model = new u.Sequential([new Mean(), new u.Linear(I, 1)]);
    const [{ x }] = batches(1) as [ReturnType<typeof batches>[0]];
    const { weight, bias } = Object.fromEntries(
      Object.entries(model.stateDict()).map(([name, { data }]) => [name.slice(2), data]),
    );
    const expected = lengths.map((n, b) => {
      let sum = bias![0]!;
      for (let t = 0; t < n; t++)
        for (let i = 0; i < I; i++) sum += (weight![i]! * x.data[(t * B + b) * I + i]!) / n;
      return sum;
    });
    expectClose(model.forward(x, { lengths }).data, expected, 1e-6, 'means');
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW({ lr: 0.05 }) });
    const y = { data: new Float32Array(B).fill(1), shape: [1, B, 1] };
    const before = trainer.step(x, y, { lengths }).loss;
    for (let i = 0; i < 30; i++) trainer.step(x, y, { lengths });
    expect(trainer.evaluate(x, y, { lengths }).loss).toBeLessThan(before / 5);
  });

  test('are saved by name, and loaded with their classes', () => {
    const { own } = both();
    const file = own.save();
    const loaded = u.Sequential.load(file, { layers: { Dense, Elman } });
    const [{ x }] = batches(1) as [ReturnType<typeof batches>[0]];
    expect(loaded.forward(x)).toEqual(own.forward(x));
    expect(loaded.save()).toEqual(file);
    const error = thrown(() => u.Sequential.load(file, { layers: { Dense } }));
    expect(error).toBeInstanceOf(u.FormatError);
    expect((error as Error).message).toContain('Elman');
    for (const none of [() => new Elman({ inputSize: I, units: 3 }), 5, null, {}]) {
      const refused = thrown(() => u.Sequential.load(file, { layers: { Dense, Elman: none as never } }));
      expect(refused).toMatchObject({ name: 'ArgumentError', argument: 'layers.Elman' });
    }
  });

  test('a config that JSON can not hold is refused, by name', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const config of [{ size: 1n }, cyclic]) {
      const layer = Object.assign(new Dense({ inputSize: I, units: 2 }), { config: () => config });
      const refused = thrown(() => new u.Sequential([layer as never]).save());
      expect(refused).toMatchObject({ name: 'ArgumentError', argument: 'Dense.config' });
    }
  });

  test('what sees the whole sequence is refused by streams, truncation and memoryBudget, by name', () => {
    const make = () => new u.Sequential([new u.Linear(I, I), new Mean()]);
    const error = thrown(() => make().stream());
    expect(error).toBeInstanceOf(u.StateError);
    expect((error as Error).message).toMatch(/layers\[1\] \(Mean\).*states/);
    for (const opts of [{ truncation: { k1: 1, k2: 1 } }, { memoryBudget: 1e6 }]) {
      const refused = thrown(() => new u.Trainer(make(), { loss: u.mse, optimizer: new u.AdamW(), ...opts }));
      expect(refused).toBeInstanceOf(u.ArgumentError);
      expect((refused as Error).message).toContain('Mean');
    }
  });

  test('one that throws leaves the model as it was', () => {
    const { own } = both();
    const trainer = new u.Trainer(own, { loss: u.mse, optimizer: new u.AdamW(), carryState: true });
    const [first, second] = batches(2) as [ReturnType<typeof batches>[0], ReturnType<typeof batches>[0]];
    trainer.step(first.x, first.y);
    const file = trainer.save();
    const { backward } = Dense.prototype;
    Dense.prototype.backward = () => {
      throw new RangeError('broken');
    };
    try {
      expect(thrown(() => trainer.step(second.x, second.y))).toBeInstanceOf(RangeError);
    } finally {
      Dense.prototype.backward = backward;
    }
    expect(trainer.save()).toEqual(file);
    trainer.step(second.x, second.y);
  });

  test('an async function is refused', () => {
    const odd = { type: 'Odd', inputSize: 2, outputSize: () => 2, forward: () => {}, backward: () => {} };
    const fails = () => Promise.reject(new Error('too late'));
    const x = { data: new Float32Array(4), shape: [2, 1, 2] };
    const passes = (layer: object) => {
      const model = new u.Sequential([new u.Linear(2, 2), layer as never]);
      model.forward(x, { training: true });
      model.backward(x);
    };
    for (const call of [passes, u.gradcheck as (layer: never) => unknown])
      for (const name of ['forward', 'backward'])
        expect(thrown(() => call({ ...odd, [name]: fails } as never))).toMatchObject({
          name: 'ArgumentError',
          argument: `Odd.${name}`,
        });
  });

  test.each<[object, string]>([
    [{ type: '' }, 'layer.type'],
    [{ inputSize: 0 }, 'Odd.inputSize'],
    [{ outputSize: 3 }, 'Odd.outputSize'],
    [{ outputSize: () => 0 }, 'Odd.outputSize'],
    [{ states: { h: -1 } }, 'Odd.states.h'],
    [{ states: {}, reducesSteps: true }, 'Odd.states'],
    [{ saved: 0.5 }, 'Odd.saved'],
    [
      { parameters: [{ name: 'a b', shape: [1], init: () => new Float32Array(1) }] },
      'Odd.parameters[0].name',
    ],
    [{ parameters: [{ name: 'w', shape: [1] }] }, 'Odd.parameters[0].init'],
    [{ parameters: [{ name: 'w', init: () => new Float32Array(1) }] }, 'Odd.parameters[0].shape'],
    [
      { parameters: [0, 0].map(() => ({ name: 'w', shape: [1], init: () => [1] })) },
      'Odd.parameters[1].name',
    ],
    [{ parameters: [null] }, 'Odd.parameters[0].name'],
    [{ parameters: 5 }, 'Odd.parameters'],
  ])('a declaration that does not hold is refused: %o', (change, argument) => {
    const layer = {
      ...{ type: 'Odd', inputSize: 2, outputSize: () => 2, forward: () => {}, backward: () => {} },
      ...change,
    };
    for (const make of [() => new u.Sequential([layer as never]), () => u.gradcheck(layer as never)]) {
      const error = thrown(make);
      expect(error).toBeInstanceOf(u.ArgumentError);
      // gradcheck has an option inputSize
      expect(argument.endsWith((error as u.ArgumentError).argument!)).toBe(true);
    }
  });
});
