import { describe, expect, test } from 'vitest';
import * as unrolled from '../../src/index.ts';
import * as inference from '../../src/inference.ts';
import { INFERENCE_NAMES } from '../../src/wasm/generated/kernelNames.ts';
import { relaxedIsSupported } from '../kernels/binaries.ts';
import { thrown } from '../model/helpers.ts';

const { Dropout, Embedding, GRU, LastStep, Linear, LSTM, RNN, Sequential } = inference;
const tokens = [3, 1, 4, 1, 5, 2, 6, 5, 3, 5];
const V = 7;

/** A stack with each layer, over an embedding. */
const cases: Record<string, () => unrolled.Layer[]> = {
  Dropout: () => [new Dropout(0.5)],
  Embedding: () => [],
  GRU: () => [new GRU(5, 9, { numLayers: 2 })],
  LSTM: () => [new LSTM(5, 9, { numLayers: 2 })],
  LastStep: () => [new LSTM(5, 9), new LastStep()],
  Linear: () => [new Linear(5, 6)],
  RNN: () => [new RNN(5, 9), new RNN(9, 3, { nonlinearity: 'relu' })],
};

function results(make: () => unrolled.Layer[]) {
  const model = new Sequential([new Embedding(V, 5), ...make()], { seed: 3 });
  const { data } = model.forward(tokens);
  const stream = model.stream();
  const generator = new inference.Generator(1);
  const steps = tokens.map((token) => {
    const output = [...stream.step(token)];
    return {
      output,
      drawn: [stream.sample(generator, 0), stream.sample(generator)],
    };
  });
  const loaded = Sequential.load(model.save()).forward(tokens).data;
  model.dispose();
  return { data, steps, loaded };
}

describe('unrolled/inference', () => {
  test('has a case here for every layer', () => {
    const layers = Object.entries(inference).filter(
      ([, value]) => typeof value === 'function' && 'reserve' in (value.prototype ?? {}),
    );
    expect(layers.map(([name]) => name).sort()).toEqual(Object.keys(cases).sort());
  });

  test.each(Object.entries(cases))('%s: the bits of the kernels that train', async (_, make) => {
    await unrolled.init({ kernels: 'simd' });
    const expected = results(make);
    expect(await inference.init({ kernels: 'simd' })).toMatchObject({ kernels: 'simd', training: false });
    expect(results(make)).toEqual(expected);
  });

  test('both directions, each way of joining them, sequences of several lengths', async () => {
    const x = { data: Float32Array.from({ length: 4 * 3 * 2 }, (_, i) => i / 8 - 1), shape: [4, 3, 2] };
    const run = () =>
      (['concat', 'sum', 'mul', 'ave'] as const).map((mergeMode) => {
        using model = new Sequential([new LSTM(2, 3, { bidirectional: true, mergeMode })], { seed: 2 });
        return model.forward(x, { lengths: [4, 1, 3] });
      });
    await unrolled.init({ kernels: 'simd' });
    const expected = run();
    await inference.init({ kernels: 'simd' });
    expect(run()).toEqual(expected);
  });

  test('has kernels of its own, and takes relaxed where it validates', async () => {
    const { kernels, module } = await inference.init();
    expect(kernels).toBe(relaxedIsSupported ? 'relaxed' : 'simd');
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(names.sort()).toEqual([...INFERENCE_NAMES].sort());
  });

  test('no training and no loss: a StateError says who has them', async () => {
    await inference.init();
    const model = new unrolled.Sequential([new Embedding(V, 5), new LSTM(5, V)]);
    const trainer = new unrolled.Trainer(model, {
      loss: unrolled.crossEntropy,
      optimizer: new unrolled.SGD({ lr: 1 }),
    });
    const lstm = new Sequential([new LSTM(1, 1)]);
    for (const call of [
      () => trainer.step([1, 2], [2, 3]),
      () => trainer.evaluate([1, 2], [2, 3]),
      () => lstm.forward([1, 2], { training: true }),
    ]) {
      expect(thrown(call)).toBeInstanceOf(unrolled.StateError);
      expect((thrown(call) as Error).message).toMatch(/kernels.*infer/);
    }
    expect(lstm.forward([1, 2]).shape).toEqual([2, 1, 1]);
  });

  test('a pool and a beam search over its models', async () => {
    await inference.init({ kernels: 'simd' });
    using model = new Sequential([new Embedding(V, 5), new GRU(5, V)], { seed: 4 });
    using pool = new inference.StreamPool(model, { capacity: 2 });
    const [a, b] = [pool.open(), pool.open()];
    const both = [...pool.step([a, b], [1, 2])];
    using stream = model.stream({ batch: 2 });
    const state = stream.snapshot();
    expect(both).toEqual([...stream.step([1, 2])]);
    stream.restore(state);
    using fork = stream.fork();
    expect(both).toEqual([...fork.step([1, 2])]);
    expect(inference.beamSearch(model, { start: [1], length: 3, beams: 2 })).toHaveLength(2);
  });

  test('256-bit code is no option of it', async () => {
    const error = await inference.init({ revectorize: true } as inference.InitOptions).catch((e) => e);
    expect(error).toBeInstanceOf(unrolled.ArgumentError);
  });
});
