import { beforeAll, describe, expect, test } from 'vitest';
import type { Steps } from '../../src/engine/batchIO.ts';
import * as u from '../../src/index.ts';
import { expectThrows } from '../errors.ts';
import { expectClose } from '../kernels/closeness.ts';
import { numericGradient } from '../reference/gradcheck.ts';
import { runStack, type StackConfig } from '../reference/stack.ts';
import { some } from '../thorough.ts';
import { Draw, doubles, expectSameArray, expectSameDict } from './helpers.ts';

const [I, H, T, B] = [3, 4, 6, 5];
const MODES: u.MergeMode[] = ['concat', 'sum', 'ave', 'mul'];

interface Cell {
  make(opts: u.RecurrentOptions): u.RNN | u.LSTM | u.GRU | u.MinGRU | u.MinLSTM | u.IndRNN;
  readonly width?: number;
}

const cells: Record<string, Cell> = {
  RNN: { make: (opts) => new u.RNN(I, H, opts) },
  LSTM: { make: (opts) => new u.LSTM(I, H, opts) },
  'LSTM, projected': { make: (opts) => new u.LSTM(I, H, { ...opts, projSize: 2 }), width: 2 },
  'LSTM, projected with peepholes': {
    make: (opts) => new u.LSTM(I, H, { ...opts, projSize: 2, peephole: true }),
    width: 2,
  },
  GRU: { make: (opts) => new u.GRU(I, H, opts) },
  'GRU, reset before the product': { make: (opts) => new u.GRU(I, H, { ...opts, resetAfter: false }) },
  MinGRU: { make: (opts) => new u.MinGRU(I, H, opts) },
  MinLSTM: { make: (opts) => new u.MinLSTM(I, H, opts) },
  IndRNN: { make: (opts) => new u.IndRNN(I, H, opts) },
};

const counted: Record<string, Steps> = {
  'whole rows': {},
  lengths: { lengths: [4, 6, 1, 6, 3] },
  'lengths with empty rows': { lengths: [0, 2, 6, 0, 1] },
  mask: { mask: Uint8Array.from({ length: T * B }, (_, i) => ((i * 7) % 3 === 0 ? 0 : 1)) },
};

/** hN of the last of `stacked` layers, merged as the outputs are: [1, B, ·]. */
function merged({ data }: u.NDArray, stacked: number, W: number, mode: u.MergeMode): u.NDArray {
  const at = (direction: number, b: number, j: number) =>
    data[((2 * (stacked - 1) + direction) * B + b) * W + j]!;
  const width = mode === 'concat' ? 2 * W : W;
  const out = new Float32Array(B * width);
  for (let b = 0; b < B; b++) {
    for (let j = 0; j < W; j++) {
      const [ahead, back] = [at(0, b, j), at(1, b, j)];
      if (mode === 'concat') {
        out[b * width + j] = ahead;
        out[b * width + W + j] = back;
      } else {
        const sum = Math.fround(ahead + back);
        out[b * W + j] = mode === 'mul' ? ahead * back : mode === 'ave' ? sum * 0.5 : sum;
      }
    }
  }
  return { data: out, shape: [1, B, width] };
}

/** Gradient by hN from that by what `merged` gives. */
function split(dy: u.NDArray, hN: u.NDArray, stacked: number, W: number, mode: u.MergeMode): u.NDArray {
  const out = new Float32Array(hN.data.length);
  const width = mode === 'concat' ? 2 * W : W;
  for (let direction = 0; direction < 2; direction++) {
    for (let b = 0; b < B; b++) {
      for (let j = 0; j < W; j++) {
        const at = (d: number) => ((2 * (stacked - 1) + d) * B + b) * W + j;
        const d = dy.data[b * width + (mode === 'concat' ? direction * W : 0) + j]!;
        out[at(direction)] = mode === 'mul' ? d * hN.data[at(1 - direction)]! : mode === 'ave' ? d * 0.5 : d;
      }
    }
  }
  return { data: out, shape: hN.shape };
}

/** The parameters of a model's first layer, under the names of the layer used by itself. */
function ofFirst(dict: Record<string, u.NDArray>): Record<string, u.NDArray> {
  return Object.fromEntries(
    Object.entries(dict).flatMap(([name, value]) => (name.startsWith('0.') ? [[name.slice(2), value]] : [])),
  );
}

beforeAll(() => u.init({ kernels: 'simd' }));

describe('LastStep behind a bidirectional layer', () => {
  for (const [name, { make, width: W = H }] of Object.entries(cells)) {
    test(`${name}: is hN to the bit, with its gradients, in stacks, modes, lengths and masks`, () => {
      const draw = new Draw(name.length);
      for (const numLayers of [1, 2, 3]) {
        for (const mergeMode of some(MODES, 2, numLayers)) {
          const opts = { numLayers, mergeMode, bidirectional: true };
          const model = new u.Sequential([make(opts), new u.LastStep()], { seed: 3 });
          const alone = make(opts);
          alone.loadStateDict(ofFirst(model.stateDict()));
          for (const [kind, steps] of Object.entries(counted)) {
            const label = `${name} x${numLayers} ${mergeMode} ${kind}`;
            const x = draw.features(2, T, B, I);
            const { hN } = alone.forward(x, { ...steps, training: true });
            const expected = merged(hN, numLayers, W, mergeMode);
            expectSameArray(model.forward(x, steps), expected, `${label}, inference`);
            expectSameArray(model.forward(x, { ...steps, training: true }), expected, `${label}, training`);
            const dy = draw.features(1, ...expected.shape);
            model.zeroGradients();
            alone.zeroGradients();
            const dx = model.backward(dy)!;
            const { input } = alone.backward({ hN: split(dy, hN, numLayers, W, mergeMode) });
            // hN's gradient of a row without steps passes to h0 only
            expectClose(dx.data, input.data, 1e-5, `${label}, gradient by x`);
            const gradients = alone.gradients();
            for (const [key, { data }] of Object.entries(ofFirst(model.gradients())))
              expectClose(data, gradients[key]!.data, 1e-5, `${label}, gradient by ${key}`);
          }
          model.dispose();
          alone.dispose();
        }
      }
    });
  }

  test('of an SRU: the output of each direction at its own last step', () => {
    const model = new u.Sequential([new u.SRU(I, H, { bidirectional: true }), new u.LastStep()], { seed: 1 });
    const whole = new u.Sequential([new u.SRU(I, H, { bidirectional: true })], { seed: 1 });
    const x = new Draw(1).features(1, T, B, I);
    const lengths = [1, 6, 3, 0, 5];
    const { data } = whole.forward(x, { lengths });
    const expected = new Float32Array(B * 2 * H);
    for (const [b, n] of lengths.entries()) {
      for (let j = 0; n && j < H; j++) {
        expected[b * 2 * H + j] = data[((n - 1) * B + b) * 2 * H + j]!;
        expected[b * 2 * H + H + j] = data[b * 2 * H + H + j]!;
      }
    }
    expectSameArray(model.forward(x, { lengths }), { data: expected, shape: [1, B, 2 * H] }, 'SRU');
  });

  test('gradients are those of the float64 reference, and of finite differences', () => {
    const model = new u.Sequential([new u.LSTM(I, H, { bidirectional: true }), new u.LastStep()], {
      seed: 5,
    });
    const draw = new Draw(4);
    const x = draw.features(1, T, B, I);
    model.forward(x, { training: true });
    const dy = draw.features(1, 1, B, 2 * H);
    const dx = model.backward(dy)!;
    const params = doubles(ofFirst(model.stateDict()));
    const input = Float64Array.from(x.data);
    const config: StackConfig = { batch: B, inputSize: I, hiddenSize: H };
    const loss = () => {
      const turned = new Float64Array(input.length);
      for (let t = 0; t < T; t++) turned.set(input.subarray((T - 1 - t) * B * I, (T - t) * B * I), t * B * I);
      const reverse = Object.fromEntries(
        Object.entries(params).flatMap(([key, value]) =>
          key.endsWith('_reverse') ? [[key.slice(0, -'_reverse'.length), value]] : [],
        ),
      );
      const [ahead, back] = [
        runStack('lstm', config, params, input),
        runStack('lstm', config, reverse, turned),
      ];
      let sum = 0;
      for (let b = 0; b < B; b++) {
        for (let j = 0; j < H; j++) {
          sum += dy.data[b * 2 * H + j]! * ahead.hN[b * H + j]!;
          sum += dy.data[b * 2 * H + H + j]! * back.hN[b * H + j]!;
        }
      }
      return sum;
    };
    expectClose(dx.data, numericGradient(loss, input), 1e-4, 'x');
    const gradients = ofFirst(model.gradients());
    for (const [key, value] of Object.entries(params))
      expectClose(gradients[key]!.data, numericGradient(loss, value), 1e-4, key);
  });

  test.each(some([1, 2, 3], 3))('learns the first of 40 tokens, seed %i', (seed) => {
    const [steps, batch, classes] = [40, 32, 4];
    const model = new u.Sequential(
      [
        new u.Embedding(classes, 8),
        new u.LSTM(8, 16, { bidirectional: true }),
        new u.LastStep(),
        new u.Linear(32, classes),
      ],
      { seed },
    );
    const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.Adam({ lr: 0.01 }) });
    const draw = new Draw(seed);
    let loss = Number.NaN;
    for (let i = 0; i < 150; i++) {
      const x = draw.indices(classes, steps, batch);
      ({ loss } = trainer.step(x, { data: x.data.slice(0, batch), shape: [1, batch] }));
    }
    expect(loss).toBeLessThan(0.02);
  });

  test('a Dropout between them changes nothing about which step is meant', () => {
    const layers = (between: boolean): u.Layer[] => {
      const [bi, last, dropout] = [
        new u.GRU(I, H, { bidirectional: true }),
        new u.LastStep(),
        new u.Dropout(0.4),
      ];
      return between
        ? [bi, dropout, last, new u.Linear(2 * H, 2)]
        : [bi, last, dropout, new u.Linear(2 * H, 2)];
    };
    const [a, b] = [true, false].map((between) => {
      const model = new u.Sequential(layers(between), { seed: 2 });
      return new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }) });
    }) as [u.Trainer, u.Trainer];
    const draw = new Draw(3);
    const [x, y] = [draw.features(1, T, B, I), draw.features(1, 1, B, 2)];
    for (let i = 0; i < 3; i++) {
      expect(a.step(x, y, { lengths: [3, 6, 0, 1, 2] })).toEqual(b.step(x, y, { lengths: [3, 6, 0, 1, 2] }));
    }
    expectSameDict(a.model.stateDict(), b.model.stateDict());
    expectSameArray(a.model.forward(x), b.model.forward(x), 'inference');
  });

  test('a Linear between them mixes the directions: then it is the last step in time', () => {
    const layers = (): u.Layer[] => [new u.LSTM(I, H, { bidirectional: true }), new u.Linear(2 * H, 2)];
    const x = new Draw(3).features(1, T, B, I);
    const whole = new u.Sequential(layers(), { seed: 2 }).forward(x);
    const last = new u.Sequential([...layers(), new u.LastStep()], { seed: 2 }).forward(x);
    expectSameArray(last, { data: whole.data.slice(-B * 2), shape: [1, B, 2] }, 'last in time');
  });

  test('sameStep: both directions at the last step in time, which a saved model keeps', () => {
    const layer = () => new u.LSTM(I, H, { bidirectional: true });
    const x = new Draw(3).features(1, T, B, I);
    const model = new u.Sequential([layer(), new u.LastStep({ sameStep: true })], { seed: 2 });
    const whole = new u.Sequential([layer()], { seed: 2 }).forward(x);
    const expected = { data: whole.data.slice(-B * 2 * H), shape: [1, B, 2 * H] };
    expectSameArray(model.forward(x), expected, 'sameStep');
    expectSameArray(u.Sequential.load(model.save()).forward(x), expected, 'loaded');
    expect(new u.LastStep().config()).toEqual({});
    expectThrows(() => new u.LastStep({ sameStep: 1 as unknown as boolean }), ['sameStep']);
  });
});
