import { ArgumentError, Conv1d, GRU, init, Linear, LSTM, RNN, Sequential } from 'unrolled';
import { AudioModel, BlockStream, packModel, unpackModel } from 'unrolled/audio';
import { loadQuantized, quantize } from 'unrolled/quant';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectSame } from '../kernels/closeness.ts';
import { generator, uniform } from '../reference/random.ts';

beforeAll(() => init({ kernels: 'simd' }));

const SAMPLES = 4 * 128;
const noise = (seed: number) => Float32Array.from(uniform(generator(seed), SAMPLES, 1));

function effect(seed = 1): Sequential {
  const layers = [
    new Conv1d(1, 4, 3, { padding: 'causal' }),
    new LSTM(4, 9),
    new GRU(9, 5),
    new RNN(5, 3),
    new Linear(3, 1),
  ];
  const model = new Sequential(layers, { seed });
  // neighbouring bytes whose bits are those of signaling NaN
  const state = model.stateDict();
  const w = state['1.weight_hh_l0']!.data as Float32Array;
  for (let i = 0; i + 3 < w.length; i += 4) w.set([0.01, 0.02, -0.5, 0.6], i);
  model.loadStateDict(state);
  return model;
}

function play(blocks: BlockStream, input: Float32Array, from = 0, to = SAMPLES): Float32Array {
  const output = new Float32Array(to - from);
  blocks.process([input.subarray(from, to)], [output]);
  return output;
}

describe.each([1, 2] as const)('quantized, planes %i', (planes) => {
  test('in blocks of samples the steps of a stream', () => {
    const model = quantize(effect(), { planes });
    const input = noise(1);
    const stream = model.stream();
    const steps = Float32Array.from(input, (value) => (stream.step([value]) as Float32Array)[0]!);
    expectSame(play(new BlockStream(model), input), steps, 'blocks');
    model.dispose();
  });

  test('packed for a worklet it has the same bits, and takes other parameters', () => {
    const [model, other] = [1, 2].map((seed) => quantize(effect(seed), { planes }));
    const input = noise(2);
    const packed = structuredClone(packModel(model!));
    const again = unpackModel(packed);
    expectSame(play(new BlockStream(again), input), play(new BlockStream(model!), input), 'packed');
    again.loadStateDict(structuredClone(packModel(other!)).parameters);
    expectSame(play(new BlockStream(again), input), play(new BlockStream(other!), input), 'loaded');
    for (const one of [model!, other!, again]) one.dispose();
  });

  test.runIf(typeof OfflineAudioContext === 'function')(
    'in an AudioWorklet, loaded while it plays',
    async () => {
      const model = loadQuantized(quantize(effect(), { planes }).save()) as Sequential;
      const other = quantize(effect(2), { planes });
      const input = noise(3);
      const half = SAMPLES / 2;
      const context = new OfflineAudioContext(1, SAMPLES, 48_000);
      const audio = await AudioModel.create(context, model);
      const buffer = context.createBuffer(1, SAMPLES, 48_000);
      buffer.copyToChannel(input, 0);
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(audio.node).connect(context.destination);
      source.start();
      const refused: unknown[] = [];
      void context.suspend(half / 48_000).then(async () => {
        for (const wrong of [effect(), quantize(effect(), { planes: planes === 1 ? 2 : 1 })])
          refused.push(await audio.load(wrong).catch((error) => error));
        await audio.load(other);
        await context.resume();
      });
      const rendered = (await context.startRendering()).getChannelData(0);
      await audio.ready;
      const here = unpackModel(packModel(model));
      const blocks = new BlockStream(here);
      expectSame(rendered.subarray(0, half), play(blocks, input, 0, half), 'before');
      here.loadStateDict(packModel(other).parameters);
      expectSame(rendered.subarray(half), play(blocks, input, half), 'after');
      expect(refused).toHaveLength(2);
      for (const error of refused) {
        expect(error).toBeInstanceOf(ArgumentError);
        expect((error as ArgumentError).argument).toBe('model');
      }
      await audio.dispose();
    },
  );
});

test('a packed model without its kernels is refused', () => {
  const model = quantize(effect(), { planes: 1 });
  const packed = packModel(model);
  expect(packed.quantModule).toBeInstanceOf(WebAssembly.Module);
  expect(() =>
    unpackModel({ ...packed, layers: [{ ...packed.layers[0]!, quantized: 1, groups: 7 }] }),
  ).toThrow();
  expect(packModel(effect()).quantModule).toBeUndefined();
  model.dispose();
});
