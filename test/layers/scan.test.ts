import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectThrows } from '../errors.ts';
import { expectClose, expectSame } from '../kernels/closeness.ts';
import { Draw, doubles, expectSameArray, expectSameDict, kernelBuilds, stepsOf } from '../model/helpers.ts';
import { runConfigurable } from '../reference/configurable.ts';
import type { ConfigurableCell } from '../reference/parameters.ts';

const OUTPUT = 1e-5;
const GRADIENT = 1e-4;

const makers = {
  mingru: u.MinGRU,
  minlstm: u.MinLSTM,
  'indrnn relu': u.IndRNN,
  'indrnn tanh': u.IndRNN,
  sru: u.SRU,
} as const;
type Name = keyof typeof makers;
const names = Object.keys(makers) as Name[];

/** What all of them have in common; states as the cell has them. */
interface Any {
  forward(x: u.Given, opts?: object): Pick<u.ForwardResult, 'output'> & Partial<u.ForwardResult>;
  backward(upstream: object): Pick<u.BackwardResult, 'input'> & Partial<u.BackwardResult>;
  stateDict(): Record<string, u.NDArray>;
  gradients(): Record<string, u.NDArray>;
  config(): Record<string, unknown>;
}

function make(name: Name, inputSize: number, hiddenSize: number, opts: u.IndRNNOptions = {}): Any {
  const own = name === 'indrnn tanh' ? { nonlinearity: 'tanh' as const } : {};
  return new makers[name](inputSize, hiddenSize, { ...own, ...opts });
}

interface Case {
  label: string;
  opts?: u.IndRNNOptions;
  sizes?: [T: number, B: number, I: number, H: number];
  lengths?: number[];
  states?: boolean;
}

const cases: Case[] = [
  { label: 'plain' },
  { label: 'one of all', sizes: [1, 1, 1, 1] },
  { label: 'initial and last states', states: true },
  { label: 'tail 17', sizes: [5, 4, 17, 17], states: true },
  { label: 'no bias', opts: { bias: false } },
  { label: 'three layers', opts: { numLayers: 3 }, states: true },
  { label: 'both directions', opts: { bidirectional: true }, states: true },
  { label: 'lengths', lengths: [3, 5, 1, 5], states: true },
  {
    label: 'both directions, two layers, lengths',
    opts: { bidirectional: true, numLayers: 2 },
    lengths: [2, 6, 0, 4],
    states: true,
  },
  ...(['sum', 'mul', 'ave'] as const).map((mergeMode) => ({
    label: `both directions as their ${mergeMode}, two layers`,
    opts: { bidirectional: true, numLayers: 2, mergeMode },
    sizes: [4, 3, 6, 6] as [number, number, number, number],
  })),
  {
    label: 'a limit of every step',
    opts: { clipStepNorm: 0.5, numLayers: 2 },
    lengths: [6, 2, 5, 1],
    states: true,
  },
];

function drawn(name: Name, { opts = {}, sizes = [6, 4, 5, 7], lengths, states }: Case) {
  const [T, B, I, H] = sizes;
  const draw = new Draw(T + 2 * B + 3 * I + 5 * H);
  const layer = make(name, I, H, { ...opts, seed: 3 });
  const { numLayers = 1, bidirectional = false, bias = true, mergeMode, clipStepNorm } = opts;
  const D = bidirectional ? 2 : 1;
  const state = () => draw.features(1, numLayers * D, B, H);
  const slot = name === 'sru' ? 'c' : 'h';
  const x = draw.features(1, T, B, I);
  const width = bidirectional && (mergeMode ?? 'concat') === 'concat' ? 2 * H : H;
  const upstream = {
    output: draw.features(1, T, B, width),
    ...(states ? { [`${slot}N`]: state() } : {}),
  };
  const given = { ...(states ? { [`${slot}0`]: state() } : {}), ...(lengths ? { lengths } : {}) };
  const [cell, nonlinearity] = name.split(' ') as [ConfigurableCell['cell'], 'relu' | 'tanh' | undefined];
  const config: ConfigurableCell = {
    ...{ cell, batch: B, inputSize: I, hiddenSize: H, numLayers, bidirectional, bias },
    ...(nonlinearity ? { nonlinearity } : {}),
    ...(mergeMode ? { merge: mergeMode } : {}),
  };
  const d64 = (array: unknown) => (array ? Float64Array.from((array as u.NDArray).data) : undefined);
  const run = runConfigurable(config, doubles(layer.stateDict()), d64(x)!, {
    [`${slot}0`]: d64((given as Record<string, unknown>)[`${slot}0`]),
    lengths,
    ...(clipStepNorm ? { stepClip: clipStepNorm } : {}),
  });
  // past a row's length no output counts
  const counted = d64(upstream.output)!.map((v, i) =>
    lengths && Math.floor(i / (B * width)) >= lengths[Math.floor(i / width) % B]! ? 0 : v,
  );
  const last = d64((upstream as Record<string, unknown>)[`${slot}N`]);
  const wanted = run.backward({ output: counted, ...(last ? { [`${slot}N`]: last } : {}) });
  return { layer, x, given, upstream, run, wanted, slot };
}

for (const kernels of kernelBuilds) {
  describe(`${kernels}: against the float64 reference`, () => {
    beforeAll(() => u.init({ kernels }));

    describe.each(names)('%s', (name) => {
      test.each(cases)('$label: outputs, states, gradients; inference has the bits of training', (given) => {
        const { layer, x, given: opts, upstream, run, wanted, slot } = drawn(name, given);
        const inference = layer.forward(x, opts);
        const training = layer.forward(x, { ...opts, training: true });
        expectClose(training.output.data, run.output, OUTPUT, 'output');
        const [state, other] = slot === 'c' ? (['cN', 'hN'] as const) : (['hN', 'cN'] as const);
        expectClose(training[state]!.data, run[state], OUTPUT, state);
        expect(training[other]).toBeUndefined();
        expectSameArray(inference.output, training.output, 'output');
        expectSameArray(inference[state], training[state], state);

        const back = layer.backward(upstream);
        expect(back.input.shape).toEqual(x.shape);
        const { input, [`${slot}_0`]: initial, ...parameters } = wanted;
        expectClose(back.input.data, input!, GRADIENT, 'input');
        expectClose(back[`${slot}0` as 'h0' | 'c0']!.data, initial!, GRADIENT, 'initial state');
        const gradients = layer.gradients();
        expect(Object.keys(gradients).sort()).toEqual(Object.keys(parameters).sort());
        for (const [key, value] of Object.entries(parameters)) {
          expectClose(gradients[key]!.data, value, GRADIENT, key);
        }
      });

      test('a row alone gives the bits it gives in the batch', () => {
        const [T, B, I, H] = [5, 4, 6, 9];
        const layer = make(name, I, H, { numLayers: 2, bidirectional: true });
        const x = new Draw(4).features(1, T, B, I);
        const lengths = [5, 2, 4, 3];
        const together = layer.forward(x, { lengths });
        for (let b = 0; b < B; b++) {
          const row = (data: Float32Array, width: number, t: number) =>
            data.subarray((t * B + b) * width, (t * B + b + 1) * width);
          const own = { shape: [T, 1, I], data: Float32Array.from({ length: T * I }) };
          for (let t = 0; t < T; t++) own.data.set(row(x.data, I, t), t * I);
          const alone = layer.forward(own, { lengths: [lengths[b]!] });
          for (let t = 0; t < T; t++) {
            const got = alone.output.data.subarray(t * 2 * H, (t + 1) * 2 * H);
            expectSame(got, row(together.output.data, 2 * H, t), `row ${b}, step ${t}`);
          }
        }
      });

      test.each([1, 3])('steps of a stream have the bits of forward, batch %i', (batch) => {
        const layer = make(name, 5, 9, { numLayers: 2 });
        using model = new u.Sequential([layer as u.MinGRU, new u.Linear(9, 2)], { seed: 1 });
        const x = new Draw(2).features(1, 7, batch, 5);
        const expected = model.forward(x);
        using stream = model.stream({ batch });
        for (let t = 0; t < 7; t++) {
          expectSame(stream.step(stepsOf(x, t, t + 1).data), stepsOf(expected, t, t + 1).data, `step ${t}`);
        }
      });
    });
  });
}

describe.each(names)('%s', (name) => {
  const model = () =>
    new u.Sequential(
      [
        make(name, 4, 6, { numLayers: 2, bidirectional: true, mergeMode: 'sum', dropout: 0.2 }) as u.MinGRU,
        make(name, 6, 5, { bias: false, clipStepNorm: 2, inputDropout: 0.1 }) as u.MinGRU,
        new u.Linear(5, 3),
      ],
      { seed: 9 },
    );
  const x = new Draw(5).features(1, 6, 3, 4);
  const y = new Draw(6).features(1, 6, 3, 3);

  beforeAll(() => u.init());

  test('is saved and loaded: layers, options, parameters, outputs', () => {
    const saved = model();
    const loaded = u.Sequential.load(saved.save());
    expect(loaded.layers.map((l) => [l.type, l.config()])).toEqual(
      saved.layers.map((l) => [l.type, l.config()]),
    );
    expectSameDict(loaded.stateDict(), saved.stateDict());
    expectSameArray(loaded.forward(x), saved.forward(x), 'output');
  });

  test('trains; flow tells of every layer and direction', () => {
    const trainer = new u.Trainer(model(), { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }) });
    const first = trainer.step(x, y).loss;
    for (let i = 0; i < 100; i++) trainer.step(x, y);
    const { loss, flow } = trainer.step(x, y, { flow: true, lengths: [6, 3, 5] });
    expect(loss).toBeLessThan(first);
    expect(flow!.layers.map(({ layer, direction }) => `${layer} ${direction}`)).toEqual([
      ...['0 forward', '0 reverse', '1 forward', '1 reverse'],
      '2 forward',
    ]);
    for (const { hNorm, ratio } of flow!.layers) {
      expect(hNorm.every((norm) => norm > 0)).toBe(true);
      expect(ratio.every((r) => r !== null && r > 0)).toBe(true);
    }
  });

  test('flow tells of saturated gates', () => {
    const H = 5;
    const layer = make(name, 4, H, { init: { bias_ih: u.constant(10), weight_ih: u.constant(0) } });
    const model = new u.Sequential([layer as u.MinGRU], { seed: 1 });
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }) });
    const targets = new Draw(6).features(1, 6, 3, H);
    const { gates } = trainer.step(x, targets, { flow: true }).flow!.layers[0]!;
    expect(Object.fromEntries(gates.map(({ gate, saturated }) => [gate, saturated]))).toEqual(
      {
        mingru: { z: 1, n: undefined },
        minlstm: { f: 1, i: 1, g: undefined },
        'indrnn relu': { h: undefined },
        'indrnn tanh': { h: 1 },
        sru: { u: undefined, f: 1, r: 1 },
      }[name],
    );
  });

  test('parameters in their order, and what they start from', () => {
    const [I, H] = [400, 30];
    const dict = make(name, I, H, { numLayers: 2 }).stateDict();
    const state = { mingru: [], minlstm: [], sru: ['weight_c'] }[name as string] ?? ['weight_hh'];
    expect(Object.keys(dict)).toEqual(
      [0, 1].flatMap((k) => ['weight_ih', ...state, 'bias_ih'].map((kind) => `${kind}_l${k}`)),
    );
    const largest = (key: string) => Math.max(...dict[key]!.data.map(Math.abs));
    const least = (key: string) => Math.min(...dict[key]!.data);
    const bounds: Record<string, number> = name.startsWith('min')
      ? { weight_ih_l0: 1 / 20, bias_ih_l0: 1 / 20, weight_ih_l1: 1 / Math.sqrt(H) }
      : name === 'sru'
        ? { weight_ih_l0: Math.sqrt(3 / I), weight_ih_l1: Math.sqrt(3 / H), weight_c_l0: 1 / Math.sqrt(H) }
        : { weight_ih_l0: 1 / Math.sqrt(H), bias_ih_l0: 1 / Math.sqrt(H), weight_hh_l0: 1 };
    for (const [key, bound] of Object.entries(bounds)) {
      expect(largest(key), key).toBeLessThanOrEqual(Math.fround(bound));
      expect(largest(key), key).toBeGreaterThan(0.8 * bound);
      if (key.startsWith('weight_hh')) expect(least(key), key).toBeGreaterThanOrEqual(0);
      else expect(least(key), key).toBeLessThan(-0.5 * bound);
    }
    if (name === 'sru') expect(largest('bias_ih_l0')).toBe(0);
  });

  test('refuses what it has not', () => {
    const layer = make(name, 3, 4);
    expectThrows(() => make(name, 3, 4, { zoneout: 0.1 } as object), [`${layer.constructor.name}: zoneout`]);
    expectThrows(() => make(name, 0, 4), ['inputSize', '0']);
    const wrong = name === 'sru' ? 'h' : 'c';
    const why = name === 'sru' ? /^h[0N]: .*states of SRU are c/ : /^c[0N]: .*states of \w+ are h/;
    const state = { data: new Float32Array(4), shape: [1, 1, 4] };
    expect(() => layer.forward([1, 2, 3], { [`${wrong}0`]: state })).toThrow(why);
    layer.forward([1, 2, 3], { training: true });
    expect(() => layer.backward({ [`${wrong}N`]: state })).toThrow(why);
  });
});

test('IndRNN: another nonlinearity is refused', () => {
  expectThrows(
    () => new u.IndRNN(3, 4, { nonlinearity: 'sigmoid' as 'tanh' }),
    ['nonlinearity', '"sigmoid"'],
  );
});
