import * as u from 'unrolled';
import { beforeAll, describe, expect, test } from 'vitest';
import { Draw } from './helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const [S, T, B] = [4, 3, 5];

/** An encoder that gives its last state, and a decoder that starts from it. */
function pair() {
  const source = u.input({ features: 2 });
  const encoder = new u.Model({ inputs: source, outputs: new u.GRU(2, 4).apply(source).hN }, { seed: 1 });
  const target = u.input({ features: 3 });
  const h0 = u.input({ features: 4, steps: false });
  const { output } = new u.GRU(3, 4).apply(target, { h0 });
  const decoder = new u.Model(
    { inputs: { target, h0 }, outputs: new u.Linear(4, 2).apply(output) },
    { seed: 2 },
  );
  return { encoder, decoder };
}

/** Both as one model. */
function joined(): u.Model {
  const source = u.input({ features: 2 });
  const target = u.input({ features: 3 });
  const first = new u.GRU(2, 4).apply(source);
  const { output } = new u.GRU(3, 4).apply(target, { h0: first.hN });
  return new u.Model({
    inputs: { source, target },
    outputs: new u.Linear(4, 2).apply(output),
  }) as unknown as u.Model;
}

const draw = new Draw(1);
const source = draw.features(1, S, B, 2);
const target = draw.features(1, T, B, 3);
const y = draw.features(1, T, B, 2);

/** mse and its gradient. */
function loss(output: { data: Float32Array; shape: readonly number[] }) {
  const n = output.data.length;
  const data = output.data.map((v, i) => (2 * (v - y.data[i]!)) / n);
  return { data, shape: output.shape };
}

function update({ encoder, decoder }: ReturnType<typeof pair>, updater: u.Updater) {
  const h0 = encoder.forward(source, { training: true });
  const output = decoder.forward({ target, h0 }, { training: true });
  encoder.backward(decoder.backward(loss(output)).h0!);
  return updater.step();
}

describe('Updater', () => {
  test.each([
    ['SGD with momentum', () => new u.SGD({ lr: 0.1, momentum: 0.9 })],
    ['AdamW', () => new u.AdamW({ lr: 0.02 })],
    ['RMSprop', () => new u.RMSprop({ lr: 0.02 })],
  ])('%s over an encoder and a decoder makes the updates of both as one model', (_, optimizer) => {
    const two = pair();
    const updater = new u.Updater([two.encoder, two.decoder], { optimizer: optimizer(), clipNorm: 0.05 });
    const model = joined();
    const [e, d] = [two.encoder.stateDict(), two.decoder.stateDict()];
    // the joined model numbers its layers from the outputs: encoder, decoder, linear
    const dict = Object.fromEntries(
      Object.keys(model.stateDict()).map((name) => {
        const [place, rest] = [Number(name.split('.')[0]), name.slice(name.indexOf('.'))];
        return [name, place === 0 ? e[`0${rest}`]! : d[`${place - 1}${rest}`]!];
      }),
    );
    model.loadStateDict(dict);
    const one = new u.Trainer(model, { loss: 'mse', optimizer: optimizer(), clipNorm: 0.05 });
    for (let i = 0; i < 5; i++) {
      const { gradNorm, lr } = update(two, updater);
      const expected = one.step({ source, target }, y);
      expect(gradNorm).toBeCloseTo(expected.gradNorm, 6);
      expect(lr).toBe(expected.lr);
    }
    expect(updater.steps).toBe(5);
    const got = { e: two.encoder.stateDict(), d: two.decoder.stateDict() };
    for (const [name, { data }] of Object.entries(model.stateDict())) {
      const [place, rest] = [Number(name.split('.')[0]), name.slice(name.indexOf('.'))];
      const own = place === 0 ? got.e[`0${rest}`]! : got.d[`${place - 1}${rest}`]!;
      for (const [i, value] of data.entries()) expect(own.data[i], name).toBeCloseTo(value, 6);
    }
  });

  test('gradients add up until a step, which sets them to 0; a schedule by name', () => {
    const make = () => new u.Sequential([new u.LSTM(2, 3)], { seed: 4 });
    const [a, b] = [make(), make()];
    const options = {
      optimizer: { name: 'sgd', lr: 0.1 },
      schedule: { name: 'stepLR', stepSize: 1 },
    } as const;
    const [twice, scaled] = [new u.Updater([a], options), new u.Updater([b], options)];
    const gradient = (k: number) => ({ data: new Float32Array(S * B * 3).fill(k), shape: [S, B, 3] });
    for (const rates of [0.1, 0.01]) {
      for (let i = 0; i < 2; i++) {
        a.forward(source, { training: true });
        a.backward(gradient(1));
      }
      b.forward(source, { training: true });
      b.backward(gradient(2));
      expect(twice.step().lr).toBeCloseTo(rates, 12);
      scaled.step();
      expect(a.gradients()['0.bias_ih_l0']!.data.every((g) => g === 0)).toBe(true);
    }
    const [got, expected] = [a.stateDict(), b.stateDict()];
    for (const name of Object.keys(got)) {
      for (const [i, v] of expected[name]!.data.entries()) expect(got[name]!.data[i]).toBeCloseTo(v, 6);
    }
  });

  test('adversarial: one updater each, and the gradients of the other model are forgotten', () => {
    const [generator, critic] = [
      new u.Sequential([new u.Linear(2, 3)], { seed: 1 }),
      new u.Sequential([new u.Linear(3, 1)], { seed: 2 }),
    ];
    const [forGenerator, forCritic] = [generator, critic].map(
      (model) => new u.Updater([model], { optimizer: 'adam' }),
    ) as [u.Updater, u.Updater];
    const before = [generator.stateDict(), critic.stateDict()];
    const fake = generator.forward(source, { training: true });
    critic.forward(fake, { training: true });
    const ones = { data: new Float32Array(S * B).fill(1), shape: [S, B, 1] };
    generator.backward(critic.backward(ones)!);
    forGenerator.step();
    forCritic.zeroGradients();
    expect(forCritic.step().gradNorm).toBe(0);
    expect(generator.stateDict()).not.toEqual(before[0]);
    expect(critic.stateDict()).toEqual(before[1]);
  });

  test('saves and restores, to the bit; a file that does not match changes nothing', () => {
    const two = pair();
    const updater = new u.Updater([two.encoder, two.decoder], { optimizer: new u.Adam({ lr: 0.02 }) });
    update(two, updater);
    const files = updater.save();
    const other = pair();
    const restored = new u.Updater([other.encoder, other.decoder], { optimizer: new u.Adam() });
    restored.restore(files);
    expect(restored.steps).toBe(1);
    expect(restored.optimizer.lr).toBe(0.02);
    expect(update(other, restored)).toEqual(update(two, updater));
    expect(restored.save()).toEqual(updater.save());
    const now = restored.save();
    expect(() => restored.restore([files[0]!, files[0]!])).toThrow(u.FormatError);
    expect(restored.save()).toEqual(now);
    expect(() => restored.restore(files.slice(1))).toThrow(u.ArgumentError);
    expect(() => restored.restore([files[0]!, now[1]!])).toThrow(/^files\[1\]: of another save \(step 2\)/);
    expect(restored.save()).toEqual(now);
    expect(u.Model.load(files[0]!).parameterCount).toBe(two.encoder.parameterCount);
  });

  test('a schedule that follows a metric is told it, saved and restored', () => {
    const make = () => {
      const { encoder, decoder } = pair();
      const schedule = { name: 'plateau', patience: 0, factor: 0.5 } as const;
      return new u.Updater([encoder, decoder], { optimizer: { name: 'sgd', lr: 1 }, schedule });
    };
    const [first, other] = [make(), make()];
    for (const metric of [1, 2, 3]) first.report(metric);
    const files = first.save();
    expect(first.step().lr).toBe(0.25);
    other.restore(files);
    expect(other.step().lr).toBe(0.25);
    for (const updater of [first, other]) updater.report(4);
    expect(other.save()).toEqual(first.save());
    const { encoder } = pair();
    expect(() => new u.Updater([encoder], { optimizer: 'adam' }).report(1)).toThrow(u.StateError);
  });

  test('gradients that are not finite are refused and forgotten', () => {
    const { encoder, decoder } = pair();
    const updater = new u.Updater([encoder, decoder], { optimizer: 'adam' });
    const before = updater.save();
    encoder.forward(source, { training: true });
    encoder.backward({ data: new Float32Array(B * 4).fill(Number.NaN), shape: [B, 4] });
    expect(() => updater.step()).toThrow(u.NonFiniteError);
    expect(updater.save()).toEqual(before);
    expect(updater.step().gradNorm).toBe(0);
  });

  test('what does not fit is refused', () => {
    const { encoder, decoder } = pair();
    const sgd = new u.SGD({ lr: 1 });
    const refused: readonly [() => unknown, string | undefined][] = [
      [() => new u.Updater([], { optimizer: 'adam' }), 'models'],
      [() => new u.Updater(encoder as never, { optimizer: 'adam' }), 'models'],
      [() => new u.Updater([encoder, encoder], { optimizer: 'adam' }), 'models[1]'],
      [() => new u.Updater([encoder, {} as never], { optimizer: 'adam' }), 'models[1]'],
      [() => new u.Updater([encoder], { optimizer: 'adamm' as never }), 'optimizer.name'],
      [() => new u.Updater([encoder], {} as never), 'optimizer'],
      [() => new u.Updater([encoder], { optimizer: 'adam', clipNorm: -1 }), 'clipNorm'],
      [() => new u.Updater([encoder], { optimizer: 'adam', schedule: 1 as never }), 'schedule'],
      [() => new u.Updater([encoder], { optimizer: 'adam', clip: 1 } as never), 'Updater: clip'],
    ];
    for (const [call, argument] of refused) expect(call).toThrow(expect.objectContaining({ argument }));
    const first = new u.Updater([encoder], { optimizer: sgd });
    expect(() => new u.Updater([decoder], { optimizer: sgd })).toThrow(u.StateError);
    new u.Updater([encoder], { optimizer: 'adam' });
    expect(() => first.step()).toThrow(u.StateError);
    expect(JSON.parse(JSON.stringify(first))).toMatchObject({ type: 'Updater' });
  });
});
