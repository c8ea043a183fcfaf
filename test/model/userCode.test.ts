import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { Draw, expectSameArray, expectSameDict, thrown } from './helpers.ts';
import { languageModel } from './languageModel.ts';

const [V, T, B] = [6, 8, 2];

function make(opts: Partial<u.TrainerOptions> = {}): u.Trainer {
  const model = languageModel(V, [4, 5, 5], { dropout: 0.2 });
  return new u.Trainer(model, {
    loss: u.crossEntropy,
    optimizer: new u.SGD({ lr: 0.1, momentum: 0.9 }),
    ...opts,
  });
}

function batch(seed: number, steps = T, rows = B) {
  const draw = new Draw(seed);
  return { x: draw.indices(V, steps, rows), y: draw.indices(V, steps, rows) };
}

const ways: Record<string, Partial<u.TrainerOptions>> = {
  'whole sequences': {},
  'carried states': { carryState: true },
  truncation: { truncation: { k1: 2, k2: 4 }, carryState: true },
  'a memory budget': { memoryBudget: 12_000, carryState: true },
};

/** Calls that change what the update is made from, or draw random numbers. */
const CHANGES = ['dispose', 'restore', 'resetState', 'loadStateDict', 'new Trainer', 'forward for training'];

/** Every other call on a trainer and its model. */
function calls(t: u.Trainer): Record<string, () => unknown> {
  const { x, y } = batch(9, 3, 4);
  const { model } = t;
  const stream = model.stream();
  stream.step(1);
  const state = stream.snapshot();
  const pool = model.streams({ capacity: 2 });
  const session = pool.open();
  const file = t.save();
  return {
    step: () => t.step(x, y),
    evaluate: () => t.evaluate(x, y),
    flow: () => t.flow(x, y),
    resetState: () => t.resetState(),
    restore: () => t.restore(file),
    'Trainer.save': () => t.save(),
    'new Trainer': () => new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 1 }) }),
    forward: () => model.forward(x),
    'forward for training': () => model.forward(x, { training: true }),
    save: () => model.save(),
    stateDict: () => model.stateDict(),
    loadStateDict: () => model.loadStateDict(make().model.stateDict()),
    gradients: () => model.gradients(),
    zeroGradients: () => model.zeroGradients(),
    dispose: () => model.dispose(),
    stream: () => model.stream({ batch: 3 }),
    'stream.step': () => stream.step(2),
    'stream.sample': () => stream.sample(new u.Generator(1)),
    'stream.probabilities': () => stream.probabilities(),
    'stream.reset': () => stream.reset(),
    'stream.snapshot': () => stream.snapshot(),
    'stream.restore': () => stream.restore(state),
    'stream.fork': () => stream.fork(),
    'stream.dispose': () => stream.dispose(),
    streams: () => model.streams({ capacity: 3 }),
    'pool.open': () => pool.open(),
    'pool.step': () => pool.step([session], 1),
    'session.fork': () => session.fork(),
    'session.close': () => session.close(),
    'pool.dispose': () => pool.dispose(),
    beamSearch: () => u.beamSearch(model, { start: [1], length: 2, beams: 2 }),
  };
}

beforeAll(() => u.init({ kernels: 'simd' }));

describe('a schedule that looks at a validation loss', () => {
  for (const [name, opts] of Object.entries(ways)) {
    test(`trains on its own batch, with ${name}`, () => {
      const valid = batch(7, 5, 3);
      const seen: number[] = [];
      let inside: u.Trainer | undefined;
      const schedule = () => {
        if (inside) seen.push(inside.evaluate(valid.x, valid.y).loss);
        return 0.5;
      };
      const [plateau, plain] = [make({ ...opts, schedule }), make({ ...opts, schedule: () => 0.5 })];
      inside = plateau;
      for (let i = 0; i < 3; i++) {
        const { x, y } = batch(i);
        const expected = plain.evaluate(valid.x, valid.y).loss;
        expect(plateau.step(x, y)).toEqual(plain.step(x, y));
        expect(seen.shift()).toBe(expected);
        seen.length = 0;
      }
      expectSameDict(plateau.model.stateDict(), plain.model.stateDict());
    });

    test(`may call anything else before the update begins, or is refused, with ${name}`, () => {
      for (const call of Object.keys(calls(make(opts)))) {
        if (CHANGES.includes(call)) continue;
        let act = () => {};
        const schedule = () => {
          act();
          return 1;
        };
        const [acting, plain] = [make({ ...opts, schedule }), make(opts)];
        for (const t of [acting, plain]) t.step(batch(1).x, batch(1).y);
        const own = calls(acting);
        let error: unknown;
        act = () => {
          act = () => {};
          try {
            own[call]!();
          } catch (caught) {
            error = caught;
          }
        };
        const { x, y } = batch(2);
        expect(acting.step(x, y), call).toEqual(plain.step(x, y));
        if (call === 'step') expect(error).toBeInstanceOf(u.StateError);
        else if (call !== 'flow') expect(error, call).toBeUndefined();
        expectSameDict(acting.model.stateDict(), plain.model.stateDict(), call);
      }
    });
  }
});

describe('while a call is under way every other one on the model is refused:', () => {
  /** A loss that calls back in the middle of an update. */
  function calling(call: () => void): u.Loss {
    const inner = u.crossEntropy();
    return {
      ...inner,
      run(kernels, args) {
        call();
        return inner.run(kernels, args);
      },
    };
  }

  for (const [name, opts] of Object.entries(ways)) {
    test(`from a loss, with ${name}`, () => {
      let own: Record<string, () => unknown> = {};
      let call = '';
      const errors: unknown[] = [];
      const loss = calling(() => {
        if (call) errors.push(thrown(own[call]!));
      });
      const [acting, plain] = [make({ ...opts, loss }), make(opts)];
      own = calls(acting);
      calls(plain);
      for (call of Object.keys(own)) {
        const { x, y } = batch(3);
        expect(acting.step(x, y), call).toEqual(plain.step(x, y));
        expect(errors.length, call).toBeGreaterThan(0);
        const type = call === 'flow' && opts !== ways['whole sequences'] ? u.UnrolledError : u.StateError;
        for (const error of errors.splice(0)) expect(error, call).toBeInstanceOf(type);
      }
      expectSameDict(acting.model.stateDict(), plain.model.stateDict());
    });
  }

  test('from getters and Proxies of x, y, shapes, lengths and masks', () => {
    const [acting, plain] = [make(), make()];
    const own = calls(acting);
    calls(plain);
    const { x, y } = batch(4);
    const lengths = [T, T];
    for (const call of Object.keys(own)) {
      const errors: unknown[] = [];
      const act = () => void errors.push(thrown(own[call]!));
      const proxy = <A extends object>(target: A): A =>
        new Proxy(target, {
          get(from, key) {
            if (key === '1') act();
            return Reflect.get(from, key) as unknown;
          },
        });
      const getters = {
        get data() {
          act();
          return [...x.data];
        },
        get shape() {
          act();
          return proxy([T, B]);
        },
      };
      const ownY = { data: proxy([...y.data]), shape: [T, B] };
      const result = acting.step(getters, ownY, { lengths: proxy(lengths) });
      expect(result, call).toEqual(plain.step(x, y, { lengths }));
      expect(errors.length, call).toBeGreaterThan(4);
      for (const error of errors) expect(error, call).toBeInstanceOf(u.StateError);
    }
    expectSameDict(acting.model.stateDict(), plain.model.stateDict());
  });

  test('from the input of a stream, the sessions of a pool and a saved state', () => {
    const t = make();
    const own = calls(t);
    const stream = t.model.stream({ batch: 2 });
    const pool = t.model.streams({ capacity: 2 });
    const sessions = [pool.open(), pool.open()];
    const errors: unknown[] = [];
    const proxy = <A extends object>(target: A): A =>
      new Proxy(target, {
        get(from, key) {
          if (key === '0' || key === 'states')
            for (const call of Object.values(own)) errors.push(thrown(call));
          return Reflect.get(from, key) as unknown;
        },
      });
    const expected = Float32Array.from(t.model.stream({ batch: 2 }).step([1, 2]));
    expect(Float32Array.from(stream.step(proxy([1, 2])))).toEqual(expected);
    expect(Float32Array.from(pool.step(proxy(sessions), proxy([1, 2])))).toEqual(expected);
    expect(errors.length).toBeGreaterThan(20);
    for (const error of errors) expect(error).toBeInstanceOf(u.StateError);
  });

  test('an error in user code leaves the model free for the next call', () => {
    const [t, plain] = [make(), make()];
    const bad = new Proxy([1, 2], {
      get(from, key) {
        if (key === '1') throw new RangeError('mine');
        return Reflect.get(from, key) as unknown;
      },
    });
    const { x, y } = batch(5);
    for (const call of [() => t.step(bad, y), () => t.model.forward(bad), () => t.evaluate(x, bad)])
      expect(thrown(call)).toBeInstanceOf(Error);
    expect(t.step(x, y)).toEqual(plain.step(x, y));
  });

  test('initialisers: a layer is not claimed twice, nor called while it is made', () => {
    let act: () => unknown = () => {};
    const init = {
      weight_hh: (shape: readonly number[]) => {
        act();
        (shape as number[]).push(1);
        return new Float32Array(shape[0]! * shape[1]!);
      },
    };
    const layer = new u.LSTM(2, 3, { init });
    let error: unknown;
    act = () => {
      error = thrown(() => new u.Sequential([layer]));
    };
    const model = new u.Sequential([layer]);
    expect(error).toBeInstanceOf(u.StateError);
    expect(model.forward([1, 2]).shape).toEqual([1, 1, 3]);
    const standalone = new u.LSTM(2, 3, { init });
    act = () => {
      error = thrown(() => standalone.forward([1, 2]));
    };
    expect(standalone.forward([1, 2]).output.shape).toEqual([1, 1, 3]);
    expect(error).toBeInstanceOf(u.StateError);
    act = () => {
      throw new RangeError('mine');
    };
    const failing = new u.LSTM(2, 3, { init });
    expect(thrown(() => new u.Sequential([failing]))).toBeInstanceOf(RangeError);
    act = () => {};
    expect(new u.Sequential([failing]).parameterCount).toBeGreaterThan(0);
  });
});

test('a call within a step is refused before it copies running statistics', () => {
  const model = new u.Sequential([new u.BatchNorm(2), new u.Linear(2, 1)], { seed: 1 });
  const x = new Draw(1).features(1, 4, 1, 2);
  const y = new Draw(2).features(1, 4, 1, 1);
  let call = () => {};
  const mean = {
    name: 'mean',
    targets: 'features' as const,
    evaluate: (output: Float32Array) => {
      call();
      return output[0]!;
    },
  };
  const trainer: u.Trainer = new u.Trainer(model, { loss: mean, optimizer: new u.SGD({ lr: 0.1 }) });
  const before = model.save();
  for (const inner of [
    () => trainer.step(x, y),
    () => trainer.flow(x, y),
    () => trainer.gradients(x, y),
    () => trainer.apply(new Float32Array(7)),
  ]) {
    call = () => void inner();
    expect(thrown(() => trainer.step(x, y))).toBeInstanceOf(u.StateError);
    call = () => {
      thrown(inner);
      throw new RangeError('of its own');
    };
    expect(thrown(() => trainer.step(x, y))).toBeInstanceOf(RangeError);
    expect(model.save()).toEqual(before);
  }
});

describe('what is checked is what is used:', () => {
  /** Gives each element right at first, and otherwise from then on. */
  function changing(values: readonly number[], later: number): number[] {
    const read = new Set<PropertyKey>();
    return new Proxy([...values], {
      get(target, key) {
        const isElement = typeof key === 'string' && /^\d+$/.test(key);
        if (!isElement) return Reflect.get(target, key) as unknown;
        if (read.has(key)) return later;
        read.add(key);
        return Reflect.get(target, key) as unknown;
      },
    });
  }

  test.each([-1, 1e9, 0.5, Number.NaN])('indices, lengths and masks that become %d', (later) => {
    const [t, plain] = [make(), make()];
    const { x, y } = batch(1);
    const lengths = [3, T];
    const mask = Array.from({ length: T * B }, (_, i) => (i % 3 ? 1 : 0));
    const lying = () => ({ data: changing([...x.data], later), shape: changing([T, B], later) });
    const lyingY = () => ({ data: changing([...y.data], later), shape: [T, B] });
    expect(t.step(lying(), lyingY(), { lengths: changing(lengths, later) })).toEqual(
      plain.step(x, y, { lengths }),
    );
    expect(t.step(lying(), lyingY(), { mask: changing(mask, later) })).toEqual(plain.step(x, y, { mask }));
    expect(t.evaluate(lying(), lyingY())).toEqual(plain.evaluate(x, y));
    expectSameArray(t.model.forward(lying()), plain.model.forward(x), 'forward');
    const [a, b] = [t.model.stream({ batch: 2, block: 2 }), plain.model.stream({ batch: 2, block: 2 })];
    const steps = Float32Array.from(a.steps(changing([1, 2, 3, 4], later)));
    expect(steps).toEqual(Float32Array.from(b.steps([1, 2, 3, 4])));
    expect(u.beamSearch(t.model, { start: changing([1, 2], later), length: 2, beams: 2 })).toEqual(
      u.beamSearch(plain.model, { start: [1, 2], length: 2, beams: 2 }),
    );
    for (const way of ['truncation', 'a memory budget']) {
      const [c, d] = [make(ways[way]), make(ways[way])];
      expect(c.step(lying(), lyingY()), way).toEqual(d.step(x, y));
    }
  });

  test('states and features that change, of a single layer and of streams', () => {
    const [a, b] = [new u.GRU(2, 3), new u.GRU(2, 3)];
    const draw = new Draw(2);
    const [x, h0] = [draw.features(1, 4, 1, 2), draw.features(1, 1, 1, 3)];
    const lying = (of: typeof x) => ({ data: changing([...of.data], 1e30), shape: changing(of.shape, 1e9) });
    expectSameArray(a.forward(lying(x), { h0: lying(h0) }).hN, b.forward(x, { h0 }).hN, 'hN');
    const t = make();
    const [one, two] = [t.model.stream(), t.model.stream()];
    one.step(1);
    const state = one.snapshot();
    const states = Object.fromEntries(
      Object.entries(state.states).map(([name, value]) => [name, lying(value)]),
    );
    const outputs = [changing([...state.outputs[0]!], Number.NaN)];
    two.restore({ states, outputs } as unknown as typeof state);
    expect(two.snapshot()).toEqual(state);
  });

  test('shared memory, and typed arrays that lie about their length', () => {
    const { x, y } = batch(1);
    // pages that are not isolated have no SharedArrayBuffer by name
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const shared = new Int32Array(memory.buffer, 0, x.data.length);
    shared.set(x.data);
    class Lying extends Int32Array {
      override get length(): number {
        return T * B;
      }
    }
    const [t, plain] = [make(), make()];
    const given = shared as unknown as Int32Array<ArrayBuffer>;
    expect(t.step({ data: given, shape: [T, B] }, y)).toEqual(plain.step(x, y));
    const long = new Lying(100_000).fill(1);
    const error = thrown(() => t.step({ data: long, shape: [T, B] }, y));
    expect(error).toBeInstanceOf(u.UnrolledError);
    expect(t.step(x, y)).toEqual(plain.step(x, y));
    expectSameDict(t.model.stateDict(), plain.model.stateDict());
    const features = new u.Sequential([new u.GRU(1, 2)]).stream();
    const lie = new (class extends Float32Array {
      override get length(): number {
        return 1;
      }
    })(100_000);
    expect(features.step(lie)).toHaveLength(2);
  });

  test('options that change after the trainer was made', () => {
    const truncation = { k1: 2, k2: 4 };
    const opts = { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }), truncation, clipNorm: 1 };
    const model = new u.Sequential([new u.GRU(1, 2)]);
    const trainer = new u.Trainer(model, opts);
    Object.assign(truncation, { k1: 0 });
    Object.assign(opts, { clipNorm: Number.NaN });
    const draw = new Draw(1);
    const { loss } = trainer.step(draw.features(1, 4, 1, 1), draw.features(1, 4, 1, 2));
    expect(loss).toBeGreaterThan(0);
    expect(model.stateDict()['0.weight_hh_l0']!.data.every(Number.isFinite)).toBe(true);
  });
});
