import { UnrolledError } from '../../src/index.ts';
import { type Case, readCases } from '../onnx/cases.ts';
import { encode, type Fields, model, port } from '../onnx/encode.ts';
import { sessionOf } from '../onnx/sessionOf.ts';
import type { Broken, HostileFormat } from './format.ts';
import type { Given } from './mutate.ts';

export const relu = (input: string, output: string): Fields => ({
  opType: 'Relu',
  input: [input],
  output: [output],
});
const x = port('x', [2]);
const y = port('y', [2]);
export const good = { node: [relu('x', 'y')], input: [x], output: [y] };
export const constant = (more: Fields): Fields => ({
  node: [{ opType: 'Add', input: ['x', 'c'], output: ['y'] }],
  input: [x],
  output: [y],
  initializer: [{ name: 'c', dims: [2], dataType: 1, floatData: [1, 2], ...more }],
});
export const zeros = (count: number) => new Uint8Array(count);

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

/** Each rule broken once. */
const BROKEN_ONNX: readonly Broken[] = [
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
    'a node without an operator',
    model({ ...good, node: [{ ...relu('x', 'y'), opType: '' }] }),
    /no operator/,
  ],
  [
    'a sparse attribute',
    model({ ...good, node: [{ ...relu('x', 'y'), attribute: [{ name: 'a', sparseTensor: {} }] }] }),
    /sparse/,
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
  [
    '13,000 functions',
    Uint8Array.from([...model(good), ...new Array(13_000).fill([0xca, 1, 2, 0x0a, 0]).flat()]),
    /more than 400000 messages/,
  ],
  ['a part longer than the file', Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0x7f), /268435455 bytes/],
  ['a number without an end', new Uint8Array(20).fill(0xff), /ten bytes/],
  ['an unknown wire type', Uint8Array.of(0x0f), /wire type 7/],
  ['text where a number belongs', Uint8Array.of(0x0a, 0x00), /wire type 2/],
];

/** A graph of one node with attributes, whose second input is a list of integers. */
function sized(opType: string, values: readonly number[], attribute: readonly Fields[] = []): Uint8Array {
  const list = { name: 's', dims: [values.length], dataType: 7, int64Data: values };
  const node = { opType, input: opType === 'ConstantOfShape' ? ['s'] : ['x', 's'], output: ['y'], attribute };
  return model({ ...good, node: [node], initializer: [list] });
}

/** A function that calls itself, and one that calls the next one twice. */
function calling(names: readonly string[], called: (i: number) => readonly string[]): Uint8Array {
  const functions = names.map((name, i) => ({
    name,
    domain: 'own',
    input: ['x'],
    output: ['y'],
    opsetImport: [{ version: 13 }, { domain: 'own', version: 1 }],
    node: called(i).map((opType, k, all) => ({
      opType,
      domain: opType === 'Relu' ? '' : 'own',
      input: [k ? `x${k}` : 'x'],
      output: [k === all.length - 1 ? 'y' : `x${k + 1}`],
    })),
  }));
  const opsetImport = [{ version: 13 }, { domain: 'own', version: 1 }];
  const node = [{ ...relu('x', 'y'), opType: names[0], domain: 'own' }];
  return model({ ...good, node }, { opsetImport, functions });
}

/** A list [x, x] of the result before, n times. */
function doubled(opType: string, n: number): Uint8Array {
  const node = Array.from({ length: n }, (_, i) => ({
    opType,
    input: [i ? `y${i}` : 'x', i ? `y${i}` : 'x'],
    output: [i === n - 1 ? 'y' : `y${i + 1}`],
    attribute: opType === 'Concat' ? [{ name: 'axis', i: 0, type: 2 }] : [],
  }));
  return model({ ...good, node });
}

/** A loop whose passes have as many nodes, besides one that goes on. */
function looping(passes: number | undefined, nodes = 1): Uint8Array {
  const info = (elemType: number) => ({ tensorType: { elemType, shape: {} } });
  const body = {
    node: nodes ? [{ opType: 'Identity', input: ['go'], output: ['on'] }, relu('s', 't')] : [],
    input: [{ name: 'i', type: info(7) }, { name: 'go', type: info(9) }, port('s')],
    output: [{ name: nodes ? 'on' : 'go', type: info(9) }, port(nodes ? 't' : 's')],
  };
  const attribute = [{ name: 'body', type: 5, g: body }];
  const initializer = [{ name: 'n', dims: [], dataType: 7, int64Data: [passes ?? 0] }];
  const most = passes === undefined ? '' : 'n';
  const node = [{ opType: 'Loop', input: [most, '', 'x'], output: ['y'], attribute }];
  return model({ ...good, node, initializer });
}

const names = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}`);

/** Two times many nodes next to each other, and one that reads them all. */
function wide(count: number): Uint8Array {
  const [a, b] = [names('a', count), names('b', count)];
  const sum = (input: readonly string[], output: string) => ({ opType: 'Sum', input, output: [output] });
  const node = [
    ...a.map((name) => relu('x', name)),
    sum(a, 's'),
    ...b.map((name) => relu('s', name)),
    sum(b, 'y'),
  ];
  return model({ ...good, node });
}

/** Nodes that give what they read, one after the other, and as many that read the last one. */
function renamed(count: number): Uint8Array {
  const a = ['x', ...names('a', count)];
  const b = names('b', count);
  const node = [
    ...a.slice(1).map((name, i) => ({ opType: 'Identity', input: [a[i]!], output: [name] })),
    ...b.map((name) => relu(a.at(-1)!, name)),
    { opType: 'Sum', input: b, output: ['y'] },
  ];
  return model({ ...good, node });
}

/** Small parts of a constant of `size` elements. */
function parts(count: number, size: number): Uint8Array {
  const a = names('a', count);
  const list = (name: string, value: number) => ({ name, dims: [1], dataType: 7, int64Data: [value] });
  const initializer = [
    { name: 'w', dims: [size], dataType: 1, rawData: zeros(4 * size) },
    ...[list('zero', 0), list('two', 2)],
  ];
  const node = [
    ...a.map((name) => ({ opType: 'Slice', input: ['w', 'zero', 'two'], output: [name] })),
    { opType: 'Sum', input: [...a, 'x'], output: ['y'] },
  ];
  return model({ ...good, node, initializer });
}

/** Bytes of messages of length 0 in a field of a message whose number is `field`. */
function empty(field: number, count: number): Uint8Array {
  const many = new Uint8Array(2 * count);
  for (let i = 0; i < many.length; i += 2) many[i] = 0x0a;
  const n = many.length;
  const head = [(field << 3) | 2, (n & 127) | 128, ((n >> 7) & 127) | 128, ((n >> 14) & 127) | 128, n >> 21];
  return Uint8Array.from([...model(good), ...head, ...many]);
}

function* largeOnnx(): Iterable<readonly [string, Given]> {
  for (const count of [500_000, 1_000_000]) {
    for (const field of [7, 8, 20, 25])
      yield [`${count} empty messages in field ${field}`, empty(field, count)];
  }
  for (const op of ['ConstantOfShape', 'Expand', 'Tile', 'Reshape']) {
    for (const values of [[2 ** 16, 2 ** 16], [2 ** 40], [2 ** 53, 2 ** 53], [2 ** 28], [-1, -1], [0]])
      yield [`${op} ${values}`, sized(op, values)];
  }
  yield ['Tile of 200 axes', sized('Tile', Array(200).fill(2))];
  yield ['Pad', sized('Pad', [2 ** 31, 2 ** 31])];
  yield ['OneHot of 2^31 classes', sized('OneHot', [2 ** 31])];
  for (const n of [20, 29, 40, 2000]) yield [`${n} times Concat`, doubled('Concat', n)];
  for (const n of [100, 20_000, 100_000]) yield [`${n} times Add`, doubled('Add', n)];
  for (const n of [1000, 199_999, 2 ** 40, -1]) yield [`a loop of ${n} passes`, looping(n)];
  for (const n of [1000, 2 ** 40, undefined])
    yield [`a loop of ${n ?? 'endless'} empty passes`, looping(n, 0)];
  yield ['20,000 nodes next to each other', wide(20_000)];
  yield ['20,000 times Identity', renamed(20_000)];
  yield ['20,000 parts of a constant', parts(20_000, 2 ** 18)];
  yield ['functions 50,000 deep', calling(names('f', 50_000), (i) => [i < 49_999 ? `f${i + 1}` : 'Relu'])];
  yield [
    '20,000 inputs',
    model({ ...good, input: [x, ...names('a', 20_000).map((name) => port(name, [2]))] }),
  ];
  const many = { dims: [2 ** 18], floatData: [] };
  yield ['2^18 numbers', model(constant({ ...many, floatData: new Array(2 ** 18).fill(1) }))];
  yield ['2^18 integers', model(constant({ ...many, dataType: 7, int64Data: new Array(2 ** 18).fill(1) }))];
  yield ['a function that calls itself', calling(['f'], () => ['f'])];
  yield ['functions in a circle', calling(['f', 'g'], (i) => [i ? 'f' : 'g'])];
  yield ['2^40 calls', calling(names('f', 40), (i) => (i < 39 ? Array(2).fill(`f${i + 1}`) : ['Relu']))];
  yield ['12^12 calls', calling(names('f', 12), (i) => (i < 11 ? Array(12).fill(`f${i + 1}`) : ['Relu']))];
  for (const depth of [10, 31, 200])
    yield [`graphs ${depth} deep`, model({ ...nested(depth), input: [port('yes'), x] })];
  const huge = Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x07);
  yield ['a graph of 2 GiB', huge];
  yield ['a file of zeros', zeros(2 ** 20)];
  yield ['a name of a megabyte', model({ ...good, name: 'x'.repeat(2 ** 20) })];
  yield [
    'an operator with a name of a megabyte',
    model({ ...good, node: [{ ...relu('x', 'y'), opType: 'X'.repeat(2 ** 20) }] }),
  ];
}

let cases: Promise<Case[]> | undefined;
const samples = async () => {
  cases ??= readCases('models');
  return (await cases).map(({ model }) => model);
};

/** Runs a session on values as far as they fit. */
function run(given: Given): void {
  const session = sessionOf(given as Uint8Array);
  try {
    const feeds = session.inputs.map(({ name, shape }) => {
      const sizes = shape?.map((size) => (typeof size === 'number' ? size : 1)) ?? [1];
      const length = sizes.reduce((a, b) => a * b, 1);
      return [name, { shape: sizes, data: new Array(length <= 2 ** 16 ? length : 0).fill(1) }] as const;
    });
    session.run(Object.fromEntries(feeds));
  } catch (error) {
    // of what is given, not of the file
    if (!(error instanceof UnrolledError)) throw error;
  } finally {
    session.dispose();
  }
}

export const onnx: HostileFormat = {
  name: 'onnx',
  read: (given) => sessionOf(given as Uint8Array).dispose(),
  use: run,
  samples,
  broken: BROKEN_ONNX,
  large: largeOnnx,
};
