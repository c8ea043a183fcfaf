import { describe, expect, test } from 'vitest';
import { loadOnnx } from '../../src/onnx/index.ts';
import { type CaseTensor, readCases } from '../onnx/cases.ts';
import { garbage, measured } from './heap.ts';

/** Bytes per run at most: with results in new arrays, or an array or closure per call, it is more than 500. */
const MOST = 64;

const cases = (await Promise.all(['models', 'loops'].map(readCases))).flat();
const named = (...names: string[]) =>
  names.map((name) => [name, cases.find((own) => own.name === name)!] as const);

/** Integers as numbers: each element of a BigInt64Array that is read is an object. */
const withNumbers = ({ shape, data }: CaseTensor) => ({
  shape,
  data: data instanceof BigInt64Array ? Int32Array.from(data, Number) : data,
});

describe('repeated runs of an ONNX model with given outputs leave no garbage', () => {
  measured();

  test.each(
    named(
      'torch-lstm',
      'torch-gru-stack',
      'torch-embedding',
      'keras-gru',
      'LSTM, silu',
      'model: GRU of any number of steps',
    ),
  )('%s', async (_, { model, inputs }) => {
    const session = await loadOnnx(model);
    const feeds = Object.fromEntries(session.inputs.map(({ name }, i) => [name, withNumbers(inputs[i]!)]));
    const again = { outputs: session.run(feeds) };
    expect(garbage(10, 2000, () => session.run(feeds, again))).toBeLessThan(MOST);
    session.dispose();
  });

  test('steps of a stream', async () => {
    const { model, inputs } = cases.find(({ name }) => name === 'torch-lstm')!;
    const session = await loadOnnx(model, { shapes: { batch: 2 } });
    const feeds = { [session.inputs[0]!.name]: inputs[0]! };
    const stream = session.stream({ states: {} });
    expect(garbage(10, 2000, () => stream.step(feeds))).toBeLessThan(MOST);
    session.dispose();
  });
});
