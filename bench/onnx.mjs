/** ONNX models of the cases, one node each. Field numbers: onnx/onnx.proto. */
import protobuf from 'protobufjs';

const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Attribute { string name = 1; int64 i = 3; bytes s = 4; int32 type = 20; }
  message Node {
    repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
    repeated Attribute attribute = 5;
  }
  message Tensor { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
  message Dimension { int64 dim_value = 1; }
  message Shape { repeated Dimension dim = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message Type { TensorType tensor_type = 1; }
  message Value { string name = 1; Type type = 2; }
  message Graph {
    repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated Value input = 11;
    repeated Value output = 12;
  }
  message OperatorSet { string domain = 1; int64 version = 2; }
  message Model { int64 ir_version = 1; string producer_name = 2; Graph graph = 7; repeated OperatorSet opset_import = 8; }
`,
  { keepCase: true },
);
const Model = root.lookupType('Model');

const FLOAT = 1;
const INT = 2;

const value = (name, shape) => ({
  name,
  type: { tensor_type: { elem_type: FLOAT, shape: { dim: shape.map((n) => ({ dim_value: n })) } } },
});
const tensor = (name, { data, shape }) => ({
  name,
  dims: shape,
  data_type: FLOAT,
  raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
});

/**
 * A model of one node.
 *
 * @param {string} type
 * @param {{ inputs: string[], outputs: string[], integers?: Record<string, number> }} node
 * @param {Record<string, number[]>} inputs shapes by name
 * @param {Record<string, number[]>} outputs shapes by name
 * @param {Record<string, { data: Float32Array, shape: number[] }>} [constants]
 * @returns {Uint8Array}
 */
function model(type, { inputs: input, outputs: output, integers = {} }, inputs, outputs, constants = {}) {
  const attribute = Object.entries(integers).map(([name, i]) => ({ name, i, type: INT }));
  const message = {
    ir_version: 8,
    producer_name: 'unrolled-bench',
    graph: {
      name: type,
      node: [{ input, output, name: 'node', op_type: type, attribute }],
      initializer: Object.entries(constants).map(([name, given]) => tensor(name, given)),
      input: Object.entries(inputs).map(([name, shape]) => value(name, shape)),
      output: Object.entries(outputs).map(([name, shape]) => value(name, shape)),
    },
    opset_import: [{ domain: '', version: 14 }],
  };
  return Model.encode(Model.create(message)).finish();
}

export function matmulModel({ shape: { M, N, K }, constant }, { b }) {
  const node = { inputs: ['a', 'b'], outputs: ['y'] };
  const inputs = constant ? { a: [M, K] } : { a: [M, K], b: [K, N] };
  return model('MatMul', node, inputs, { y: [M, N] }, constant ? { b } : {});
}

export function mapModel({ work, shape: { N } }) {
  const type = { exp: 'Exp', tanh: 'Tanh', sigmoid: 'Sigmoid' }[work];
  return model(type, { inputs: ['x'], outputs: ['y'] }, { x: [N] }, { y: [N] });
}

/** Our gates in ONNX's order: i f g o to i o f c; r z n to z r h. */
const ORDER = { rnn: [0], lstm: [0, 3, 1, 2], gru: [1, 0, 2] };

/** All states are inputs and outputs where the case steps; else only the output of every step. */
export function recurrentModel({ cell, kind, shape: { T, B, I, H } }, given) {
  const gates = (name, columns) => {
    const { data } = given[name];
    const block = H * columns;
    const out = new Float32Array(data.length);
    for (const [i, from] of ORDER[cell].entries())
      out.set(data.subarray(from * block, (from + 1) * block), i * block);
    return out;
  };
  const G = ORDER[cell].length * H;
  const bias = new Float32Array(2 * G);
  bias.set(gates('bias_ih_l0', 1));
  bias.set(gates('bias_hh_l0', 1), G);
  const constants = {
    w: { data: gates('weight_ih_l0', I), shape: [1, G, I] },
    r: { data: gates('weight_hh_l0', H), shape: [1, G, H] },
    b: { data: bias, shape: [1, 2 * G] },
  };
  const states = { rnn: ['h'], lstm: ['h', 'c'], gru: ['h'] }[cell];
  const integers = { hidden_size: H, ...(cell === 'gru' ? { linear_before_reset: 1 } : {}) };
  const type = cell.toUpperCase();
  const x = { x: [T, B, I] };
  if (kind !== 'step') {
    const node = { inputs: ['x', 'w', 'r', 'b'], outputs: ['y'], integers };
    return model(type, node, x, { y: [T, 1, B, H] }, constants);
  }
  const shapes = (suffix) => Object.fromEntries(states.map((name) => [name + suffix, [1, B, H]]));
  const node = {
    inputs: ['x', 'w', 'r', 'b', '', ...states],
    outputs: ['', ...states.map((name) => `${name}_n`)],
    integers,
  };
  return model(type, node, { ...x, ...shapes('') }, shapes('_n'), constants);
}
