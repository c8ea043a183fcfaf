import { beforeAll, describe, expect, test } from 'vitest';
import { ArgumentError, FormatError } from '../../src/errors.ts';
import { readOnnx } from '../../src/formats/onnx/read.ts';
import {
  Embedding,
  GRU,
  IndRNN,
  init,
  input,
  LastStep,
  Linear,
  LSTM,
  MaxPool1d,
  MinGRU,
  Model,
  type NDArray,
  Sequential,
} from '../../src/index.ts';
import { startFrom } from '../../src/model/graph/initialStates.ts';
import { loadOnnx } from '../../src/onnx/index.ts';
import { toModel } from '../../src/onnxModel/index.ts';
import { saveOnnx } from '../../src/onnxWriter/index.ts';
import { CASES, outputsOf } from './grid.ts';

beforeAll(() => init({ kernels: 'simd' }));

function close(found: ArrayLike<number | bigint>, expected: Float32Array): void {
  const most = Math.max(...expected.map(Math.abs));
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs(Number(found[i]) - value)).toBeLessThan(1e-5 * Math.max(most, 1e-3));
}

/** A folder for check.py, which compares with ONNX Runtime. */
const OUT = globalThis.process?.env?.UNROLLED_ONNX_OUT;

async function keep(
  folder: string,
  number: number,
  file: Uint8Array,
  x: (typeof CASES)[number]['x'],
  outputs: Record<string, NDArray>,
): Promise<void> {
  const { writeFileSync } = await import('node:fs');
  const plain = (values: Readonly<Record<string, NDArray | { data: ArrayLike<number>; shape: number[] }>>) =>
    Object.entries(values).map(([name, { data, shape }]) => ({ name, dims: shape, data: Array.from(data) }));
  writeFileSync(`${folder}/${number}.onnx`, file);
  writeFileSync(`${folder}/${number}.json`, JSON.stringify({ inputs: plain(x), outputs: plain(outputs) }));
}

describe('a model written as ONNX computes the same', () => {
  test.each(CASES)('$name', async ({ make, x }) => {
    const model = make();
    const expected = outputsOf(model, x);
    const file = saveOnnx(model);
    if (OUT)
      await keep(
        OUT,
        CASES.findIndex((each) => each.make === make),
        file,
        x,
        expected,
      );
    const session = await loadOnnx(file);
    expect(session.outputs.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
    const names = session.inputs.map(({ name }) => name);
    const feeds = names.length === 1 ? { [names[0]!]: Object.values(x)[0]! } : x;
    const found = session.run(feeds as never);
    for (const [name, { data, shape }] of Object.entries(expected)) {
      expect([name, found[name]!.shape]).toEqual([name, shape]);
      close(found[name]!.data, data);
    }
  });
});

describe('states as inputs and outputs', () => {
  test('two parts of a sequence give what the whole gives', async () => {
    const model = new Sequential([new LSTM(2, 3, { numLayers: 2 }), new GRU(3, 4), new Linear(4, 2)], {
      seed: 3,
    });
    const session = await loadOnnx(saveOnnx(model, { states: true }));
    expect(session.inputs.map(({ name }) => name)).toEqual(['x', '0.h0', '0.c0', '1.h0']);
    const data = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
    const whole = model.forward({ data, shape: [6, 2, 2] });
    const zeros = (rows: number, size: number) => ({
      data: new Float32Array(rows * 2 * size),
      shape: [rows, 2, size],
    });
    let states: Record<string, { data: Float32Array; shape: readonly number[] }> = {
      '0.h0': zeros(2, 3),
      '0.c0': zeros(2, 3),
      '1.h0': zeros(1, 4),
    };
    const found: number[] = [];
    for (const part of [data.slice(0, 16), data.slice(16)]) {
      const results = session.run({ x: { data: part, shape: [part.length / 4, 2, 2] }, ...states });
      found.push(...(results.output!.data as Float32Array));
      states = Object.fromEntries(
        Object.keys(states).map((name) => {
          const { data, shape } = results[name.replace(/0$/, 'N')]!;
          return [name, { data: new Float32Array(data as Float32Array), shape }];
        }),
      );
    }
    close(found, whole.data);
  });
});

// onnxruntime 1.32 refuses auto_pad where a pooling's windows leave steps out: "padding values must be non-negative"
test.each([
  [1, 2, [0, 0], [0, 2, 4]],
  [2, 3, [0, 1], [1, 4]],
])(
  "'same' padding of windows of %i with a stride of %i is written as numbers",
  async (size, stride, pads, at) => {
    const pool = new MaxPool1d(size, { stride, padding: 'same' });
    const model = new Sequential([new Linear(1, 1, { bias: false }), pool]);
    model.loadStateDict({ '0.weight': { shape: [1, 1], data: Float32Array.of(1) } });
    const file = saveOnnx(model);
    const { attributes } = readOnnx(file).graph.nodes.find(({ op }) => op === 'MaxPool')!;
    expect(attributes.has('auto_pad')).toBe(false);
    expect(attributes.get('pads')!.ints).toEqual(pads);
    const x = { data: Float32Array.of(0, 1, 2, 3, 4), shape: [5, 1, 1] };
    const session = await loadOnnx(file, { toModel });
    expect([...(Object.values(session.run({ x }))[0]!.data as Float32Array)]).toEqual(at);
    expect([...Object.values((await session.toModel()).forward({ x }))[0]!.data]).toEqual(at);
  },
);

describe('what ONNX can not say is refused by the name of the layer', () => {
  test.each([
    ['MinGRU', () => new MinGRU(2, 3), /layers\[1\] \(MinGRU\)/],
    ['IndRNN', () => new IndRNN(2, 3), /layers\[1\] \(IndRNN\)/],
    ['projSize', () => new LSTM(2, 3, { projSize: 2 }), /LSTM.*projSize/],
    ['layerNorm', () => new GRU(2, 3, { layerNorm: true }), /GRU.*layerNorm/],
    ['zoneout', () => new GRU(2, 3, { zoneout: 0.1 }), /GRU.*zoneout/],
    ['an activation', () => new GRU(2, 3, { activation: 'gelu' }), /GRU.*gelu/],
  ])('%s', (_, make, message) => {
    const model = new Sequential([new Linear(2, 2), make()]);
    expect(() => saveOnnx(model)).toThrow(FormatError);
    expect(() => saveOnnx(model)).toThrow(message);
  });

  test('windows that leave steps out where their padding depends on the number of steps', () => {
    const model = new Sequential([new Linear(2, 2), new MaxPool1d(3, { stride: 4, padding: 'same' })]);
    expect(() => saveOnnx(model)).toThrow(FormatError);
    expect(() => saveOnnx(model)).toThrow(/MaxPool1d.*padding 'same' with a stride of 4/);
  });

  test('the last step of two directions that are merged', () => {
    const layer = new GRU(2, 3, { bidirectional: true, mergeMode: 'sum' });
    const model = new Sequential([layer, new LastStep()]);
    expect(() => saveOnnx(model)).toThrow(/LastStep.*two directions that are merged/);
  });

  test('what is no model', () => {
    expect(() => saveOnnx({} as never)).toThrow(ArgumentError);
    expect(() => saveOnnx(new Sequential([new Linear(1, 1)]), { state: true } as never)).toThrow(
      ArgumentError,
    );
  });
});

test('steps that maskValue excludes are refused by the name of the input', () => {
  const word = input({ indices: 7, maskValue: 0 });
  const output = new LSTM(3, 4).apply(new Embedding(7, 3).apply(word)).output;
  const model = new Model({ inputs: { word }, outputs: output });
  expect(() => saveOnnx(model)).toThrow(
    'onnx: input word: ONNX has no operator for steps that maskValue excludes: make it without',
  );
});

test('states from which a model starts are part of the file', async () => {
  const [T, B] = [4, 3];
  const x = input({ features: 2 });
  const model = new Model({ inputs: x, outputs: new LSTM(2, 3, { numLayers: 2 }).apply(x).output });
  const states = ['h_l0', 'c_l0', 'h_l1', 'c_l1'].map((name, i) => [
    `0.${name}`,
    Float32Array.of(i - 1, 0.5 * i, 2 - i),
  ]);
  startFrom(model, Object.fromEntries(states));
  const given = { data: Float32Array.from({ length: T * B * 2 }, (_, i) => Math.sin(i)), shape: [T, B, 2] };
  const { data: expected } = model.forward(given);
  for (const batchFirst of [false, true]) {
    const session = await loadOnnx(saveOnnx(model, { batchFirst }));
    const shape = batchFirst ? [B, T, 2] : [T, B, 2];
    const turn = (values: ArrayLike<number>, size: number, [a, b]: readonly number[]) =>
      Float32Array.from(values, (_, i) => {
        const [k, at] = [i % size, Math.floor(i / size)];
        return values[((at % a!) * b! + Math.floor(at / a!)) * size + k]!;
      });
    const data = batchFirst ? turn(given.data, 2, [T, B]) : given.data;
    const [output] = Object.values(session.run({ [session.inputs[0]!.name]: { data, shape } }));
    const found = output!.data as Float32Array;
    close(batchFirst ? turn(found, 3, [B, T]) : found, expected);
  }
});
