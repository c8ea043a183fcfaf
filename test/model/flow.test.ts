import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { Draw, expectSameDict, stepsOf } from './helpers.ts';

const [T, B, V] = [6, 3, 7];

function language(opts: Partial<u.TrainerOptions> = {}, layers?: u.Layer[]): u.Trainer {
  const model = new u.Sequential(
    layers ?? [
      new u.Embedding(V, 4),
      new u.LSTM(4, 5, { bidirectional: true, dropout: 0.3, numLayers: 2 }),
      new u.Dropout(0.2),
      new u.GRU(10, 6, { zoneout: 0.1 }),
      new u.Linear(6, V),
    ],
    { seed: 3 },
  );
  return new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.AdamW({ lr: 1e-2 }), ...opts });
}

const draw = new Draw(1);
const x = draw.indices(V, T, B);
const y = draw.indices(V, T, B);
const lengths = [6, 2, 4];

beforeAll(() => u.init({ kernels: 'simd' }));

describe('step with flow', () => {
  test.each([{}, { carryState: true }])('changes no bit of the training: %j', (opts) => {
    const [plain, told] = [language(opts), language(opts)];
    for (let i = 0; i < 6; i++) {
      const { flow, ...result } = told.step(x, y, { flow: i % 2 === 0 });
      expect(result).toEqual(plain.step(x, y));
      expect(flow?.layers.length).toBe(i % 2 ? undefined : 5);
    }
    expectSameDict(told.model.stateDict(), plain.model.stateDict());
    expect(told.save()).toEqual(plain.save());
  });

  test('steps with lengths, without and with flow do not mix', () => {
    const asked = [{}, { lengths }, { flow: true }, { lengths, flow: true }];
    const mixed = language();
    for (const opts of [...asked, ...asked]) {
      const fresh = language();
      fresh.restore(mixed.save());
      expect(mixed.step(x, y, opts)).toEqual(fresh.step(x, y, opts));
    }
  });

  test('numbers recurrent layers from the input on, directions beside each other', () => {
    const { flow } = language().step(x, y, { flow: true });
    const places = flow!.layers.map(({ layer, direction }) => `${layer} ${direction}`);
    expect(places).toEqual(['0 forward', '0 reverse', '1 forward', '1 reverse', '2 forward']);
    for (const { hNorm, ratio } of flow!.layers) expect([hNorm.length, ratio.length]).toEqual([T, T]);
  });

  test('is refused where the sequence is cut', () => {
    for (const [name, opts] of [
      ['truncation', { truncation: { k1: 2, k2: 4 } }],
      ['memoryBudget', { memoryBudget: 100_000 }],
    ] as const) {
      const trainer = language(opts, [new u.Embedding(V, 4), new u.LSTM(4, 5), new u.Linear(5, V)]);
      const message = `flow: expected none with the trainer's ${name}, which cuts the sequence, got true`;
      expect(() => trainer.step(x, y, { flow: true })).toThrow(message);
      expect(() => trainer.flow(x, y)).toThrow(message);
    }
  });
});

describe('Trainer.flow', () => {
  test.each([{}, { lengths }])('tells what the next step would, and leaves no trace: %j', (opts) => {
    for (const carryState of [false, true]) {
      const [plain, told] = [language({ carryState }), language({ carryState })];
      for (let i = 0; i < 3; i++) {
        expect(told.flow(x, y, opts)).toEqual(told.flow(x, y, opts));
        const flow: u.Flow = told.flow(x, y, opts);
        expect(told.save()).toEqual(plain.save());
        expect(flow).toEqual(plain.step(x, y, { ...opts, flow: true }).flow);
        told.step(x, y, opts);
      }
      expect(told.steps).toBe(3);
      expect(told.save()).toEqual(plain.save());
    }
  });

  test('before the first step the batch is still free, and gradients are 0', () => {
    const trainer = language({ carryState: true });
    trainer.flow(x, y);
    for (const { data } of Object.values(trainer.model.gradients()))
      expect(data.every((g) => g === 0)).toBe(true);
    const two = { data: x.data.slice(0, T * 2), shape: [T, 2] };
    expect(trainer.step(two, two).loss).toBeGreaterThan(0);
  });

  test('refuses what it does not know', () => {
    const opts = { flow: true } as object;
    expect(() => language().flow(x, y, opts)).toThrow(/flow/);
  });
});

describe('what it tells', () => {
  /** Gradients by h and c at the start of steps from..T−1, of the loss there. */
  function gradientAtStart(layer: u.Layer, input: Numbers, target: Numbers, from: number, state: State) {
    const alone =
      layer instanceof u.RNN ? new u.RNN(3, 4) : layer instanceof u.LSTM ? new u.LSTM(3, 4) : new u.GRU(3, 4);
    alone.loadStateDict(state.parameters);
    const rest = stepsOf(input, from, T);
    const states = { h0: state.h, ...(state.c ? { c0: state.c } : {}) };
    const { output, hN, cN } = alone.forward(rest, { ...states, training: true });
    const wanted = stepsOf(target, from, T).data;
    const scale = 2 / (T * B * 4);
    const dy = output.data.map((value, i) => scale * (value - wanted[i]!));
    const back = alone.backward({ output: { data: dy, shape: output.shape } });
    return { dy, h0: back.h0.data, c0: back.c0?.data, hN, cN };
  }
  type Numbers = ReturnType<Draw['features']>;
  interface State {
    readonly parameters: Record<string, Numbers>;
    readonly h: Numbers;
    readonly c: Numbers | undefined;
  }

  const norm = (...parts: (ArrayLike<number> | undefined)[]) =>
    Math.sqrt(parts.flatMap((part) => [...Array.from(part ?? [])]).reduce((sum, v) => sum + v * v, 0));

  test.each([
    ['RNN', () => new u.RNN(3, 4)],
    ['LSTM', () => new u.LSTM(3, 4)],
    ['GRU', () => new u.GRU(3, 4)],
    ['RNN by the kernels of variants', () => new u.RNN(3, 4, { clip: 1e9 })],
    ['LSTM by the kernels of variants', () => new u.LSTM(3, 4, { clip: 1e9 })],
    ['GRU by the kernels of variants', () => new u.GRU(3, 4, { clip: 1e9 })],
  ])('%s: norms are those of the gradients by the states', (_, make) => {
    const random = new Draw(5);
    const [input, target] = [random.features(1, T, B, 3), random.features(1, T, B, 4)];
    const layer = make();
    const model = new u.Sequential([layer], { seed: 2 });
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW() });
    const parameters = Object.fromEntries(
      Object.entries(model.stateDict()).map(([name, value]) => [name.replace('0.', ''), value]),
    ) as Record<string, Numbers>;
    const [told] = trainer.flow(input, target).layers;

    // the states before each step
    const zeros = () => ({ data: new Float32Array(B * 4), shape: [1, B, 4] });
    const alone =
      layer instanceof u.RNN ? new u.RNN(3, 4) : layer instanceof u.LSTM ? new u.LSTM(3, 4) : new u.GRU(3, 4);
    alone.loadStateDict(parameters);
    let [h, c] = [zeros() as Numbers, layer instanceof u.LSTM ? (zeros() as Numbers) : undefined];
    const starts = Array.from({ length: T }, (__, t) => {
      const start = { parameters, h, c };
      const { hN, cN } = alone.forward(stepsOf(input, t, t + 1), { h0: h, ...(c ? { c0: c } : {}) });
      [h, c] = [hN as Numbers, cN as Numbers | undefined];
      return start;
    });
    for (let t = 0; t < T; t++) {
      const here = gradientAtStart(layer, input, target, t, starts[t]!);
      const next = t + 1 < T ? gradientAtStart(layer, input, target, t + 1, starts[t + 1]!) : undefined;
      const dh = here.dy.slice(0, B * 4).map((value, i) => value + (next?.h0[i] ?? 0));
      expect(told!.hNorm[t]! / norm(dh)).toBeCloseTo(1, 4);
      const ratio = norm(here.h0, here.c0) / norm(dh, next?.c0);
      expect(told!.ratio[t]! / ratio).toBeCloseTo(1, 4);
    }
  });

  test('gates, their activations, and whose rows of W_hh are their own', () => {
    const layers: [u.Layer, string][] = [
      [new u.RNN(3, 4), 'h tanh'],
      [new u.RNN(3, 4, { nonlinearity: 'relu' }), 'h relu'],
      [
        new u.RNN(3, 4, { nonlinearity: { name: 'scaledtanh', alpha: 2 } }),
        'h {"name":"scaledtanh","alpha":2}',
      ],
      [new u.LSTM(3, 4), 'i sigmoid, f sigmoid, g tanh, o sigmoid'],
      [
        new u.LSTM(3, 4, { recurrentActivation: 'hardsigmoid', activations: { g: 'softsign' } }),
        'i hardsigmoid, f hardsigmoid, g softsign, o hardsigmoid',
      ],
      [new u.LSTM(3, 4, { coupled: true }), 'i sigmoid, g tanh, o sigmoid'],
      [new u.GRU(3, 4), 'r sigmoid, z sigmoid, n tanh'],
      [new u.GRU(3, 4, { resetAfter: false, activation: 'elu' }), 'r sigmoid, z sigmoid, n elu'],
    ];
    for (const [layer, wanted] of layers) {
      const model = new u.Sequential([layer]);
      const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW() });
      const { gates } = trainer.flow(draw.features(1, T, B, 3), draw.features(1, T, B, 4)).layers[0]!;
      const shown = gates.map(({ gate, activation }) =>
        [gate, typeof activation === 'string' ? activation : JSON.stringify(activation)].join(' '),
      );
      expect(shown.join(', ')).toBe(wanted);
      const spectra = u.gateSpectra(model.stateDict()['0.weight_hh_l0']!.data as Float32Array, 4);
      const own = wanted.startsWith('i sigmoid, g') ? spectra.filter((__, k) => k !== 1) : spectra;
      expect(gates.map(({ spectrum }) => spectrum)).toEqual(own);
      for (const { activation, saturated } of gates)
        expect(saturated === undefined).toBe(activation === 'relu' || activation === 'elu');
    }
  });

  test.each([
    ['GRU', () => new u.GRU(1, 2), { r: 1, z: 0.5, n: 0 }],
    ['GRU by the kernels of variants', () => new u.GRU(1, 2, { clip: 1e9 }), { r: 1, z: 0.5, n: 0 }],
  ])('%s: the share of a gate is its own', (_, make, wanted) => {
    const model = new u.Sequential([make()]);
    const { weight_ih, weight_hh } = { weight_ih: new Float32Array(6), weight_hh: new Float32Array(12) };
    model.loadStateDict({
      '0.weight_ih_l0': { data: weight_ih, shape: [6, 1] },
      '0.weight_hh_l0': { data: weight_hh, shape: [6, 2] },
      '0.bias_ih_l0': { data: Float32Array.of(9, -9, 9, 0, 1, -1), shape: [6] },
      '0.bias_hh_l0': { data: new Float32Array(6), shape: [6] },
    });
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW() });
    const { gates } = trainer.flow(draw.features(1, T, B, 1), draw.features(1, T, B, 2)).layers[0]!;
    expect(Object.fromEntries(gates.map(({ gate, saturated }) => [gate, saturated]))).toEqual(wanted);
  });

  test('the first number that is not finite', () => {
    const random = new Draw(9);
    const [input, target] = [random.features(1, T, B, 3), random.features(1, T, B, 4)];
    const model = new u.Sequential([new u.LSTM(3, 4)]);
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW() });
    expect(trainer.flow(input, target).nonFinite).toBeUndefined();
    input.data[(2 * B + 1) * 3] = Number.NaN;
    const { nonFinite, layers } = trainer.flow(input, target);
    expect(nonFinite).toEqual({ layer: 0, direction: 'forward', step: 2, gate: 'i', what: 'NaN' });
    expect(layers[0]!.verdict).toBe('not finite');
  });

  test('in the reverse direction with lengths it is a step of its row', () => {
    const model = new u.Sequential([new u.RNN(1, 1, { bidirectional: true, nonlinearity: 'relu' })]);
    const weights = model.stateDict();
    for (const { data } of Object.values(weights)) data.fill(0);
    weights['0.weight_ih_l0_reverse']!.data[0] = 1e30;
    model.loadStateDict(weights);
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0 }) });
    for (const [row, step] of [
      [0, 3],
      [1, 1],
      [2, 0],
    ] as const) {
      const x = { data: new Float32Array(5 * 3), shape: [5, 3, 1] };
      x.data[step * 3 + row] = 1e30;
      const y = { data: new Float32Array(5 * 3 * 2), shape: [5, 3, 2] };
      const { nonFinite } = trainer.flow(x, y, { lengths: [5, 2, 4] });
      expect(nonFinite).toEqual({ layer: 0, direction: 'reverse', step, gate: 'h', what: 'Infinity' });
    }
  });
});
