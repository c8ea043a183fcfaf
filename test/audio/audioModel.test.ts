import { ArgumentError, Embedding, GRU, init, Linear, LSTM, Sequential } from 'unrolled';
import { AudioModel, BlockStream } from 'unrolled/audio';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectSame } from '../kernels/closeness.ts';
import { Draw } from '../model/helpers.ts';

const RATE = 48_000;
const LENGTH = 40 * 128;

beforeAll(() => init({ kernels: 'simd' }));

function effect(seed = 1): Sequential {
  return new Sequential([new GRU(1, 8), new Linear(8, 1)], { seed });
}

/** Channels of an input rendered through a model in an AudioWorklet. */
async function render(
  input: Float32Array<ArrayBuffer>[],
  outputs: number,
  make: (context: OfflineAudioContext) => Promise<AudioModel>,
  meanwhile?: (audio: AudioModel) => Promise<void>,
): Promise<Float32Array[]> {
  const context = new OfflineAudioContext(outputs, LENGTH, RATE);
  const audio = await make(context);
  audio.node.connect(context.destination);
  if (input.length) {
    const buffer = context.createBuffer(input.length, LENGTH, RATE);
    for (const [c, data] of input.entries()) buffer.copyToChannel(data, c);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(audio.node);
    source.start();
  }
  if (meanwhile) {
    void context.suspend((20 * 128) / RATE).then(async () => {
      await meanwhile(audio);
      await context.resume();
    });
  }
  const rendered = await context.startRendering();
  await audio.ready;
  return Array.from({ length: outputs }, (_, c) => rendered.getChannelData(c));
}

function inline(blocks: BlockStream, input: Float32Array[], from = 0, to = LENGTH): Float32Array[] {
  const output = Array.from({ length: blocks.outputs }, () => new Float32Array(to - from));
  blocks.process(
    input.map((data) => data.subarray(from, to)),
    output,
  );
  return output;
}

function noise(seed: number): Float32Array<ArrayBuffer> {
  return new Draw(seed).features(1, LENGTH).data;
}

function expectChannels(got: Float32Array[], expected: Float32Array[]): void {
  expect(got.length).toBe(expected.length);
  for (const [c, data] of expected.entries()) expectSame(got[c]!, data, `channel ${c}`);
}

describe.runIf(typeof OfflineAudioContext === 'function')('AudioModel', () => {
  test('stereo through a model of one input: states of its own for each', async () => {
    const input = [noise(1), noise(2)];
    const got = await render(input, 2, (context) => AudioModel.create(context, effect(), { batch: 2 }));
    expectChannels(got, inline(new BlockStream(effect(), { batch: 2 }), input));
    expectChannels([got[1]!], inline(new BlockStream(effect()), [input[1]!]));
  });

  test('a model of two inputs and three outputs', async () => {
    const model = () => new Sequential([new LSTM(2, 5), new Linear(5, 3)], { seed: 4 });
    const input = [noise(1), noise(2)];
    const got = await render(input, 3, (context) => AudioModel.create(context, model()));
    expectChannels(got, inline(new BlockStream(model()), input));
  });

  test('hears silence where nothing is connected', async () => {
    const got = await render([], 1, (context) => AudioModel.create(context, effect()));
    expectChannels(got, inline(new BlockStream(effect()), [new Float32Array(LENGTH)]));
    expect(got[0]!.at(-1)).not.toBe(0);
  });

  test('takes other parameters, a reset and an end while it runs', async () => {
    const input = [noise(1)];
    const create = (context: OfflineAudioContext) => AudioModel.create(context, effect());
    const half = 20 * 128;
    for (const change of ['load', 'reset', 'end'] as const) {
      const got = await render(input, 1, create, (audio) => {
        if (change === 'load') return audio.load(effect(2));
        return change === 'reset' ? audio.reset() : audio.dispose();
      });
      const model = effect();
      const blocks = new BlockStream(model);
      const first = inline(blocks, input, 0, half);
      expectChannels([got[0]!.subarray(0, half)], first);
      if (change === 'load') model.loadStateDict(effect(2).stateDict());
      if (change === 'reset') blocks.reset();
      const rest = change === 'end' ? [new Float32Array(LENGTH - half)] : inline(blocks, input, half);
      expectChannels([got[0]!.subarray(half)], rest);
    }
  });

  test('says when the processor fails', async () => {
    const context = new OfflineAudioContext(1, LENGTH, RATE);
    const model = effect();
    Object.defineProperty(model, 'stateDict', { value: () => ({}) });
    const audio = await AudioModel.create(context, model);
    audio.node.connect(context.destination);
    await context.startRendering();
    const error = await audio.ready.catch((reason) => reason);
    expect(error.name).toBe('FormatError');
    expect(error.message).toContain('GRU');
    expect(await audio.reset().catch((reason) => reason)).toBe(error);
    await audio.dispose();
  });

  test.each<[string, () => Sequential, object, string]>([
    ['a model of indices', () => new Sequential([new Embedding(3, 2)]), {}, 'model'],
    ['half a row', effect, { batch: 0.5 }, 'batch'],
    ['another option', effect, { channels: 2 }, 'AudioModel: channels'],
  ])('refuses %s', async (_, make, opts, argument) => {
    const context = new OfflineAudioContext(1, 128, RATE);
    const error = await AudioModel.create(context, make(), opts).catch((reason) => reason);
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.argument).toBe(argument);
  });
});
