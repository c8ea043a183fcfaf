import { ArgumentError, GRU, init, Linear, LSTM, MinGRU, Sequential, StateError } from 'unrolled';
import { AudioModel } from 'unrolled/audio';
import { init as initInference } from 'unrolled/inference';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { addProcessor } from '../../src/audio/addProcessor.ts';

const RATE = 48_000;

beforeAll(() => init({ kernels: 'simd' }));

function effect(seed = 1): Sequential {
  return new Sequential([new GRU(1, 8), new Linear(8, 1)], { seed });
}

async function reason(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('it did not reject'),
    (error) => error,
  );
}

/** One sample that is not a number, in a second of a constant. */
async function withBadSample(value: number, rows = 1) {
  const length = 40 * 128;
  const context = new OfflineAudioContext(rows, length, RATE);
  const audio = await AudioModel.create(context, effect(), { batch: rows });
  const buffer = context.createBuffer(rows, length, RATE);
  for (let c = 0; c < rows; c++) buffer.getChannelData(c).fill(0.25);
  buffer.getChannelData(0)[1000] = value;
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(audio.node).connect(context.destination);
  source.start();
  const rendered = await context.startRendering();
  await audio.ready;
  return { audio, channels: Array.from({ length: rows }, (_, c) => rendered.getChannelData(c)) };
}

test('a processor that could not be loaded is loaded the next time', async () => {
  const added: (string | URL)[] = [];
  const addModule = async (url: string | URL) => {
    if (url instanceof URL) throw new Error('no such file');
    added.push(url);
  };
  const context = { audioWorklet: { addModule } } as unknown as BaseAudioContext;
  const spy = vi.spyOn(URL, 'createObjectURL').mockImplementationOnce(() => {
    throw new TypeError('Failed to fetch');
  });
  try {
    expect((await reason(addProcessor(context, undefined))).message).toContain("can't load the processor");
    for (let i = 0; i < 2; i++) await addProcessor(context, undefined);
    // all contexts share one
    expect(added).toEqual([expect.stringMatching(/^blob:/), added[0]]);
  } finally {
    spy.mockRestore();
  }
});

describe.runIf(typeof OfflineAudioContext === 'function')('AudioModel', () => {
  test('300 are made and disposed in one context', async () => {
    const context = new AudioContext({ sampleRate: RATE });
    const model = effect();
    for (let i = 0; i < 300; i++) {
      const audio = await AudioModel.create(context, model);
      await audio.ready;
      await audio.dispose();
    }
    await context.close();
  });

  test('without dispose, the error says what the browser limits', async () => {
    const context = new AudioContext({ sampleRate: RATE });
    const model = effect();
    const held: AudioModel[] = [];
    let error: Error | undefined;
    while (!error && held.length < 2000) {
      const audio = await AudioModel.create(context, model);
      held.push(audio);
      error = await audio.ready.then(
        () => undefined,
        (failed) => failed,
      );
    }
    if (error) {
      expect(error.name).toBe('MemoryError');
      expect(error.message).toMatch(/dispose\(\)/);
    }
    // and afterwards there is room again
    for (const audio of held) await audio.dispose();
    const again = await AudioModel.create(context, model);
    await again.ready;
    await context.close();
  });

  test('load of other layers rejects with the error of the audio thread, and changes nothing', async () => {
    const context = new AudioContext({ sampleRate: RATE });
    const audio = await AudioModel.create(context, effect());
    const other = new Sequential([new LSTM(1, 4), new Linear(4, 1)]);
    const error = await reason(audio.load(other));
    expect(['ArgumentError', 'ShapeError']).toContain(error.name);
    expect(error).toHaveProperty('argument');
    await audio.load(effect(2));
    await audio.reset();
    await context.close();
  });

  test('kernels that lack the layers: ready rejects with the error of the audio thread', async () => {
    const context = new AudioContext({ sampleRate: RATE });
    const model = new Sequential([new MinGRU(1, 8), new Linear(8, 1)]);
    await initInference({ kernels: 'simd' });
    const audio = await AudioModel.create(context, model);
    expect((await reason(audio.ready)).name).toBe('FeatureError');
    expect((await reason(audio.load(model))).name).toBe('FeatureError');
    await audio.dispose();
    await init({ kernels: 'simd' });
    await context.close();
  });

  test('calls after dispose reject, and a second dispose settles', async () => {
    const context = new AudioContext({ sampleRate: RATE });
    const audio = await AudioModel.create(context, effect());
    await audio.dispose();
    await audio.dispose();
    for (const call of [() => audio.load(effect()), () => audio.reset()]) {
      expect(await reason(call())).toBeInstanceOf(StateError);
    }
    await context.close();
  });

  test('a context that is closed leaves no promise open', async () => {
    const context = new AudioContext({ sampleRate: RATE });
    const audio = await AudioModel.create(context, effect());
    await audio.ready;
    await context.close();
    await reason(audio.load(effect()));
    expect(await reason(audio.reset())).toBeInstanceOf(StateError);
    await audio.dispose();
    expect(await reason(AudioModel.create(context, effect()))).toBeInstanceOf(StateError);
  });

  test.each([NaN, Infinity])('a sample of %d costs its row at most two blocks', async (value) => {
    const { audio, channels } = await withBadSample(value, 2);
    for (const channel of channels) expect(channel.every(Number.isFinite)).toBe(true);
    const settled = channels[1]!.at(-1)!;
    expect(settled).not.toBe(0);
    expect(channels[0]!.at(-1)).toBeCloseTo(settled, 5);
    // the audio thread tells of it in a message of its own, which may come after the end of rendering
    if (Number.isNaN(value)) await expect.poll(() => audio.resets, { timeout: 10_000 }).toBe(1);
  });

  test('a processor that is not there is named', async () => {
    const context = new AudioContext({ sampleRate: RATE });
    const error = await reason(AudioModel.create(context, effect(), { processor: '/nowhere.js' }));
    expect(error).toBeInstanceOf(StateError);
    expect(error.message).toContain('/nowhere.js');
    await context.close();
  });

  test('a file that is no processor is refused, and so is what is no URL', async () => {
    const context = new OfflineAudioContext(1, 128, RATE);
    const processor = URL.createObjectURL(new Blob(['0'], { type: 'text/javascript' }));
    const error = await reason(AudioModel.create(context, effect(), { processor }));
    expect(error).toBeInstanceOf(StateError);
    expect(error.message).toContain('unrolled/audio/processor');
    const number = await reason(AudioModel.create(context, effect(), { processor: 5 as never }));
    expect(number).toMatchObject({ name: 'ArgumentError', argument: 'processor' });
  });

  test.each<[unknown, string]>([
    [{ channelCount: 33 }, 'node.channelCount'],
    [{ channelCount: 0 }, 'node.channelCount'],
    [{ channelCount: 99, channelCountMode: 'max' }, 'node.channelCount'],
    [{ channelCount: '2' }, 'node.channelCount'],
    [{ channelCountMode: 'few' }, 'node'],
    [5, 'node'],
    ['abc', 'node'],
    [[], 'node'],
    [null, 'node'],
  ])('options %j of the node are refused', async (node, argument) => {
    const context = new OfflineAudioContext(1, 128, RATE);
    const error = await reason(AudioModel.create(context, effect(), { node: node as never }));
    expect(error).toMatchObject({ name: 'ArgumentError', argument });
  });

  test('other options of the node are taken', async () => {
    const context = new OfflineAudioContext(1, 128, RATE);
    const given = { channelCount: 2, channelInterpretation: 'discrete' } as const;
    const { node } = await AudioModel.create(context, effect(), { node: given });
    expect([node.channelCount, node.channelInterpretation]).toEqual([2, 'discrete']);
    const derived = await AudioModel.create(context, effect(), {
      node: { channelCount: undefined } as never,
    });
    expect(derived.node.channelCount).toBe(1);
  });

  test.each<[string, () => Sequential, number, string]>([
    ['in, by rows', effect, 33, 'batch'],
    ['in, by features', () => new Sequential([new LSTM(33, 2), new Linear(2, 1)]), 1, 'model'],
    ['out', () => new Sequential([new LSTM(1, 2), new Linear(2, 40)]), 1, 'model'],
  ])('more than 32 channels %s are refused', async (_, make, batch, argument) => {
    const context = new OfflineAudioContext(1, 128, RATE);
    const error = await reason(AudioModel.create(context, make(), { batch }));
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as ArgumentError).argument).toBe(argument);
    expect(error.message).toMatch(/32/);
  });
});
