import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { FormatError, loadOnnx } from '../../src/onnx/index.ts';
import { model, port } from './encode.ts';

beforeAll(async () => {
  await init();
});

/** A model whose output is that of an If on an input, with one node in the branch that is not taken. */
function branching(opType: string): Uint8Array {
  const branch = (node: object) => ({
    name: 'branch',
    node: [{ input: ['x'], output: ['out'], ...node }],
    output: [port('out')],
  });
  const attribute = [
    { name: 'then_branch', type: 5, g: branch({ opType: 'Relu' }) },
    { name: 'else_branch', type: 5, g: branch({ opType, name: 'inner' }) },
  ];
  const condition = { name: 'c', dims: [], dataType: 9, rawData: Uint8Array.of(1) };
  return model({
    node: [{ opType: 'If', input: ['c'], output: ['y'], attribute }],
    initializer: [condition],
    input: [port('x', [2])],
    output: [port('y', [2])],
  });
}

describe('operators are asked for when a file is loaded', () => {
  test('one that is missing in a branch that is not taken is refused by name, type and opset', async () => {
    await expect(loadOnnx(branching('Nothing'))).rejects.toThrow(FormatError);
    await expect(loadOnnx(branching('Nothing'))).rejects.toThrow(/'inner'.*opset 13.*Nothing/);
    const { y } = (await loadOnnx(branching('Neg'))).run({ x: [-1, 2] });
    expect([...(y!.data as Float32Array)]).toEqual([0, 2]);
  });
});

test('Resize interpolates between the centers of steps', async () => {
  const scales = { name: 's', dims: [3], dataType: 1, floatData: [1, 1, 2] };
  const text = (name: string, s: string) => ({ name, type: 3, s });
  const bytes = model({
    node: [{ opType: 'Resize', input: ['x', '', 's'], output: ['y'], attribute: [text('mode', 'linear')] }],
    initializer: [scales],
    input: [port('x', [1, 1, 2])],
    output: [port('y')],
  });
  const { y } = (await loadOnnx(bytes)).run({ x: [0, 4] });
  expect(y!.shape).toEqual([1, 1, 4]);
  expect([...(y!.data as Float32Array)]).toEqual([0, 1, 3, 4]);
});
