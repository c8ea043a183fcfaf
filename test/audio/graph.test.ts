import {
  Add,
  ArgumentError,
  Concat,
  Conv1d,
  GRU,
  init,
  input,
  Linear,
  LSTM,
  Model,
  type NDArray,
  Sequential,
  StateError,
  StreamPool,
} from 'unrolled';
import { loadAmp } from 'unrolled/amp';
import { AudioModel, BlockStream, packModel, unpackModel } from 'unrolled/audio';
import { quantize } from 'unrolled/quant';
import { beforeAll, describe, expect, test } from 'vitest';
import { readFixtureFile } from '../fixtures/read.ts';
import { expectSame } from '../kernels/closeness.ts';
import { generator, uniform } from '../reference/random.ts';

beforeAll(() => init({ kernels: 'simd' }));

const SAMPLES = 5 * 128 + 30;
const RATE = 48_000;
const noise = (seed: number, samples = SAMPLES) => Float32Array.from(uniform(generator(seed), samples, 1));

/** Two ways through layers, one of them used twice, and the input besides. */
function effect(seed = 1): Model {
  const sound = input({ features: 1 });
  const filtered = new Conv1d(1, 4, 3, { padding: 'causal' }).apply(sound);
  const { output } = new LSTM(4, 6, { name: 'cell' }).apply(filtered);
  const { output: other } = new GRU(1, 3).apply(sound);
  const mixer = new Linear(9, 9);
  const mixed = mixer.apply(mixer.apply(new Concat().apply(output, other)));
  const wet = new Linear(9, 1).apply(mixed);
  return new Model({ inputs: sound, outputs: new Add().apply(wet, sound) }, { seed });
}

/** An amplifier that begins with states that were learned. */
async function amplifier() {
  const cases: Record<string, { file: object }> = JSON.parse(
    new TextDecoder().decode(await readFixtureFile('amp/expected.json')),
  );
  const models = Object.values(cases).map(({ file }) => loadAmp(file));
  return models.find(({ initialStates, inputSize }) => Object.keys(initialStates).length && inputSize === 1)!;
}

function play(blocks: BlockStream, sound: Float32Array, sizes = [sound.length]): Float32Array {
  const output = new Float32Array(sound.length);
  for (let t = 0, i = 0; t < sound.length; i++) {
    const end = Math.min(t + sizes[i % sizes.length]!, sound.length);
    blocks.process([sound.subarray(t, end)], [output.subarray(t, end)]);
    t = end;
  }
  return output;
}

/** Sample by sample. */
function stepped(model: Pick<Model, 'stream'>, sound: Float32Array): Float32Array {
  const stream = model.stream();
  return Float32Array.from(sound, (value) => stream.step([value])[0]!);
}

const kinds: [string, () => Promise<Model>][] = [
  ['a graph', async () => effect()],
  ['quantized', async () => quantize(effect(), { planes: 1 }) as unknown as Model],
  ['an amplifier with states of its own', amplifier],
  ['the same, quantized', async () => quantize(await amplifier(), { planes: 2 }) as unknown as Model],
];

describe.each(kinds)('%s', (_, make) => {
  test('in blocks of samples the steps of a stream, packed for a worklet, too', async () => {
    const sound = noise(1);
    const expected = stepped(await make(), sound);
    expect(new Set(expected).size).toBeGreaterThan(SAMPLES / 2);
    const again = unpackModel(structuredClone(packModel(await make())));
    expect(again).toBeInstanceOf(Model);
    for (const sizes of [[SAMPLES], [128], [1, 300, 7]]) {
      expectSame(play(new BlockStream(await make()), sound, sizes), expected, `blocks of ${sizes}`);
      expectSame(play(new BlockStream(again), sound, sizes), expected, `packed, blocks of ${sizes}`);
    }
  });

  test('starts again as it began, after a reset and after a sample that is not a number', async () => {
    const sound = noise(2, 256);
    const expected = stepped(await make(), sound);
    const blocks = new BlockStream(unpackModel(packModel(await make())));
    play(blocks, noise(3));
    blocks.reset();
    expectSame(play(blocks, sound, [128]), expected, 'after a reset');
    play(blocks, new Float32Array(128).fill(Number.NaN));
    expect(blocks.resets).toBe(1);
    expectSame(play(blocks, sound, [128]), expected, 'after NaN');
  });
});

test('learned states start forward and sessions of what was packed and quantized', async () => {
  const sound = noise(9, 64);
  const model = await amplifier();
  const quantized = quantize(model, { planes: 2 }) as unknown as Model;
  for (const made of [model, quantized]) {
    const again = unpackModel(packModel(unpackModel(structuredClone(packModel(made)))));
    const expected = stepped(made, sound);
    expectSame(again.forward(sound).data as Float32Array, expected, 'forward');
    const pool = new StreamPool(again, { capacity: 2 });
    const [, second] = [pool.open(), pool.open()];
    const steps = Float32Array.from(sound, (value) => pool.step([second], [value])[0]!);
    expectSame(steps, expected, 'a session');
  }
});

test('a graph gives in blocks what forward gives', () => {
  const sound = noise(4);
  const { data } = effect().forward({ data: sound, shape: [SAMPLES, 1, 1] }) as NDArray;
  expectSame(play(new BlockStream(effect()), sound, [128]), data, 'blocks');
});

test('rows of a graph are channels with states of their own', () => {
  const sounds = [noise(5), noise(6)];
  const output = sounds.map(() => new Float32Array(SAMPLES));
  new BlockStream(unpackModel(packModel(effect())), { batch: 2 }).process(sounds, output);
  for (const [i, sound] of sounds.entries()) expectSame(output[i]!, stepped(effect(), sound), `row ${i}`);
});

test('an unpacked graph takes other parameters', () => {
  const sound = noise(7);
  const again = unpackModel(packModel(effect(1)));
  again.loadStateDict(packModel(effect(2)).parameters);
  expectSame(play(new BlockStream(again), sound), stepped(effect(2), sound), 'loaded');
  const sequential = unpackModel(packModel(new Sequential([new GRU(1, 2)])));
  expect(sequential).toBeInstanceOf(Sequential);
});

describe('refused', () => {
  const features = () => input({ features: 1 });
  const two = () => {
    const a = features();
    const b = input({ features: 1 }, a);
    return new Model({ inputs: { a, b }, outputs: new Concat().apply(new GRU(1, 2).apply(a).output, b) });
  };
  const ends = () => {
    const a = features();
    const { output } = new GRU(1, 2).apply(a);
    return new Model({ inputs: a, outputs: { one: output, other: new Linear(2, 1).apply(output) } });
  };
  const tokens = () => {
    const a = input({ indices: 5 });
    return new Model({ inputs: a, outputs: new Linear(5, 1).apply(a) });
  };

  test.each<[string, () => Model, RegExp]>([
    ['two inputs', two, /one input/],
    ['two outputs', ends, /one output/],
    ['indices', tokens, /features/],
  ])('%s', (_, make, text) => {
    const refuse = () => new BlockStream(make());
    expect(refuse).toThrow(ArgumentError);
    expect(refuse).toThrow(text);
  });

  test('a step that depends on later ones', () => {
    const a = features();
    const { output } = new GRU(1, 2, { bidirectional: true }).apply(a);
    expect(() => new BlockStream(new Model({ inputs: a, outputs: output }))).toThrow(StateError);
  });
});

test.runIf(typeof OfflineAudioContext === 'function').each(kinds)(
  '%s in an AudioWorklet, loaded while it plays',
  async (_, make) => {
    const samples = 8 * 128;
    const half = samples / 2;
    const sound = noise(8, samples);
    const context = new OfflineAudioContext(1, samples, RATE);
    const audio = await AudioModel.create(context, await make());
    const buffer = context.createBuffer(1, samples, RATE);
    buffer.copyToChannel(sound as Float32Array<ArrayBuffer>, 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(audio.node).connect(context.destination);
    source.start();
    // the same parameters, and zero or initial states again
    void context.suspend(half / RATE).then(async () => {
      await audio.load(await make());
      await audio.reset();
      await context.resume();
    });
    const rendered = (await context.startRendering()).getChannelData(0);
    await audio.ready;
    for (const [first, last] of [
      [0, half],
      [half, samples],
    ]) {
      const expected = stepped(await make(), sound.subarray(first, last));
      expectSame(rendered.subarray(first, last), expected, `from ${first}`);
    }
    await audio.dispose();
  },
);
