import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import {
  ArgumentError,
  FormatError,
  loadOnnx,
  type OnnxSession,
  ShapeError,
  StateError,
} from '../../src/onnx/index.ts';
import { type Case, readCases } from './cases.ts';
import { integers, model, port } from './encode.ts';

let cases: Map<string, Case>;

beforeAll(async () => {
  await init();
  const all = await Promise.all(['matrix', 'models'].map(readCases));
  cases = new Map(all.flat().map((own) => [own.name, own]));
});

const load = (name: string): Promise<OnnxSession> => loadOnnx(cases.get(name)!.model);

/** x [B, T, 3] of numbers that differ. */
const rows = (B: number, T: number) => ({
  data: Float32Array.from({ length: B * T * 3 }, (_, i) => Math.sin(1.7 * i)),
  shape: [B, T, 3],
});

describe('inputs and outputs', () => {
  test('are described as the file has them', async () => {
    const { inputs, outputs } = await load('torch-lstm');
    expect(inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['batch', 'steps', 3] }]);
    expect(outputs[0]!.name).toBe('out');
  });

  test('each row of a batch gives what it gives by itself, with any number of rows and steps', async () => {
    const session = await load('torch-lstm');
    const { data } = rows(3, 7);
    const all = session.run({ x: { data, shape: [3, 7, 3] } }).out!;
    expect(all.shape).toEqual([3, 2]);
    for (let b = 0; b < 3; b++) {
      const one = session.run({ x: { data: data.subarray(21 * b, 21 * (b + 1)), shape: [1, 7, 3] } }).out!;
      expect(one.data).toEqual(all.data.slice(2 * b, 2 * (b + 1)));
    }
  });

  test('shapes of a session or a feed: an array takes the one size that is left', async () => {
    const { model } = cases.get('torch-lstm')!;
    const expected = (await load('torch-lstm')).run({ x: rows(2, 4) }).out;
    expect((await loadOnnx(model, { shapes: { batch: 2 } })).run({ x: rows(2, 4).data }).out).toEqual(
      expected,
    );
    expect(
      (await loadOnnx(model, { shapes: { x: [2, 4, 3] } })).run({ x: [...rows(2, 4).data] }).out,
    ).toEqual(expected);
  });

  test.each([
    ['a number', 5],
    ['an unknown name', { foo: 1 }],
  ])('shapes: %s', async (_, shapes) => {
    const { model } = cases.get('torch-lstm')!;
    await expect(loadOnnx(model, { shapes: shapes as never })).rejects.toMatchObject({
      name: 'ArgumentError',
      message: expect.stringContaining('shapes'),
    });
  });

  test('more sets of shapes than a session keeps', async () => {
    const session = await load('torch-lstm');
    const first = session.run({ x: rows(2, 3) }).out;
    for (let T = 1; T < 30; T++) session.run({ x: rows(2, T) });
    expect(session.run({ x: rows(2, 3) }).out).toEqual(first);
  });

  test('int64 comes as BigInt64Array, and bool, number and bigint go in', async () => {
    const session = await load('loop-lstm');
    const { n } = session.run({ x: { data: new Float32Array(16), shape: [2, 4, 2] } });
    expect(n).toEqual({ dtype: 'int64', shape: [], data: BigInt64Array.of(4n) });
    const own = cases.get('if-16000')!;
    const x = own.inputs[0]!;
    for (const rate of [[16000], [16000n], BigInt64Array.of(16000n), { data: [16000], shape: [1] }]) {
      expect((await load('if-16000')).run({ x, rate }).out!.data).toEqual(own.outputs[0]!.data);
    }
  });

  test('results that are given are overwritten', async () => {
    const session = await load('torch-lstm');
    const outputs = session.run({ x: rows(2, 4) });
    const { data } = outputs.out!;
    const other = session.run({ x: { ...rows(2, 4), data: new Float32Array(24) } }, { outputs });
    expect(other).toBe(outputs);
    expect(other.out!.data).toBe(data);
    expect(
      (await load('torch-lstm')).run({ x: { data: new Float32Array(24), shape: [2, 4, 3] } }).out!.data,
    ).toEqual(data);
    // of other shapes they are made anew
    expect(session.run({ x: rows(1, 4) }, { outputs }).out!.data.length).toBe(2);
  });

  test('a plan that depends on the value of an integer is made for each value', async () => {
    const session = await load('if-16000');
    const [yes, no] = [cases.get('if-16000')!, cases.get('if-8000')!];
    const { data, shape } = yes.inputs[0]!;
    const x = { data, shape };
    const plus = Float32Array.from(data as Float32Array, (v) => 2 * v);
    for (let i = 0; i < 3; i++) {
      expect(session.run({ x, rate: [16000] }).out!.data).toEqual(plus);
      expect(session.run({ x, rate: [8000] }).out!.data).toEqual(plus.map((v) => -v / 2));
    }
    expect(no.outputs[0]!.data.length).toBe(6);
  });
});

describe('what is refused', () => {
  test.each([
    ['a missing input', {}, ArgumentError, /feeds\.x/],
    ['an unknown input', { x: [], y: [1] }, ArgumentError, /inputs x/],
    ['an array for two free sizes', { x: [1, 2, 3] }, ArgumentError, /\{ data, shape \}/],
    ['another number of features', { x: { data: [1, 2], shape: [1, 1, 2] } }, ShapeError, /feeds\.x/],
    ['another rank', { x: { data: [1, 2, 3], shape: [1, 3] } }, ShapeError, /feeds\.x/],
    ['too few values', { x: { data: [1, 2], shape: [1, 1, 3] } }, ShapeError, /3 values/],
    ['negative sizes', { x: { data: [], shape: [-1, 0, 3] } }, ShapeError, /shape/],
    ['text', { x: { data: ['a', 'b', 'c'], shape: [1, 1, 3] } }, ArgumentError, /feeds\.x\[0\]/],
    ['null', { x: null }, ArgumentError, /feeds\.x/],
    ['null for all', null, ArgumentError, /feeds/],
    ['nothing', undefined, ArgumentError, /feeds/],
  ])('%s', async (_, feeds, kind, words) => {
    const session = await load('torch-lstm');
    const before = session.run({ x: rows(1, 2) }).out;
    const run = () => session.run(feeds as never);
    expect(run).toThrow(kind);
    expect(run).toThrow(words);
    expect(session.run({ x: rows(1, 2) }).out).toEqual(before);
  });

  test('integers beyond 32 bits', async () => {
    const session = await load('if-16000');
    expect(() => session.run({ x: new Float32Array(6), rate: [2n ** 40n] })).toThrow(/32 bits/);
  });

  test('the limits of int64 as an end that is fed', async () => {
    const info = { tensorType: { elemType: 7, shape: { dim: [{ dimValue: 1 }] } } };
    for (const [step, start, end, expected] of [
      [1, 0, 2n ** 63n - 1n, [1, 2, 3]],
      [-1, 2, -(2n ** 63n), [3, 2, 1]],
    ] as const) {
      const bytes = model({
        node: [{ opType: 'Slice', input: ['x', 's', 'e', 'a', 't'], output: ['y'] }],
        initializer: [integers('s', [start]), integers('a', [0]), integers('t', [step])],
        input: [port('x', [3]), { name: 'e', type: info }],
        output: [port('y')],
      });
      const session = await loadOnnx(bytes);
      for (let i = 0; i < 2; i++) {
        const { y } = session.run({ x: [1, 2, 3], e: BigInt64Array.of(end) });
        expect([...(y!.data as Float32Array)]).toEqual(expected);
      }
      expect(() => session.run({ x: [1, 2, 3], e: [2n ** 62n] })).toThrow(/32 bits/);
    }
  });

  test('amounts of padding that are fed and cancel', async () => {
    const info = { tensorType: { elemType: 7, shape: { dim: [{ dimValue: 2 }] } } };
    const bytes = model({
      node: [{ opType: 'Pad', input: ['x', 'p'], output: ['y'] }],
      input: [port('x', [3]), { name: 'p', type: info }],
      output: [port('y')],
    });
    const session = await loadOnnx(bytes);
    for (const [p, expected] of [
      [
        [1, -1],
        [0, 1, 2],
      ],
      [
        [0, 0],
        [1, 2, 3],
      ],
    ] as const)
      expect([...(session.run({ x: [1, 2, 3], p }).y!.data as Float32Array)]).toEqual(expected);
  });

  test('bytes that are no model', async () => {
    for (const bytes of [new Uint8Array(), Uint8Array.of(1, 2, 3), new Uint8Array(1000)]) {
      await expect(loadOnnx(bytes)).rejects.toThrow(FormatError);
    }
    await expect(loadOnnx('model.onnx' as never)).rejects.toThrow(ArgumentError);
  });

  test('an index outside of a table', async () => {
    const session = await load('torch-embedding');
    expect(() => session.run({ ids: { data: [0, 7], shape: [1, 2] } })).toThrow(/Gather.*index 7 of 7/);
    expect(() => session.run({ ids: { data: [0, 6], shape: [1, 2] } })).not.toThrow();
  });

  test('runs after dispose', async () => {
    const session = await load('torch-lstm');
    session.dispose();
    expect(() => session.run({ x: rows(1, 1) })).toThrow(StateError);
  });
});

describe('stream', () => {
  test('names that are no outputs and inputs', async () => {
    const session = await load('scan-0');
    expect(() => session.stream({ states: { Z: 's0' } })).toThrow(/Z/);
    expect(() => session.stream({ states: { s: 'X' } })).toThrow(ArgumentError);
    for (const opts of [undefined, null, {}]) expect(() => session.stream(opts as never)).toThrow(/states/);
  });

  test('steps give what one run over all of them gives', async () => {
    const { model, inputs, outputs } = cases.get('scan-0')!;
    const [s0, x] = [inputs[0]!, inputs[1]!.data as Float32Array];
    const stream = (await loadOnnx(model, { shapes: { x: [1, 3] } })).stream({
      states: { s: 's0' },
      initial: { s0 },
    });
    for (let pass = 0; pass < 2; pass++) {
      const steps = [0, 1, 2, 3].map((t) => [
        ...(stream.step({ x: x.subarray(3 * t, 3 * t + 3) }).y!.data as Float32Array),
      ]);
      const expected = [...(outputs[1]!.data as Float32Array)];
      for (const [i, v] of steps.flat().entries()) expect(v).toBeCloseTo(expected[i]!, 6);
      stream.reset();
    }
    // without first values, the states are zeros
    const zeros = (await loadOnnx(model, { shapes: { x: [1, 3] } })).stream({ states: { s: 's0' } });
    expect(zeros.step({ x: [1, 2, 3] }).s!.data).toEqual(Float32Array.of(1, 2, 3));
    expect(zeros.step({ x: [1, 2, 3] }).s!.data).toEqual(Float32Array.of(2, 4, 6));
  });
});
