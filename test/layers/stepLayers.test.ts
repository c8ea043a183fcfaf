import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectClose, expectSame, rounded } from '../kernels/closeness.ts';
import { Draw, expectSameArray, expectSameDict, thrown } from '../model/helpers.ts';
import { activations } from '../reference/activations.ts';
import { batchNorm, batchNormBackward, running } from '../reference/batchNorm.ts';
import { layerNorm, layerNormBackward } from '../reference/layerNorm.ts';
import { logSoftmax, logSoftmaxBackward, softmax, softmaxBackward } from '../reference/softmax.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const [T, B] = [5, 3];
const LENGTHS = [3, 0, 5];
const draw = new Draw(7);

/** Rows of [T, B, n] that count. */
function valid(n: number, { data }: u.NDArray, lengths: readonly number[] | undefined): Float64Array {
  const rows: number[] = [];
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      if (!lengths || t < lengths[b]!) rows.push(...data.subarray((t * B + b) * n, (t * B + b + 1) * n));
    }
  }
  return Float64Array.from(rows);
}

/** Forward and backward of one layer, and what counts of it. */
function run(layer: u.Layer, n: number, out: number, lengths: readonly number[] | undefined, seed = 0) {
  const model = new u.Sequential([layer], { seed });
  const named = Object.entries(model.stateDict()).filter(([name]) => !/running/.test(name));
  const drawn = named.map(([name, { shape }]) => {
    const data = draw.features(
      1,
      1,
      shape.reduce((a, b) => a * b, 1),
    ).data;
    return [name, { data, shape }] as const;
  });
  model.loadStateDict({ ...model.stateDict(), ...Object.fromEntries(drawn) });
  const x = draw.features(1, T, B, n);
  const dy = draw.features(1, T, B, out);
  const opts = lengths ? { lengths } : {};
  const y = model.forward(x, { ...opts, training: true });
  const dx = model.backward(dy)!;
  const parameters = Object.fromEntries(drawn.map(([name, { data }]) => [name.slice(2), rounded(data)]));
  return {
    ...{ model, x, parameters, opts, y: valid(out, y, lengths), dx: valid(n, dx, lengths) },
    ...{ given: valid(n, x, lengths), upstream: valid(out, dy, lengths) },
    gradients: model.gradients(),
  };
}

describe.each([undefined, LENGTHS])('lengths %o:', (lengths) => {
  test.each(Object.keys(activations))('Activation %s against float64', (name) => {
    const { of, slope, slack = 0 } = activations[name as keyof typeof activations]!;
    const layer = new u.Activation(name as 'relu');
    const { alpha = 0, beta = 0 } = { alpha: 0, beta: 0, ...defaults(name) };
    const { y, dx, given, upstream } = run(new Wrapped(layer, 7), 7, 7, lengths);
    expectClose(
      y,
      given.map((v) => of(v, alpha, beta)),
      1e-6 + slack,
      'y',
    );
    expectClose(
      dx,
      given.map((v, i) => slope(v, alpha, beta) * upstream[i]!),
      3e-6,
      'dx',
    );
  });

  test('softmax and logSoftmax against float64', () => {
    const soft = run(new Wrapped(new u.Activation('softmax'), 7), 7, 7, lengths);
    expectClose(soft.y, softmax(7, soft.given), 1e-6, 'softmax');
    const back = softmaxBackward(7, soft.upstream, softmax(7, soft.given));
    expectClose(soft.dx, back, 3e-6, 'gradient of softmax');
    const log = run(new Wrapped(new u.Activation('logSoftmax'), 7), 7, 7, lengths);
    expectClose(log.y, logSoftmax(7, log.given), 1e-6, 'logSoftmax');
    const logBack = logSoftmaxBackward(7, log.upstream, logSoftmax(7, log.given));
    expectClose(log.dx, logBack, 3e-6, 'gradient of logSoftmax');
  });

  test.each([
    [1, 1e-5, true],
    [4, 1e-3, true],
    [7, 1e-5, false],
  ])('LayerNorm of %i, eps %f, bias %s, against float64', (n, eps, bias) => {
    const got = run(new u.LayerNorm(n, { eps, bias }), n, n, lengths);
    const { weight, bias: b } = got.parameters;
    const m = got.given.length / n;
    const pass = layerNorm(m, n, got.given, weight!, b, eps);
    const { dx, dw, db } = layerNormBackward(m, n, got.upstream, weight!, pass);
    expectClose(got.y, pass.y, 1e-6, 'y');
    expectClose(got.dx, dx, n === 1 ? 1 : 3e-6, 'dx');
    expectClose(got.gradients['0.weight']!.data, dw, 3e-6, 'weight');
    if (bias) expectClose(got.gradients['0.bias']!.data, db, 3e-6, 'bias');
  });

  test.each([1, 4, 7])('BatchNorm of %i against float64, with the rows that count', (n) => {
    const got = run(new u.BatchNorm(n, { momentum: 0.3, eps: 1e-3 }), n, n, lengths);
    const { weight, bias } = got.parameters;
    const m = got.given.length / n;
    const pass = batchNorm(m, n, got.given, weight!, bias!, 1e-3);
    const { dx, dw, db } = batchNormBackward(m, n, got.upstream, weight!, pass);
    expectClose(got.y, pass.y, 1e-6, 'y');
    expectClose(got.dx, dx, 3e-6, 'dx');
    expectClose(got.gradients['0.weight']!.data, dw, 3e-6, 'weight');
    expectClose(got.gradients['0.bias']!.data, db, 3e-6, 'bias');
    expect(Object.keys(got.gradients)).toEqual(['0.weight', '0.bias']);
    const ones = new Array<number>(n).fill(1);
    const after = running(pass, m, 0.3, { mean: ones.map(() => 0), variance: ones });
    const state = got.model.stateDict();
    expectClose(state['0.running_mean']!.data, after.mean, 1e-6, 'running mean');
    expectClose(state['0.running_var']!.data, after.variance, 1e-6, 'running variance');
    const y = valid(n, got.model.forward(got.x, got.opts), lengths);
    const inferred = batchNorm(m, n, got.given, weight!, bias!, 1e-3, after);
    expectClose(y, inferred.y, 2e-6, 'inference');
    expectSameDict(got.model.stateDict(), state);
  });

  test.each(['tanh', 'softmax', { name: 'elu', alpha: 0.5 }] as const)(
    'Linear with %o is Linear and Activation',
    (activation) => {
      const fused = run(new u.Linear(4, 6, { activation }), 4, 6, lengths);
      const apart = new u.Sequential([new u.Linear(4, 6), new u.Activation(activation)]);
      apart.loadStateDict(fused.model.stateDict());
      const y = apart.forward(fused.x, { ...fused.opts, training: true });
      expectSame(fused.y, valid(6, y, lengths), 'training');
      expectSameArray(fused.model.forward(fused.x, fused.opts), y, 'inference');
    },
  );
});

/** Gives a layer without a size one. */
class Wrapped implements u.Layer {
  readonly type = 'Wrapped';
  readonly input;
  readonly parameters = [];
  readonly #layer: u.Layer;

  constructor(layer: u.Layer, size: number) {
    this.#layer = layer;
    this.input = { kind: 'features', size } as const;
  }

  outputSize(size: number): number {
    return size;
  }

  config(): Record<string, unknown> {
    return {};
  }

  isIdle(training: boolean, stream: boolean): boolean {
    return this.#layer.isIdle?.(training, stream) ?? false;
  }

  reserve(...args: Parameters<u.Layer['reserve']>) {
    return this.#layer.reserve(...args);
  }
}

function defaults(name: string): { alpha?: number; beta?: number } {
  if (name === 'selu') return { alpha: 1.6732632423543772, beta: 1.0507009873554805 };
  if (name === 'hardsigmoid') return { alpha: 0.2, beta: 0.5 };
  if (name === 'elu') return { alpha: 1 };
  if (name === 'leakyrelu') return { alpha: 0.01 };
  return name === 'scaledtanh' || name === 'affine' ? { alpha: 1, beta: name === 'affine' ? 0 : 1 } : {};
}

function stepModel(): u.Sequential {
  const layers = [
    new u.LSTM(4, 6),
    new u.LayerNorm(6),
    new u.Linear(6, 5, { activation: 'gelu' }),
    new u.BatchNorm(5),
    new u.Activation('logSoftmax'),
  ];
  return new u.Sequential(layers, { seed: 3 });
}

describe('models with step layers', () => {
  test('a stream gives what forward gives', () => {
    const model = stepModel();
    const x = draw.features(1, 6, 1, 4);
    model.forward(x, { training: true });
    const whole = model.forward(x);
    const stream = model.stream();
    for (let t = 0; t < 6; t++)
      expectSame(
        stream.step(x.data.subarray(t * 4, t * 4 + 4)),
        whole.data.subarray(t * 5, t * 5 + 5),
        `${t}`,
      );
  });

  test('a saved model has the running statistics, a checkpoint goes on with the same bits', () => {
    const [x, y] = [draw.features(1, T, B, 4), draw.features(1, T, B, 5)];
    const make = (model: u.Sequential) =>
      new u.Trainer(model, {
        loss: u.mse,
        optimizer: new u.SGD({ lr: 0.1, momentum: 0.9, weightDecay: 0.1 }),
      });
    const model = stepModel();
    const trainer = make(model);
    trainer.step(x, y);
    const loaded = u.Sequential.load(model.save());
    expectSameDict(loaded.stateDict(), model.stateDict());
    expectSameArray(loaded.forward(x), model.forward(x), 'output');
    const again = make(stepModel());
    again.restore(trainer.save());
    expectSameDict(again.model.stateDict(), model.stateDict());
    expect(again.step(x, y)).toEqual(trainer.step(x, y));
    expectSameDict(again.model.stateDict(), model.stateDict());
  });

  test('weight decay and the number of parameters leave running statistics out', () => {
    const model = new u.Sequential([new u.BatchNorm(4)]);
    expect(model.parameterCount).toBe(8);
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 1, weightDecay: 0.5 }) });
    const x = draw.features(1, T, B, 4);
    trainer.step(x, x);
    const normOnly = new u.Sequential([new u.BatchNorm(4)]);
    normOnly.forward(x, { training: true });
    for (const name of ['0.running_mean', '0.running_var'])
      expectSame(model.stateDict()[name]!.data, normOnly.stateDict()[name]!.data, name);
  });

  test('after a bidirectional layer, LastStep takes the last step of what mixes features', () => {
    for (const layer of [new u.LayerNorm(6), new u.Activation('softmax')]) {
      const model = new u.Sequential([new u.GRU(4, 3, { bidirectional: true }), layer, new u.LastStep()]);
      const x = draw.features(1, T, B, 4);
      const all = new u.Sequential([
        new u.GRU(4, 3, { bidirectional: true }),
        layer.type === 'LayerNorm' ? new u.LayerNorm(6) : new u.Activation('softmax'),
      ]);
      all.loadStateDict(model.stateDict());
      expectSame(model.forward(x).data, all.forward(x).data.subarray((T - 1) * B * 6), layer.type);
    }
  });
});

describe('running statistics stay where nothing is trained:', () => {
  const x = draw.features(1, T, B, 4);
  const bad = { ...x, data: x.data.map((v, i) => (i === 7 ? Number.NaN : v)) };

  function trained(nonFinite: 'throw' | 'skip') {
    const model = new u.Sequential([new u.BatchNorm(4), new u.Linear(4, 4)]);
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }), nonFinite });
    trainer.step(x, x);
    return { model, trainer, before: model.stateDict() };
  }

  test('a step that is refused or skipped', () => {
    for (const [a, b] of [
      [bad, x],
      [x, bad],
    ] as const) {
      const thrower = trained('throw');
      expect(thrown(() => thrower.trainer.step(a, b))).toBeInstanceOf(u.NonFiniteError);
      expectSameDict(thrower.model.stateDict(), thrower.before);
      const skipper = trained('skip');
      expect(skipper.trainer.step(a, b).skipped).toBe(true);
      expectSameDict(skipper.model.stateDict(), skipper.before);
    }
  });

  test('flow, evaluate, inference, and a single row', () => {
    const { model, trainer, before } = trained('throw');
    trainer.flow(x, x);
    trainer.evaluate(x, x);
    model.forward(x);
    expect(thrown(() => trainer.step(x.data.subarray(0, 4), x.data.subarray(0, 4)))).toBeInstanceOf(
      u.ArgumentError,
    );
    expect(thrown(() => model.forward(x.data.subarray(0, 4), { training: true }))).toBeInstanceOf(
      u.ArgumentError,
    );
    expectSameDict(model.stateDict(), before);
  });

  test('parts of a sequence are refused', () => {
    const model = new u.Sequential([new u.BatchNorm(4)]);
    for (const parts of [{ memoryBudget: 1e6 }, { truncation: { k1: 1, k2: 1 } }]) {
      const make = () => new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 0.1 }), ...parts });
      expect(thrown(make)).toMatchObject({ argument: Object.keys(parts)[0] });
    }
  });
});

describe('Linear tied to an Embedding', () => {
  function tied() {
    const embedding = new u.Embedding(9, 4);
    return new u.Sequential([embedding, new u.LSTM(4, 4), new u.Linear(4, 9, { tied: embedding })], {
      seed: 5,
    });
  }
  // enough rows for a recurrent layer to multiply the table instead
  const x = { data: Int32Array.from({ length: 24 }, (_, i) => (i * 5 + (i >> 2)) % 9), shape: [8, 3] };
  const few = { data: Int32Array.from([0, 8, 3, 3, 5, 1]), shape: [2, 3] };

  test.each([x, few])('has one table, whose gradients are summed', (x) => {
    const dy = draw.features(1, x.shape[0]!, 3, 9);
    const model = tied();
    const table = model.stateDict()['0.weight']!;
    expect(Object.keys(model.stateDict())).not.toContain('2.weight');
    expect(model.parameterCount).toBe(9 * 4 + 160 + 9);
    const apart = new u.Sequential([new u.Embedding(9, 4), new u.LSTM(4, 4), new u.Linear(4, 9)]);
    apart.loadStateDict({ ...model.stateDict(), '2.weight': table });
    expectSameArray(model.forward(x), apart.forward(x), 'inference');
    expectSameArray(model.forward(x, { training: true }), apart.forward(x, { training: true }), 'training');
    model.backward(dy);
    apart.backward(dy);
    const [a, b] = [model.gradients(), apart.gradients()];
    const sum = a['0.weight']!.data.map((_, i) => b['0.weight']!.data[i]! + b['2.weight']!.data[i]!);
    expectClose(a['0.weight']!.data, sum, 1e-6, 'table');
    expectSame(a['1.weight_hh_l0']!.data, b['1.weight_hh_l0']!.data, 'recurrent');
  });

  test('is saved once and tied again; streams', () => {
    const model = tied();
    const loaded = u.Sequential.load(model.save());
    expect((loaded.layers[2] as u.Linear).tied).toBe(loaded.layers[0]);
    expectSameDict(loaded.stateDict(), model.stateDict());
    const whole = loaded.forward({ data: few.data.subarray(0, 2), shape: [2, 1] });
    const stream = loaded.stream();
    expectSame(stream.step(0), whole.data.subarray(0, 9), 'step 0');
    expectSame(stream.step(8), whole.data.subarray(9), 'step 1');
  });

  test('a state dict may have the table under either name or both, as those of torch.nn and safetensors.torch', () => {
    const model = tied();
    const { '0.weight': table, ...rest } = tied().stateDict();
    table!.data[7] = Number.NaN;
    for (const names of [['0.weight'], ['2.weight'], ['0.weight', '2.weight']]) {
      model.loadStateDict({ ...rest, ...Object.fromEntries(names.map((name) => [name, table!])) });
      expectSameDict(model.stateDict(), { '0.weight': table!, ...rest });
    }
    // as they are loaded
    const doubles = { data: Array<number>(36).fill(0.1), shape: [9, 4] };
    const floats = { ...doubles, data: Float32Array.from(doubles.data) };
    model.loadStateDict({ ...rest, '0.weight': doubles, '2.weight': floats });
    model.loadStateDict({ ...rest, '0.weight': table! });
    const wrong = { ...rest, '2.weight': { data: [1, 2, 3, 4], shape: [2, 2] } };
    expect(thrown(() => model.loadStateDict(wrong))).toMatchObject({ argument: '2.weight' });
    const data = table!.data.slice();
    data[5] = 0.5;
    const load = (own: unknown) => () =>
      model.loadStateDict({ ...rest, '0.weight': { ...table!, data }, '2.weight': own as u.NDArray });
    expect(thrown(load(table))).toMatchObject({
      argument: '2.weight',
      message: expect.stringContaining('expected the values of 0.weight, as it is tied'),
    });
    expect(thrown(load({ data, shape: [4, 9] }))).toBeInstanceOf(u.ShapeError);
    expect(thrown(() => model.loadStateDict(rest))).toMatchObject({ argument: 'state dict' });
    expect(() => model.loadStateDict(null as never)).toThrow('an object of arrays by name');
    expectSameDict(model.stateDict(), { '0.weight': table!, ...rest });
  });

  test('a file that ties it to no layer, or to another one, is refused', () => {
    const bytes = tied().save();
    const text = new TextDecoder('latin1').decode(bytes);
    const at = text.indexOf('\\"tied\\":0') + 9;
    for (const index of ['9', '1', '2']) {
      const changed = bytes.slice();
      changed[at] = index.charCodeAt(0);
      expect(thrown(() => u.Sequential.load(changed))).toBeInstanceOf(u.FormatError);
    }
  });

  test('is refused with another size, another layer, in another model or without one', () => {
    const embedding = new u.Embedding(9, 4);
    expect(thrown(() => new u.Linear(3, 9, { tied: embedding }))).toBeInstanceOf(u.ArgumentError);
    expect(thrown(() => new u.Linear(4, 8, { tied: embedding }))).toBeInstanceOf(u.ArgumentError);
    expect(thrown(() => new u.Linear(4, 9, { tied: new u.Linear(4, 9) as never }))).toMatchObject({
      argument: 'tied',
    });
    const linear = new u.Linear(4, 9, { tied: embedding });
    expect(thrown(() => new u.Sequential([new u.LSTM(4, 4), linear]))).toBeInstanceOf(u.ArgumentError);
    expect(thrown(() => linear.forward({ data: new Float32Array(4), shape: [1, 1, 4] }))).toBeInstanceOf(
      u.StateError,
    );
    new u.Sequential([embedding, linear]);
  });
});

test('BatchNorm, LayerNorm and Activation refuse what is not theirs', () => {
  for (const [make, argument] of [
    [() => new u.Activation('gelus' as never), 'activation'],
    [() => new u.Activation({ name: 'relu', alpha: 1 }), 'activation.alpha'],
    [() => new u.LayerNorm(0), 'size'],
    [() => new u.LayerNorm(4, { eps: -1 }), 'eps'],
    [() => new u.BatchNorm(4, { momentum: 2 }), 'momentum'],
    [() => new u.BatchNorm(4, { affine: true } as never), 'BatchNorm: affine'],
    [() => new u.Linear(4, 4, { activation: 'softmin' as never }), 'activation'],
  ] as const) {
    expect(thrown(make)).toMatchObject({ name: 'ArgumentError', argument });
  }
});

test('trains: a sequence tagger with all of them learns a rule of its inputs', () => {
  const layers = [
    new u.GRU(3, 12),
    new u.LayerNorm(12),
    new u.Linear(12, 8, { activation: 'mish' }),
    new u.BatchNorm(8),
    new u.Linear(8, 1),
  ];
  const model = new u.Sequential(layers, { seed: 1 });
  const trainer = new u.Trainer(model, {
    loss: u.bceWithLogits,
    optimizer: new u.SGD({ lr: 0.3, momentum: 0.9 }),
  });
  const x = draw.features(1, 12, 16, 3);
  // whether the first feature is above that of the step before
  const y = Float32Array.from({ length: 12 * 16 }, (_, i) => {
    return Number(i >= 16 && x.data[i * 3]! > x.data[(i - 16) * 3]!);
  });
  const target = { data: y, shape: [12, 16, 1] };
  let loss = 1;
  for (let i = 0; i < 150; i++) ({ loss } = trainer.step(x, target));
  expect(loss).toBeLessThan(0.1);
});
