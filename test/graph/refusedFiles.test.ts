import * as u from 'unrolled';
import { parseSafetensors, serializeSafetensors } from 'unrolled/io';
import { beforeAll, describe, expect, test } from 'vitest';

beforeAll(() => u.init({ kernels: 'simd' }));

type Json = Record<string, never>;

/** A graph of two inputs and two outputs, each with a name, whose description was changed. */
function changed(change: (graph: { inputs: Json[]; uses: Json[]; outputs: Json[] }) => void): Uint8Array {
  const [a, b] = [u.input({ features: 2 }), u.input({ features: 2 })];
  const [y, z] = [new u.LSTM(2, 3).apply(a), new u.Linear(2, 3).apply(b)];
  const { tensors, metadata } = parseSafetensors(new u.Model({ inputs: { a, b }, outputs: { y, z } }).save());
  const description = JSON.parse(metadata.unrolled!);
  change(description.graph);
  return serializeSafetensors(tensors, { unrolled: JSON.stringify(description) });
}

describe('a saved graph', () => {
  test('as it is', () => {
    expect(u.Model.load(changed(() => {})).layers.map(({ type }) => type)).toEqual(['LSTM', 'Linear']);
  });

  test.each<[string, Parameters<typeof changed>[0], string]>([
    [
      'an input that is null',
      ({ inputs }) => (inputs[0] = null as never),
      'graph.inputs is not a list of objects',
    ],
    ['a use that is null', ({ uses }) => (uses[0] = null as never), 'graph.uses is not a list of objects'],
    [
      'an output that is 1',
      ({ outputs }) => (outputs[0] = 1 as never),
      'graph.outputs is not a list of objects',
    ],
    [
      'no name',
      ({ inputs }) => delete inputs[0]!.name,
      'graph name: expected a name of its own, got undefined',
    ],
    [
      'the name null',
      ({ inputs }) => (inputs[0]!.name = null as never),
      'graph name: expected a name of its own, got null',
    ],
    [
      'a name twice',
      ({ outputs }) => (outputs[1]!.name = 'y' as never),
      'graph name: expected a name of its own, got "y"',
    ],
    [
      'the value of a later use',
      ({ uses }) => (uses[0]!.inputs = [[0]] as never),
      'graph use: expected an index into a list of 0, got 0',
    ],
    [
      'an input that is not there',
      ({ uses }) => (uses[0]!.inputs = [2] as never),
      'graph input: expected an index into a list of 2, got 2',
    ],
    [
      'no layer',
      ({ uses }) => delete uses[0]!.layer,
      'graph layer: expected an index into a list of 2, got undefined',
    ],
  ])('with %s is refused', (_, change, words) => {
    const refusal = { name: 'FormatError', message: `saved model: ${words}` };
    expect(() => u.Model.load(changed(change))).toThrow(expect.objectContaining(refusal));
  });
});
