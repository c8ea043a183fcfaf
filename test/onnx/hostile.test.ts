import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { loadOnnx } from '../../src/onnx/index.ts';
import { constant, good, relu, zeros } from '../hostile/onnx.ts';
import { readCases } from './cases.ts';
import { model, port } from './encode.ts';
import { tryFile } from './hostile.ts';

beforeAll(async () => {
  await init();
});

test('the files of this suite run when nothing is wrong with them', async () => {
  expect([...(await loadOnnx(model(good))).run({ x: [-1, 2] }).y!.data]).toEqual([0, 2]);
  expect([...(await loadOnnx(model(constant({})))).run({ x: [-1, 2] }).y!.data]).toEqual([0, 4]);
  expect([
    ...(await loadOnnx(model(constant({ floatData: [], rawData: zeros(8) })))).run({ x: [-1, 2] }).y!.data,
  ]).toEqual([-1, 2]);
});

describe('each rule broken once', () => {
  test('a loop without an end', async () => {
    const info = { tensorType: { elemType: 7, shape: {} } };
    const body = {
      node: [{ opType: 'Identity', input: ['go'], output: ['on'] }, relu('s', 't')],
      input: [{ name: 'i', type: info }, { name: 'go', type: info }, port('s')],
      output: [{ name: 'on', type: info }, port('t')],
    };
    const bytes = model({
      ...good,
      node: [
        {
          opType: 'Loop',
          input: ['', '', 'x'],
          output: ['y'],
          attribute: [{ name: 'body', type: 5, g: body }],
        },
      ],
    });
    await expect(loadOnnx(bytes)).rejects.toThrow(/steps/);
  });

  test('a small model with a large result is refused before memory is taken', async () => {
    const size = { name: 's', dims: [2], dataType: 7, int64Data: [2 ** 16, 2 ** 16] };
    const bytes = model({
      node: [{ opType: 'ConstantOfShape', input: ['s'], output: ['y'] }],
      output: [port('y', [2])],
      initializer: [size],
    });
    await expect(loadOnnx(bytes)).rejects.toThrow(/too many elements/);
  });

  test('many empty nodes', async () => {
    const bytes = model(good);
    const many = new Uint8Array(1_000_000);
    for (let i = 0; i < many.length; i += 2) many[i] = 0x0a;
    const graph = [0x3a, ...[(many.length & 127) | 128, ((many.length >> 7) & 127) | 128, many.length >> 14]];
    await expect(loadOnnx(Uint8Array.from([...bytes, ...graph, ...many]))).rejects.toThrow(
      /more than 400000 messages/,
    );
  });
});

test('a file that is cut off anywhere', async () => {
  const own = (await readCases('models')).find(({ name }) => name === 'torch-lstm')!;
  for (let length = 0; length < own.model.length; length++) {
    const { what, message } = tryFile(own.model.subarray(0, length), own);
    expect(message.length).toBeLessThanOrEqual(400);
    // only the list of opsets may end earlier
    if (what === 'ran') expect(length).toBeGreaterThan(own.model.length - 20);
  }
});
