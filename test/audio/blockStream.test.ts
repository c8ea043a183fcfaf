import { beforeAll, describe, expect, test } from 'vitest';
import { AudioModel } from '../../src/audio/audioModel.ts';
import { BlockStream } from '../../src/audio/blockStream.ts';
import { packModel, unpackModel } from '../../src/audio/packedModel.ts';
import * as u from '../../src/index.ts';
import { expectThrows } from '../errors.ts';
import { expectSame } from '../kernels/closeness.ts';
import { Draw, expectSameDict, kernelBuilds, thrown } from '../model/helpers.ts';

const [T, B, F, G] = [37, 2, 3, 2];

function make(): u.Sequential {
  return new u.Sequential([new u.LSTM(F, 7), new u.Linear(7, G)], { seed: 2 });
}

beforeAll(() => u.init({ kernels: 'simd' }));

/** Channels of [T, rows, features]. */
function channels(data: Float32Array, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, c) =>
    Float32Array.from({ length: data.length / count }, (_, t) => data[t * count + c]!),
  );
}

function silent(count: number, samples: number): Float32Array[] {
  return Array.from({ length: count }, () => new Float32Array(samples));
}

describe('BlockStream', () => {
  test.each(kernelBuilds)('%s: blocks of any size give what forward gives, to the bit', async (kernels) => {
    await u.init({ kernels });
    const model = make();
    const x = new Draw(1).features(1, T, B, F);
    const expected = channels(model.forward(x).data, B * G);
    const input = channels(x.data, B * F);
    for (const size of [1, 5, 16, T]) {
      const blocks = new BlockStream(model, { batch: B });
      expect([blocks.inputs, blocks.outputs]).toEqual([B * F, B * G]);
      const output = silent(B * G, T);
      for (let t = 0; t < T; t += size) {
        const part = (data: Float32Array) => data.subarray(t, t + size);
        blocks.process(input.map(part), output.map(part));
      }
      for (const [c, data] of expected.entries())
        expectSame(output[c]!, data, `blocks of ${size}: channel ${c}`);
      blocks.dispose();
    }
    await u.init({ kernels: 'simd' });
  });

  test('missing channels are silent, further ones left out', () => {
    const one = channels(new Draw(1).features(1, T).data, 1);
    const run = (input: Float32Array[]) => {
      const output = silent(G, T);
      new BlockStream(make()).process(input, output);
      return output;
    };
    const whole = run([...one, ...silent(F - 1, T)]);
    expect(run(one)).toEqual(whole);
    expect(run([...one, ...silent(F - 1, T), one[0]!])).toEqual(whole);
    expect(run([])).toEqual(run(silent(F, T)));
  });

  test('a channel that was there is silent once it is gone', () => {
    const loud = silent(F, T).map((data) => data.fill(1));
    const [a, b] = [new BlockStream(make()), new BlockStream(make())];
    const [got, expected] = [silent(G, T), silent(G, T)];
    for (const input of [loud, []]) a.process(input, got);
    for (const input of [loud, silent(F, T)]) b.process(input, expected);
    expect(got).toEqual(expected);
  });

  test('reset starts from zero states', () => {
    const blocks = new BlockStream(make());
    const [a, b, c] = [silent(G, T), silent(G, T), silent(G, T)];
    const input = silent(F, T).map((data) => data.fill(0.5));
    for (const output of [a, b]) blocks.process(input, output);
    blocks.reset();
    blocks.process(input, c);
    expect(c).toEqual(a);
    expect(b).not.toEqual(a);
  });

  test('a row with a sample that is not a number starts again, the others do not', () => {
    const run = (bad: number | undefined, block: number) => {
      const input = [...silent(F, 1024), ...silent(F, 1024)].map((data) => data.fill(0.3));
      if (bad !== undefined) input[1]![300] = bad;
      const output = silent(2 * G, 1024);
      const blocks = new BlockStream(make(), { batch: 2 });
      for (let t = 0; t < 1024; t += block) {
        const part = (data: Float32Array) => data.subarray(t, t + block);
        blocks.process(input.map(part), output.map(part));
      }
      return { output, resets: blocks.resets };
    };
    const healthy = run(undefined, 128);
    expect(healthy.resets).toBe(0);
    for (const block of [1, 64, 128, 512]) {
      const { output, resets } = run(NaN, block);
      expect(resets, `blocks of ${block}`).toBe(1);
      for (const [c, data] of output.entries()) {
        expect(data.every(Number.isFinite)).toBe(true);
        if (c >= G) expectSame(data, healthy.output[c]!, `channel ${c}`);
        expectSame(data.subarray(0, 300), healthy.output[c]!.subarray(0, 300), `channel ${c}, before`);
        expect(data.at(-1)).toBeCloseTo(healthy.output[c]!.at(-1)!, 5);
      }
    }
  });

  test('states that are infinite count, too, while outputs are finite', () => {
    const model = new u.Sequential([new u.RNN(1, 1, { nonlinearity: 'relu' }), new u.Linear(1, 1)], {
      seed: 2,
    });
    const state = model.stateDict();
    for (const { data } of Object.values(state)) data.fill(0);
    state['0.weight_ih_l0']!.data.fill(3e38);
    state['1.bias']!.data.fill(0.5);
    model.loadStateDict(state);
    const blocks = new BlockStream(model);
    const output = silent(1, 128);
    blocks.process([new Float32Array(128).fill(2)], output);
    expect(blocks.resets).toBe(1);
    blocks.process([new Float32Array(128)], output);
    expect(output[0]!.every((value) => value === 0.5)).toBe(true);
    expect(blocks.resets).toBe(1);
  });

  test.each<[string, number[], number[], string]>([
    ['too few channels out', [T, T, T], [T], 'output'],
    ['too many channels out', [T, T, T], [T, T, T], 'output'],
    ['a short channel in', [T, T - 1, T], [T, T], 'input[1]'],
    ['a short channel out', [T, T, T], [T, T - 1], 'output[1]'],
  ])('refuses %s', (_, input, output, argument) => {
    const make1 = (lengths: number[]) => lengths.map((n) => new Float32Array(n));
    const error = thrown(() => new BlockStream(make()).process(make1(input), make1(output)));
    expect(error).toBeInstanceOf(u.ShapeError);
    expect((error as u.ShapeError).argument).toBe(argument);
  });

  test.each<[string, unknown, unknown, string]>([
    ['a bare array in', new Float32Array(T), silent(1, T), 'input'],
    ['a bare array out', silent(1, T), new Float32Array(1), 'output'],
    ['null in', null, silent(1, T), 'input'],
    ['null out', silent(1, T), null, 'output'],
    ['nothing', undefined, undefined, 'output'],
    ['a channel in that is null', [null], silent(1, T), 'input[0]'],
    ['a channel out that is null', silent(1, T), [null], 'output[0]'],
    ['a channel in of integers', [new Int16Array(T)], silent(1, T), 'input[0]'],
    ['a channel out of integers', silent(1, T), [new Int16Array(T)], 'output[0]'],
  ])('refuses %s', (_, input, output, argument) => {
    const blocks = new BlockStream(new u.Sequential([new u.GRU(1, 1)]));
    expectThrows(() => blocks.process(input as never, output as never), [argument]);
    blocks.process(silent(1, T), silent(1, T));
  });

  test('refuses a model of indices', () => {
    const error = thrown(() => new BlockStream(new u.Sequential([new u.Embedding(3, 2)])));
    expect(error).toBeInstanceOf(u.ArgumentError);
    expect((error as u.ArgumentError).argument).toBe('model');
  });
});

test.each([null, undefined, 5, {}, new Proxy({}, { get: () => 1n / 0n })])(
  'AudioModel.create refuses a context that is none',
  async (context) => {
    const error = await AudioModel.create(context as never, make()).catch((reason) => reason);
    expect(error).toBeInstanceOf(u.ArgumentError);
    expect(error.argument).toBe('context');
  },
);

describe('packModel and unpackModel', () => {
  test('carry a model and its kernels through postMessage', () => {
    const model = make();
    const { module } = u.runtimeInfo();
    const again = unpackModel(structuredClone(packModel(model)));
    expectSameDict(again.stateDict(), model.stateDict());
    expect(u.runtimeInfo().kernels).toBe('simd');
    expect(u.runtimeInfo().module).not.toBe(module);
    const x = new Draw(1).features(1, T, B, F);
    expect(again.forward(x)).toEqual(model.forward(x));
  });

  test('refuse what is no packed model', () => {
    const packed = packModel(make());
    const refused = (change: object) => thrown(() => unpackModel({ ...packed, ...change }));
    expect(refused({ module: 1 })).toBeInstanceOf(u.ArgumentError);
    expect(refused({ layers: [{ type: 'Conv' }] })).toBeInstanceOf(u.FormatError);
    expect(refused({ parameters: {} })).toBeInstanceOf(Error);
    const sound = u.input({ features: 1 });
    const graph = packModel(new u.Model({ inputs: sound, outputs: new u.Linear(1, 1).apply(sound) }));
    const inGraph = (change: object) => thrown(() => unpackModel({ ...graph, ...change }));
    expect(inGraph({ graph: { ...graph.graph, uses: [null] } })).toBeInstanceOf(u.FormatError);
    const cases: [unknown, string][] = [
      [refused({ layers: 5 }), 'packed.layers'],
      [refused({ layers: [null] }), 'packed.layers[0]'],
      [refused({ quantModule: 5 }), 'quantModule'],
      [refused({ quantModule: packed.module }), 'quantModule'],
      [inGraph({ initialStates: { h: [1] } }), 'initialStates.h'],
      [inGraph({ initialStates: null }), 'initialStates'],
      [inGraph({ initialStates: 5 }), 'initialStates'],
      [thrown(() => packModel({ network: {} } as never)), 'model'],
      [thrown(() => packModel({ network: { input: {} }, layers: 5 } as never)), 'model'],
    ];
    for (const [error, argument] of cases) {
      expect(error).toBeInstanceOf(u.ArgumentError);
      expect(error).toMatchObject({ argument });
    }
  });
});
