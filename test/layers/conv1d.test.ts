import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { Draw, expectSameArray, expectSameDict, stepsOf, thrown } from '../model/helpers.ts';
import * as reference from '../reference/conv1d.ts';
import { relativeError } from '../reference/gradcheck.ts';
import { rowOf } from './rowOf.ts';
import { expectTrains } from './trains.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const T = 9;
const LENGTHS = [4, 9, 0, 7, 9, 1];
const B = LENGTHS.length;

const options: u.Conv1dOptions[] = [
  {},
  { padding: 'same' },
  { padding: 'causal', dilation: 2 },
  { padding: 'causal', stride: 2, bias: false },
  { padding: 'same', stride: 3, groups: 2 },
  { padding: 'valid', stride: 2, dilation: 2 },
  { padding: 1 },
  { padding: 3, stride: 2, groups: 2, bias: false },
];

function parametersOf(layer: u.Conv1d): reference.Conv1dParams {
  const { weight, bias } = layer.stateDict();
  return {
    ...layer,
    size: layer.kernelSize,
    weight: Float64Array.from(weight!.data),
    bias: bias && Float64Array.from(bias.data),
  };
}

describe.each(options)('%o', (opts) => {
  test.each([undefined, LENGTHS])('output and gradients of every row, lengths %s', (lengths) => {
    const draw = new Draw(8);
    const layer = new u.Conv1d(4, 6, 3, opts);
    const x = draw.features(1, T, B, 4);
    const y = layer.forward(x, { training: true, lengths });
    const dy = draw.features(1, ...y.shape);
    const p = parametersOf(layer);
    const dx = layer.backward(dy)!;
    const dWeight = new Float64Array(p.weight.length);
    const dBias = new Float64Array(6);
    for (let b = 0; b < B; b++) {
      const length = lengths?.[b] ?? T;
      const row = rowOf(x, b, length);
      const expected = reference.forward(p, row);
      const count = expected.length / 6;
      expect(relativeError(rowOf(y, b, count), expected, 1e-2), `row ${b}`).toBeLessThan(1e-5);
      const rest = rowOf(y, b, y.shape[0]!).subarray(expected.length);
      expect(
        rest.every((v) => v === 0),
        `row ${b} past its end`,
      ).toBe(true);
      const gradients = reference.backward(p, row, rowOf(dy, b, count));
      for (const [i, d] of gradients.dWeight.entries()) dWeight[i]! += d;
      for (const [i, d] of gradients.dBias.entries()) dBias[i]! += d;
      expect(relativeError(rowOf(dx, b, length), gradients.dX, 1e-2), `dx of row ${b}`).toBeLessThan(1e-4);
    }
    const got = layer.gradients();
    expect(relativeError(got.weight!.data, dWeight, 1e-2)).toBeLessThan(1e-4);
    if (got.bias) expect(relativeError(got.bias.data, dBias, 1e-2)).toBeLessThan(1e-4);
  });

  test('inference has the bits of training, and a row those that it has with others', () => {
    const draw = new Draw(9);
    const layer = new u.Conv1d(4, 6, 3, opts);
    const x = draw.features(1, T, B, 4);
    const y = layer.forward(x, { training: true });
    expectSameArray(layer.forward(x), y, 'inference');
    const first = layer.forward({ data: Float32Array.from(rowOf(x, 0, T)), shape: [T, 1, 4] });
    expect([...first.data]).toEqual([...rowOf(y, 0, y.shape[0]!)]);
    const ragged = layer.forward(x, { lengths: new Array(B).fill(T) });
    expectSameArray(ragged, y, 'with lengths');
  });

  test('trains before an LSTM, with lengths, and is the same after saving', () => {
    const draw = new Draw(10);
    const make = () =>
      new u.Sequential([new u.Conv1d(4, 6, 3, opts), new u.LSTM(6, 5), new u.Linear(5, 2)], { seed: 3 });
    const model = make();
    const x = draw.features(1, T, B, 4);
    const y = draw.features(0.5, model.forward(x).shape[0]!, B, 2);
    expectTrains(model, x, y, { lengths: LENGTHS });
  });
});

test.each(['tanh', 'softmax'] as const)(
  'activation %s is that of the layer Activation, with lengths',
  (name) => {
    const draw = new Draw(11);
    const fused = new u.Sequential([new u.Conv1d(4, 5, 3, { stride: 2, activation: name })], { seed: 4 });
    const apart = new u.Sequential([new u.Conv1d(4, 5, 3, { stride: 2 }), new u.Activation(name)], {
      seed: 4,
    });
    const x = draw.features(1, T, B, 4);
    const dy = draw.features(1, 4, B, 5);
    const [a, b] = [fused, apart].map((model) => {
      const output = model.forward(x, { training: true, lengths: LENGTHS });
      const input = model.backward(dy)!;
      return { output, input, ...model.gradients() };
    });
    expectSameDict(a!, b!);
    expectSameArray(u.Sequential.load(fused.save()).forward(x), fused.forward(x), 'loaded');
  },
);

describe('a mask', () => {
  test('makes the steps that count neighbours; without another number of steps they stay in place', () => {
    const draw = new Draw(12);
    const layer = new u.Conv1d(2, 3, 3, { padding: 'same' });
    const x = draw.features(1, 6, 2, 2);
    const mask = [1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1];
    const y = layer.forward(x, { mask });
    const p = parametersOf(layer);
    for (let b = 0; b < 2; b++) {
      const steps = [0, 1, 2, 3, 4, 5].filter((t) => mask[t * 2 + b]);
      const at = (array: u.NDArray, t: number, C: number) => [
        ...array.data.slice((t * 2 + b) * C, (t * 2 + b + 1) * C),
      ];
      const expected = reference.forward(p, Float64Array.from(steps.flatMap((t) => at(x, t, 2))));
      expect(
        relativeError(
          steps.flatMap((t) => at(y, t, 3)),
          expected,
          1e-2,
        ),
      ).toBeLessThan(1e-5);
      for (let t = 0; t < 6; t++) if (!steps.includes(t)) expect(at(y, t, 3)).toEqual([0, 0, 0]);
    }
  });

  test('otherwise outputs are the first steps of their row', () => {
    const draw = new Draw(13);
    const layer = new u.Conv1d(2, 3, 2, { stride: 2 });
    const x = draw.features(1, 6, 1, 2);
    const { data, shape } = layer.forward(x, { mask: [0, 1, 1, 0, 0, 1] });
    expect(shape).toEqual([3, 1, 3]);
    const steps = Float64Array.from([1, 2, 5].flatMap((t) => [...x.data.slice(t * 2, t * 2 + 2)]));
    const expected = reference.forward(parametersOf(layer), steps);
    expect(relativeError(data.subarray(0, 3), expected, 1e-2)).toBeLessThan(1e-5);
    expect([...data.subarray(3)]).toEqual(new Array(6).fill(0));
  });
});

describe('several axes in a row', () => {
  test('two convolutions and directions: a row has the output it has without the others', () => {
    const draw = new Draw(15);
    const model = new u.Sequential([
      new u.Conv1d(3, 4, 3, { stride: 2 }),
      new u.Conv1d(4, 4, 2, { padding: 'same', stride: 2 }),
      new u.LSTM(4, 3, { bidirectional: true }),
      new u.LastStep(),
      new u.Linear(6, 2),
    ]);
    const lengths = [12, 3, 7, 2, 12];
    const x = draw.features(1, 12, 5, 3);
    const { data, shape } = model.forward(x, { lengths });
    expect(shape).toEqual([1, 5, 2]);
    for (const [b, n] of lengths.entries()) {
      const row = { data: Float32Array.from(rowOf(x, b, n)), shape: [n, 1, 3] };
      const expected =
        n < 3
          ? new u.Linear(6, 2).forward({ data: new Float32Array(6), shape: [1, 1, 6] })
          : model.forward(row);
      if (n >= 3) expect([...data.subarray(b * 2, b * 2 + 2)], `row ${b}`).toEqual([...expected.data]);
    }
  });
});

describe('in a graph', () => {
  test('a chain has the bits of Sequential; two convolutions of one input can be added', () => {
    const draw = new Draw(21);
    const x = draw.features(1, T, B, 4);
    const dy = draw.features(1, 5, B, 3);
    const opts = { stride: 2, padding: 'same' } as const;
    const chain = new u.Sequential([new u.Conv1d(4, 3, 3, opts), new u.LSTM(3, 3)], { seed: 6 });
    const from = u.input({ features: 4 });
    const convolved = new u.Conv1d(4, 3, 3, opts).apply(from);
    const graph = new u.Model(
      { inputs: from, outputs: new u.LSTM(3, 3).apply(convolved).output },
      { seed: 6 },
    );
    const [a, b] = [chain, graph].map((model) => {
      const output = model.forward(x, { training: true, lengths: LENGTHS }) as u.NDArray;
      return { output, input: (model.backward(dy) as u.NDArray | undefined)! };
    });
    expectSameDict(b!, a!);

    const source = u.input({ features: 4 });
    const left = new u.Conv1d(4, 3, 3, opts);
    const right = new u.Conv1d(4, 3, 5, opts);
    const sum = new u.Add().apply(left.apply(source), right.apply(source));
    const model = new u.Model({ inputs: source, outputs: sum }, { seed: 7 });
    const y = model.forward(x, { training: true, lengths: LENGTHS }) as u.NDArray;
    const dx = model.backward(draw.features(1, ...y.shape)) as u.NDArray | undefined;
    for (const [b, n] of LENGTHS.entries()) {
      const row = { data: Float32Array.from(rowOf(x, b, n)), shape: [n, 1, 4] };
      const single = n ? [...(model.forward(row) as u.NDArray).data] : [];
      expect([...rowOf(y, b, Math.ceil(n / 2))], `row ${b}`).toEqual(single);
    }
    expect(dx!.shape).toEqual(x.shape);
    const other = new u.Conv1d(4, 3, 3).apply(source);
    expect(thrown(() => new u.Add().apply(sum, other))).toBeInstanceOf(Error);
  });
});

describe('causal with stride 1', () => {
  const make = () =>
    new u.Sequential(
      [
        new u.Conv1d(3, 4, 3, { padding: 'causal', dilation: 2 }),
        new u.Conv1d(4, 2, 2, { padding: 'causal' }),
      ],
      {
        seed: 5,
      },
    );

  test.each([1, 2, 3, 5])('a stream in blocks of %i has the bits of forward', (block) => {
    const model = make();
    const x = new Draw(16).features(1, 15, 2, 3);
    const whole = model.forward(x);
    const stream = model.stream({ batch: 2, block });
    const outputs: number[] = [];
    let saved: ReturnType<typeof stream.snapshot> | undefined;
    for (let t = 0; t < 15; t += block) {
      const part = stepsOf(x as { data: Float32Array; shape: readonly number[] }, t, Math.min(t + block, 15));
      outputs.push(...stream.steps(part.data));
      if (t === 0) saved = stream.snapshot();
    }
    expect(outputs).toEqual([...whole.data]);
    stream.restore(saved!);
    const next = stepsOf(
      x as { data: Float32Array; shape: readonly number[] },
      block,
      Math.min(2 * block, 15),
    );
    expect([...stream.steps(next.data)]).toEqual([
      ...whole.data.subarray(block * 4, block * 4 + (next.data.length / 3) * 2),
    ]);
  });

  test('a pool of streams and a fork have the bits of forward', () => {
    const model = make();
    const x = new Draw(22).features(1, 6, 3, 3) as { data: Float32Array; shape: readonly number[] };
    const whole = model.forward(x);
    const pool = model.streams({ capacity: 4 });
    const sessions = [0, 1, 2].map(() => pool.open());
    const seen = sessions.map(() => 0);
    const step = (rows: readonly number[]) => {
      const inputs = rows.map((b) => [...rowOf(x, b, 6).subarray(seen[b]! * 3, (seen[b]! + 1) * 3)]);
      const y = [
        ...pool.step(
          rows.map((b) => sessions[b]!),
          inputs.flat(),
        ),
      ];
      for (const [i, b] of rows.entries()) {
        expect(y.slice(i * 2, i * 2 + 2), `row ${b}`).toEqual([
          ...rowOf(whole, b, 6).subarray(seen[b]! * 2, seen[b]! * 2 + 2),
        ]);
        seen[b]!++;
      }
    };
    for (const rows of [[0], [2, 0], [1], [0, 1, 2], [1, 2], [2], [0, 1], [2, 1]]) step(rows);
    const stream = model.stream();
    const inputs = rowOf(x, 0, 6);
    for (let t = 0; t < 3; t++) stream.step(inputs.subarray(t * 3, t * 3 + 3));
    const fork = stream.fork();
    stream.step([9, 9, 9]);
    expect([...fork.step(inputs.subarray(9, 12))]).toEqual([...rowOf(whole, 0, 6).subarray(6, 8)]);
  });

  test.each<[string, Partial<u.TrainerOptions>]>([
    ['a memory budget', { memoryBudget: 80_000 }],
    ['truncation over the whole sequence', { truncation: { k1: 400, k2: 400 } }],
  ])('%s: the bits of a whole update', (_, parts) => {
    const draw = new Draw(17);
    const x = draw.features(1, 400, 3, 3);
    const y = draw.features(1, 400, 3, 2);
    const [whole, cut] = [undefined, parts].map((extra) => {
      const model = make();
      const trainer = new u.Trainer(model, {
        loss: u.mse,
        optimizer: new u.AdamW(),
        carryState: true,
        ...extra,
      });
      const { checkpoints } = model.plan({ steps: 400, batch: 3 });
      if (extra?.memoryBudget) expect(checkpoints!.segments).toBeGreaterThan(2);
      for (let i = 0; i < 3; i++) trainer.step(x, y);
      return model;
    });
    expectSameDict(cut!.stateDict(), whole!.stateDict());
  });

  test('carried states: two halves have the outputs of the whole', () => {
    const model = make();
    const x = new Draw(18).features(1, 8, 2, 3) as { data: Float32Array; shape: readonly number[] };
    const y = new Draw(19).features(1, 8, 2, 2) as { data: Float32Array; shape: readonly number[] };
    const expected = new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW() }).evaluate(x, y).loss;
    const other = make();
    const trainer = new u.Trainer(other, {
      loss: u.mse,
      optimizer: new u.AdamW({ lr: 0 }),
      carryState: true,
    });
    const halves = [0, 4].map((t) => trainer.step(stepsOf(x, t, t + 4), stepsOf(y, t, t + 4)).loss);
    expect((halves[0]! + halves[1]!) / 2).toBeCloseTo(expected, 6);
  });
});

describe('refused:', () => {
  const refused: [string, () => unknown, new (...args: never[]) => Error, RegExp][] = [
    ['no channels', () => new u.Conv1d(0, 1, 1), u.ArgumentError, /^inChannels: /],
    [
      'groups that do not divide',
      () => new u.Conv1d(4, 6, 1, { groups: 4 }),
      u.ArgumentError,
      /^groups: .*outChannels 6/,
    ],
    [
      'an unknown padding',
      () => new u.Conv1d(1, 1, 1, { padding: 'full' as never }),
      u.ArgumentError,
      /^padding: .*causal/,
    ],
    [
      'an unknown activation',
      () => new u.Conv1d(1, 1, 1, { activation: 'sin' as never }),
      u.ArgumentError,
      /^activation/,
    ],
    ['negative padding', () => new u.Conv1d(1, 1, 1, { padding: -1 }), u.ArgumentError, /^padding: /],
    [
      'a window beyond 32 bits',
      () => new u.Conv1d(1, 1, 3, { dilation: 2 ** 29 }),
      u.ArgumentError,
      /^dilation: /,
    ],
    ['stride beyond 32 bits', () => new u.Conv1d(1, 1, 1, { stride: 2 ** 32 }), u.ArgumentError, /^stride: /],
    [
      'padding beyond 32 bits',
      () => new u.Conv1d(1, 1, 1, { padding: 2 ** 31 }),
      u.ArgumentError,
      /^padding: /,
    ],
    ['stride 0', () => new u.Conv1d(1, 1, 1, { stride: 0 }), u.ArgumentError, /^stride: /],
    ['an unknown option', () => new u.Conv1d(1, 1, 1, { stirde: 2 } as never), u.ArgumentError, /stirde/],
    [
      'a sequence shorter than the kernel',
      () => new u.Conv1d(1, 1, 5).forward({ data: new Float32Array(4), shape: [4, 1, 1] }),
      u.ShapeError,
      /^x: .*5 steps.*Conv1d.*4/,
    ],
    [
      'lengths shorter than the kernel',
      () =>
        new u.Conv1d(1, 1, 5).forward({ data: new Float32Array(12), shape: [6, 2, 1] }, { lengths: [4, 1] }),
      u.ArgumentError,
      /^lengths: .*row with enough steps/,
    ],
    [
      'a stream with stride',
      () => new u.Sequential([new u.Conv1d(1, 1, 2, { padding: 'causal', stride: 2 })]).stream(),
      u.StateError,
      /^stream: layers\[0\] \(Conv1d\) .*stride 1/,
    ],
    [
      'a stream of same',
      () => new u.Sequential([new u.Conv1d(1, 1, 2, { padding: 'same' })]).stream(),
      u.StateError,
      /^stream: layers\[0\] \(Conv1d\) .*causal/,
    ],
    [
      'a memory budget',
      () =>
        new u.Trainer(new u.Sequential([new u.Conv1d(1, 1, 2)]), {
          loss: u.mse,
          optimizer: new u.AdamW(),
          memoryBudget: 1e6,
        }),
      u.ArgumentError,
      /^memoryBudget: .*layers\[0\] \(Conv1d/,
    ],
    [
      'flow',
      () => {
        const model = new u.Sequential([new u.Conv1d(1, 1, 2), new u.LSTM(1, 2)]);
        const x = { data: new Float32Array(4), shape: [4, 1, 1] };
        const y = { data: new Float32Array(6), shape: [3, 1, 2] };
        new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW() }).step(x, y, { flow: true });
      },
      u.ArgumentError,
      /^flow: .*layers\[0\] \(Conv1d\)/,
    ],
    [
      'targets of as many steps as x',
      () => {
        const trainer = new u.Trainer(new u.Sequential([new u.Conv1d(1, 1, 2)]), {
          loss: u.mse,
          optimizer: new u.AdamW(),
        });
        const x = { data: new Float32Array(4), shape: [4, 1, 1] };
        trainer.step(x, x);
      },
      u.ShapeError,
      /^y: .*3 steps/,
    ],
  ];
  test.each(refused)('%s', (_, call, type, message) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
  });

  test('a step that is too short leaves weights and carried states', () => {
    const model = new u.Sequential([new u.Conv1d(1, 2, 3), new u.LSTM(2, 2)], { seed: 1 });
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW(), carryState: true });
    const draw = new Draw(20);
    const x = draw.features(1, 6, 2, 1);
    const y = draw.features(1, 4, 2, 2);
    trainer.step(x, y);
    const before = model.stateDict();
    const short = { data: new Float32Array(4), shape: [2, 2, 1] };
    expect(thrown(() => trainer.step(short, y))).toBeInstanceOf(u.ShapeError);
    expect(thrown(() => trainer.step(x, y, { lengths: [2, 1] }))).toBeInstanceOf(u.ArgumentError);
    expectSameDict(model.stateDict(), before);
    const again = new u.Sequential([new u.Conv1d(1, 2, 3), new u.LSTM(2, 2)], { seed: 1 });
    const other = new u.Trainer(again, { loss: u.mse, optimizer: new u.AdamW(), carryState: true });
    other.step(x, y);
    expect(trainer.step(x, y)).toEqual(other.step(x, y));
  });
});
