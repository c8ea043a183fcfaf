import * as built from 'unrolled';
import { WorkerTrainer } from 'unrolled/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../src/cli/verify/verify.ts';
import * as u from '../../src/index.ts';
import { serializeSafetensors } from '../../src/io/safetensors.ts';
import { expectThrows } from '../errors.ts';
import { expectClose, expectSame } from '../kernels/closeness.ts';
import { Draw, expectSameArray, expectSameDict, kernelBuilds, stepsOf } from '../model/helpers.ts';
import { backward, forward, type SlstmParams } from '../reference/slstm.ts';

const [T, B, I, H] = [5, 3, 4, 6];
const STATES = ['h', 'c', 'n', 'm'] as const;
const d64 = ({ data }: u.NDArray) => Float64Array.from(data);
const one = ({ data, shape }: u.NDArray) => ({ data, shape: [1, ...shape] });
const options: u.SLSTMOptions[] = [
  {},
  { heads: 2 },
  { forgetGate: 'exponential' },
  { heads: 3, forgetGate: 'exponential', bias: false },
];

function referenceOf(layer: u.SLSTM, suffix = '_l0'): SlstmParams {
  const dict = layer.stateDict();
  const get = (name: string) => dict[name + suffix] && d64(dict[name + suffix]!);
  return {
    ...{ inputSize: layer.inputSize, hiddenSize: layer.hiddenSize, heads: layer.heads },
    exponential: layer.forgetGate === 'exponential',
    ...{ weightIh: get('weight_ih')!, weightHh: get('weight_hh')!, biasIh: get('bias_ih') },
  };
}

/** x, the states before, and gradients by what comes out. n0 is above 0, as after a step. */
function drawn(seed = 4) {
  const draw = new Draw(seed);
  const state = () => draw.features(1, B, H);
  const before = { h: state(), c: state(), n: state(), m: state() };
  before.n.data.forEach((v, i) => {
    before.n.data[i] = Math.abs(v) + 1;
  });
  const upstream = { output: draw.features(1, T, B, H), h: state(), c: state(), n: state() };
  return { x: draw.features(1, T, B, I), before, upstream };
}

for (const kernels of kernelBuilds) {
  describe.each(options)(`${kernels}: %j`, (opts) => {
    beforeAll(() => u.init({ kernels }));

    test('outputs, four states and their gradients as the float64 reference has them', () => {
      const layer = new u.SLSTM(I, H, { ...opts, seed: 3 });
      const { x, before, upstream } = drawn();
      const given = Object.fromEntries(STATES.map((name) => [`${name}0`, one(before[name])]));
      const states = { h: d64(before.h), c: d64(before.c), n: d64(before.n), m: d64(before.m) };
      const sizes = Array<number>(T).fill(B);
      const expected = forward(referenceOf(layer), d64(x), states, sizes);
      const inference = layer.forward(x, given);
      const training = layer.forward(x, { ...given, training: true });
      expectClose(training.output.data, expected.output, 1e-5, 'output');
      expectSameArray(inference.output, training.output, 'output');
      for (const name of STATES) {
        expectClose(training[`${name}N`].data, expected.last[name], 1e-5, `${name}N`);
        expectSameArray(inference[`${name}N`], training[`${name}N`], `${name}N`);
      }
      const found = layer.backward({
        ...{ output: upstream.output, hN: one(upstream.h), cN: one(upstream.c), nN: one(upstream.n) },
      });
      const last = { h: d64(upstream.h), c: d64(upstream.c), n: d64(upstream.n) };
      const wanted = backward(referenceOf(layer), d64(x), expected, d64(upstream.output), last, sizes);
      expect(Object.keys(found)).toEqual(['input', 'h0', 'c0', 'n0']);
      expectClose(found.input.data, wanted.dX, 1e-4, 'input');
      for (const name of ['h', 'c', 'n'] as const) {
        expectClose(found[`${name}0`].data, wanted.dStates0[name], 1e-4, `${name}0`);
      }
      const gradients = layer.gradients();
      expectClose(gradients.weight_ih_l0!.data, wanted.dWeightIh, 1e-4, 'weight_ih');
      expectClose(gradients.weight_hh_l0!.data, wanted.dWeightHh, 1e-4, 'weight_hh');
      if (opts.bias !== false) expectClose(gradients.bias_ih_l0!.data, wanted.dBiasIh, 1e-4, 'bias_ih');
    });

    test('both directions of two layers, lengths: each is one layer on its part', () => {
      const layer = new u.SLSTM(I, H, { ...opts, numLayers: 2, bidirectional: true, seed: 5 });
      const lengths = [5, 2, 4];
      const { x } = drawn();
      const { output, nN } = layer.forward(x, { lengths });
      const dict = layer.stateDict();
      for (let b = 0; b < B; b++) {
        const length = lengths[b]!;
        const row = (values: u.NDArray, t: number) => {
          const width = values.shape.at(-1)!;
          return values.data.subarray((t * B + b) * width, (t * B + b + 1) * width);
        };
        let seen = Array.from({ length }, (_, t) => row(x, t));
        for (let k = 0; k < 2; k++) {
          const runs = ['', '_reverse'].map((direction) => {
            const single = new u.SLSTM(seen[0]!.length, H, opts);
            const own = Object.keys(single.stateDict()).map((name): [string, u.Given] => [
              name,
              dict[name.replace('_l0', `_l${k}${direction}`)]!,
            ]);
            single.loadStateDict(Object.fromEntries(own));
            const steps = direction ? seen.toReversed() : seen;
            const data = Float32Array.from(steps.flatMap((values) => [...values]));
            const result = single.forward({ data, shape: [length, 1, seen[0]!.length] });
            const rows = Array.from({ length }, (_, t) => result.output.data.subarray(t * H, (t + 1) * H));
            expectSame(
              result.nN.data,
              nN.data.subarray(((2 * k + (direction ? 1 : 0)) * B + b) * H).subarray(0, H),
              `n of row ${b}, layer ${k}${direction}`,
            );
            return direction ? rows.toReversed() : rows;
          });
          seen = Array.from({ length }, (_, t) => Float32Array.of(...runs[0]![t]!, ...runs[1]![t]!));
        }
        for (let t = 0; t < length; t++) expectSame(row(output, t), seen[t]!, `row ${b}, step ${t}`);
      }
    });

    test('steps of a stream, of a fork and of pooled sessions have the bits of forward', () => {
      using model = new u.Sequential([new u.SLSTM(I, H, { ...opts, numLayers: 2 }), new u.Linear(H, 2)], {
        seed: 1,
      });
      const x = new Draw(2).features(1, T, 1, I);
      const expected = model.forward(x);
      using stream = model.stream();
      using pool = model.streams({ capacity: 3 });
      const session = pool.open();
      const other = pool.open();
      for (let t = 0; t < T; t++) {
        const input = stepsOf(x, t, t + 1).data;
        const wanted = stepsOf(expected, t, t + 1).data;
        const at = stream.snapshot();
        expect(Object.keys(at.states)).toEqual(
          [0, 1].flatMap((k) => STATES.map((name) => `0.${name}_l${k}`)),
        );
        using again = model.stream();
        again.restore(at);
        expectSame(again.step(input), wanted, `restored, step ${t}`);
        expectSame(stream.step(input), wanted, `step ${t}`);
        const both = pool.step([other, session], [...input, ...input]);
        expectSame(both.subarray(2), wanted, `pooled, step ${t}`);
      }
    });
  });
}

describe('an SLSTM', () => {
  beforeAll(() => u.init());

  const model = () =>
    new u.Sequential([new u.SLSTM(I, H, { heads: 2, numLayers: 2 }), new u.Linear(H, 2)], { seed: 9 });
  const x = new Draw(5).features(1, 12, B, I);
  const y = new Draw(6).features(1, 12, B, 2);
  const train = (opts: object = {}) => {
    const trainer = new u.Trainer(model(), { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }), ...opts });
    const losses = Array.from({ length: 20 }, () => trainer.step(x, y).loss);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    return trainer;
  };

  test('trains with states carried; within a memory budget to the same bits; in windows', () => {
    for (const carryState of [false, true]) {
      const whole = train({ carryState });
      const { checkpoints } = (() => {
        const bounded = train({ carryState, memoryBudget: 16_000 });
        expectSameDict(bounded.model.stateDict(), whole.model.stateDict());
        return bounded.model.plan({ steps: 12, batch: B, training: true });
      })();
      expect(checkpoints!.segments).toBeGreaterThan(1);
    }
    train({ truncation: { k1: 3, k2: 6 }, carryState: true });
  });

  test('flow tells of every layer and gate', () => {
    const { flow } = train().step(x, y, { flow: true });
    for (const { gates, hNorm, ratio } of flow!.layers) {
      expect(gates.map(({ gate }) => gate)).toEqual(['i', 'f', 'z', 'o']);
      expect(hNorm.every((norm) => norm > 0)).toBe(true);
      expect(ratio.every((r) => r !== null && r > 0)).toBe(true);
    }
  });

  test('is saved and loaded with its options', () => {
    const saved = model();
    const loaded = u.Sequential.load(saved.save());
    expect(loaded.layers.map((l) => l.config())).toEqual(saved.layers.map((l) => l.config()));
    expectSameArray(loaded.forward(x), saved.forward(x), 'output');
  });

  test('trains in a worker to the same bits', async () => {
    await built.init({ kernels: 'simd' });
    const make = () =>
      new built.Sequential([new built.SLSTM(I, H, { heads: 2 }), new built.Linear(H, 2)], { seed: 9 });
    const here = new built.Trainer(make(), { loss: built.mse, optimizer: new built.SGD({ lr: 0.1 }) });
    const there = await WorkerTrainer.create(make(), {
      ...{ loss: 'mse', optimizer: { name: 'sgd', lr: 0.1 }, kernels: 'simd' },
    });
    try {
      for (let i = 0; i < 3; i++) expect(await there.step(x, y)).toEqual(here.step(x, y));
      expect(await there.saveModel()).toEqual(here.model.save());
    } finally {
      await there.terminate();
    }
  });

  test.each([0, 0.01])('a conformance fixture is verified; off by %f', async (difference) => {
    const layer = new u.SLSTM(I, H, { heads: 2 });
    const { x: input, before, upstream } = drawn(8);
    const p = referenceOf(layer);
    const sizes = Array<number>(T).fill(B);
    const states = { h: d64(before.h), c: d64(before.c), n: d64(before.n), m: d64(before.m) };
    const pass = forward(p, d64(input), states, sizes);
    const last = { h: d64(upstream.h), c: d64(upstream.c), n: d64(upstream.n) };
    const back = backward(p, d64(input), pass, d64(upstream.output), last, sizes);
    const f64 = (data: ArrayLike<number>, ...shape: number[]) => ({
      ...{ dtype: 'F64' as const, shape, data: Float64Array.from(data) },
    });
    const state = (data: ArrayLike<number>) => f64(data, 1, B, H);
    const dict = layer.stateDict();
    pass.last.m[0]! += difference;
    const tensors = {
      input: f64(input.data, T, B, I),
      'grad_out.output': f64(upstream.output.data, T, B, H),
      'expect.output': f64(pass.output, T, B, H),
      'grad.input': f64(back.dX, T, B, I),
      ...Object.fromEntries(
        STATES.flatMap((name) => [
          [`${name}_0`, state(states[name])],
          [`expect.${name}_n`, state(pass.last[name])],
        ]),
      ),
      ...Object.fromEntries(
        (['h', 'c', 'n'] as const).flatMap((name) => [
          [`grad_out.${name}_n`, state(last[name])],
          [`grad.${name}_0`, state(back.dStates0[name])],
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(dict).map(([name, { data, shape }]) => [`param.${name}`, f64(data, ...shape)]),
      ),
      'grad.weight_ih_l0': f64(back.dWeightIh, 4 * H, I),
      'grad.weight_hh_l0': f64(back.dWeightHh, 4 * H, H / 2),
      'grad.bias_ih_l0': f64(back.dBiasIh, 4 * H),
    };
    const config = { kind: 'layer', cell: 'slstm', inputSize: I, hiddenSize: H, heads: 2 };
    const metadata = { format: 'unrolled-fixture', version: '1', config: JSON.stringify(config) };
    const { ok, errors } = verify(serializeSafetensors(tensors, metadata));
    expect(ok, JSON.stringify(errors)).toBe(difference === 0);
  });

  test('refuses what it has not', () => {
    const layer = new u.SLSTM(I, H);
    const { x, before } = drawn();
    expectThrows(() => new u.SLSTM(I, H, { heads: 4 }), ['heads', 'hiddenSize', '6']);
    expectThrows(() => new u.SLSTM(I, H, { forgetGate: 'tanh' as 'sigmoid' }), ['forgetGate']);
    expectThrows(() => new u.SLSTM(I, H, { zoneout: 0.1 } as object), ['SLSTM: zoneout']);
    expectThrows(() => layer.forward(x, { q0: one(before.h) } as object), ['q0', 'SLSTM']);
    layer.forward(x, { training: true });
    expectThrows(() => layer.backward({ mN: one(before.m) } as object), ['mN', 'state']);
    expectThrows(() => layer.backward({ nN: before.n }), ['nN'], u.ShapeError);
  });
});
