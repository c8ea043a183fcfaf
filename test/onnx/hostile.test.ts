import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { FormatError, loadOnnx } from '../../src/onnx/index.ts';
import { readCases } from './cases.ts';
import { encode, type Fields, model, port } from './encode.ts';
import { tryFile } from './hostile.ts';

beforeAll(async () => {
  await init();
});

const relu = (input: string, output: string): Fields => ({
  opType: 'Relu',
  input: [input],
  output: [output],
});
const x = port('x', [2]);
const y = port('y', [2]);
const good = { node: [relu('x', 'y')], input: [x], output: [y] };
const constant = (more: Fields): Fields => ({
  node: [{ opType: 'Add', input: ['x', 'c'], output: ['y'] }],
  input: [x],
  output: [y],
  initializer: [{ name: 'c', dims: [2], dataType: 1, floatData: [1, 2], ...more }],
});
const zeros = (count: number) => new Uint8Array(count);

/** A graph inside a graph inside a graph. */
function nested(depth: number): Fields {
  const inner = depth ? nested(depth - 1) : { node: [relu('x', 'z')], output: [port('z')] };
  return {
    node: [
      {
        opType: 'If',
        input: ['yes'],
        output: ['z'],
        attribute: [
          { name: 'then_branch', type: 5, g: inner },
          { name: 'else_branch', type: 5, g: { node: [relu('x', 'z')], output: [port('z')] } },
        ],
      },
    ],
    output: [port('z')],
  };
}

test('the files of this suite run when nothing is wrong with them', () => {
  expect([...loadOnnx(model(good)).run({ x: [-1, 2] }).y!.data]).toEqual([0, 2]);
  expect([...loadOnnx(model(constant({}))).run({ x: [-1, 2] }).y!.data]).toEqual([0, 4]);
  expect([
    ...loadOnnx(model(constant({ floatData: [], rawData: zeros(8) }))).run({ x: [-1, 2] }).y!.data,
  ]).toEqual([-1, 2]);
});

describe('each rule broken once', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['no graph', Uint8Array.from(encode('Model', { irVersion: 8 })), /no graph/],
    ['an opset of the future', model(good, { opsetImport: [{ version: 99 }] }), /opset 99/],
    ['an opset of the past', model(good, { opsetImport: [{ version: 5 }] }), /opset 5/],
    [
      'an operator that is missing',
      model({ ...good, node: [{ ...relu('x', 'y'), opType: 'Hope', name: 'mine' }] }),
      /Hope 'mine' \(opset 13\)/,
    ],
    [
      'one of another domain',
      model({ ...good, node: [{ ...relu('x', 'y'), domain: 'org.other' }] }),
      /org\.other/,
    ],
    [
      'a node that reads its own output',
      model({ ...good, node: [relu('y', 'y')] }),
      /reads what is computed from it/,
    ],
    [
      'two nodes in a circle',
      model({ ...good, node: [relu('b', 'y'), relu('y', 'b')] }),
      /reads what is computed from it/,
    ],
    ['a name that nothing computes', model({ ...good, node: [relu('z', 'y')] }), /nothing computes 'z'/],
    ['an output that nothing computes', model({ ...good, output: [port('q')] }), /nothing computes 'q'/],
    [
      'a name computed twice',
      model({ ...good, node: [relu('x', 'y'), relu('x', 'y')] }),
      /'y' is computed twice/,
    ],
    ['a node without inputs', model({ ...good, node: [{ opType: 'Relu', output: ['y'] }] }), /lacks input 0/],
    ['too few values', model(constant({ floatData: [1] })), /expected 2 values.*got 1/],
    ['too few raw bytes', model(constant({ floatData: [], rawData: zeros(7) })), /expected 2 values/],
    ['a negative size', model(constant({ dims: [-2] })), /-2 is not a size/],
    ['a size beyond memory', model(constant({ dims: [2 ** 40], floatData: [] })), /too many elements/],
    [
      'data in another file',
      model(constant({ dataLocation: 1, externalData: [{ key: 'location', value: 'weights.bin' }] })),
      /weights\.bin/,
    ],
    ['texts', model(constant({ dataType: 8 })), /string/],
    ['an unknown type', model(constant({ dataType: 77 })), /type 77/],
    ['a sparse initializer', model({ ...good, sparseInitializer: [{}] }), /sparse/],
    [
      'shapes that do not broadcast',
      model(constant({ dims: [3], floatData: [1, 2, 3] })),
      /Add 'y'.*broadcast/,
    ],
    [
      'an axis that is not there',
      model({
        ...good,
        node: [{ ...relu('x', 'y'), opType: 'Softmax', attribute: [{ name: 'axis', i: 7 }] }],
      }),
      /axis 7/,
    ],
    ['graphs that are too deep', model({ ...nested(40), input: [port('yes'), x] }), /deep/],
    ['a part longer than the file', Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0x7f), /268435455 bytes/],
    ['a number without an end', new Uint8Array(20).fill(0xff), /ten bytes/],
    ['an unknown wire type', Uint8Array.of(0x0f), /wire type 7/],
    ['text where a number belongs', Uint8Array.of(0x0a, 0x00), /wire type 2/],
  ])('%s', (_, bytes, words) => {
    expect(() => loadOnnx(bytes)).toThrow(FormatError);
    expect(() => loadOnnx(bytes)).toThrow(words);
  });

  test('a loop without an end', () => {
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
    expect(() => loadOnnx(bytes)).toThrow(/steps/);
  });

  test('a small model with a large result is refused before memory is taken', () => {
    const size = { name: 's', dims: [2], dataType: 7, int64Data: [2 ** 16, 2 ** 16] };
    const bytes = model({
      node: [{ opType: 'ConstantOfShape', input: ['s'], output: ['y'] }],
      output: [y],
      initializer: [size],
    });
    expect(() => loadOnnx(bytes)).toThrow(/too many elements/);
  });

  test('many empty nodes', () => {
    const bytes = model(good);
    const many = new Uint8Array(1_000_000);
    for (let i = 0; i < many.length; i += 2) many[i] = 0x0a;
    const graph = [0x3a, ...[(many.length & 127) | 128, ((many.length >> 7) & 127) | 128, many.length >> 14]];
    expect(() => loadOnnx(Uint8Array.from([...bytes, ...graph, ...many]))).toThrow(
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
