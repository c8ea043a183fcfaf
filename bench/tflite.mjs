/** Models in TensorFlow Lite's format, for LiteRT: it has no LSTM whose states are kept, so layers are unrolled, as Keras does. */
import { Builder } from 'flatbuffers';

/** Numbers of operators, and of the tables of their options, in tensorflow/lite/schema/schema.fbs. */
const OPERATORS = {
  add: [0, 11],
  linear: [9, 8],
  sigmoid: [14, 0],
  mul: [18, 21],
  tanh: [28, 0],
  sub: [41, 28],
  exp: [47, 0],
  split: [49, 35],
  pack: [83, 59],
  unpack: [88, 64],
  matmul: [126, 101],
};
const [FLOAT32, INT32] = [0, 2];
const GATES = { rnn: 1, lstm: 4, gru: 3 };

/**
 * A recurrent layer with the given weights, unrolled: from x [T, B, I] and its states [B, H] to h of all steps and the last
 * states.
 */
export function recurrentFile({ cell, shape }, given) {
  const { T, B, I, H } = shape;
  const gates = GATES[cell];
  const file = new File();
  const x = file.tensor([T, B, I]);
  const before = Array.from({ length: cell === 'lstm' ? 2 : 1 }, () => file.tensor([B, H]));
  const constant = (name) => file.tensor(given[`${name}_l0`].shape, given[`${name}_l0`].data);
  const [wIh, wHh, bIh, bHh] = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map(constant);
  const axis = file.tensor([], Int32Array.of(1));
  const one = (name, inputs, width = H) => file.apply(name, inputs, [[B, width]])[0];
  const parts = (of) => file.apply('split', [axis, of], Array(gates).fill([B, H]), [gates]);
  const [projected] = file.apply('linear', [x, wIh, bIh], [[T, B, gates * H]], [], { keepsDimensions: true });
  const steps = file.apply('unpack', [projected], Array(T).fill([B, gates * H]), [T, 0]);
  let [h, c] = before;
  const all = steps.map((fromX) => {
    const fromH = one('linear', [h, wHh, bHh], gates * H);
    if (cell === 'rnn') h = one('tanh', [one('add', [fromX, fromH])]);
    else if (cell === 'lstm') {
      const [i, f, g, o] = parts(one('add', [fromX, fromH], gates * H));
      const kept = one('mul', [one('sigmoid', [f]), c]);
      c = one('add', [kept, one('mul', [one('sigmoid', [i]), one('tanh', [g])])]);
      h = one('mul', [one('sigmoid', [o]), one('tanh', [c])]);
    } else {
      const [[rx, zx, nx], [rh, zh, nh]] = [parts(fromX), parts(fromH)];
      const r = one('sigmoid', [one('add', [rx, rh])]);
      const z = one('sigmoid', [one('add', [zx, zh])]);
      const n = one('tanh', [one('add', [nx, one('mul', [r, nh])])]);
      h = one('add', [n, one('mul', [z, one('sub', [h, n])])]);
    }
    return h;
  });
  const [y] = file.apply('pack', all, [[T, B, H]], [T, 0]);
  return file.bytes([x, ...before], [y, ...(cell === 'lstm' ? [h, c] : [h])]);
}

/** a · b. */
export function matmulFile({ constant }, { a, b }) {
  const file = new File();
  const [left, right] = [file.tensor(a.shape), file.tensor(b.shape, constant ? b.data : undefined)];
  const y = file.apply('matmul', [left, right], [[a.shape[0], b.shape[1]]]);
  return file.bytes(constant ? [left] : [left, right], y);
}

/** exp, tanh or sigmoid of each element. */
export function mapFile({ work }, { x }) {
  const file = new File();
  const given = file.tensor(x.shape);
  return file.bytes([given], file.apply(work, [given], [x.shape]));
}

/** A model: tensors, and operators in the order in which they run. */
class File {
  #tensors = [];
  #operations = [];

  /** With values for a constant. Gives its number. */
  tensor(shape, values) {
    return this.#tensors.push({ shape, values }) - 1;
  }

  /** Gives the numbers of its outputs, of the given shapes. integers: options that are int32, in the order of the schema. */
  apply(name, inputs, shapes, integers = [], { keepsDimensions = false } = {}) {
    const outputs = shapes.map((shape) => this.tensor(shape));
    this.#operations.push({ name, inputs, outputs, integers, keepsDimensions });
    return outputs;
  }

  bytes(inputs, outputs) {
    const to = new Builder(1024);
    const table = (...fields) => {
      to.startObject(fields.length);
      for (const [i, [add, value, unless = 0]] of fields.entries())
        if (value !== undefined) to[add](i, value, unless);
      return to.endObject();
    };
    const [offset, int8, int32] = ['Offset', 'Int8', 'Int32'].map((kind) => (value, unless) => [
      `addField${kind}`,
      value,
      unless,
    ]);
    const list = (values, add) => {
      to.startVector(4, values.length, 4);
      for (const value of values.toReversed()) to[add](value);
      return to.endVector();
    };
    const integers = (values) => list(values, 'addInt32');
    const tables = (values) => list(values, 'addOffset');
    const buffer = ({ values }) => {
      if (!values) return table();
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      to.startVector(1, bytes.length, 16);
      to.space -= bytes.length;
      to.bb.bytes().set(bytes, to.space);
      return table(offset(to.endVector()));
    };
    const tensor = ({ shape, values }, i) => {
      const [name, sizes] = [to.createString(`t${i}`), integers(shape)];
      const type = values instanceof Int32Array ? INT32 : FLOAT32;
      return table(offset(sizes), int8(type), int32(values ? i + 1 : 0), offset(name));
    };
    const names = Object.keys(OPERATORS);
    const operation = ({ name, inputs: from, outputs: ends, integers: numbers, keepsDimensions }) => {
      const type = OPERATORS[name][1];
      // of a Linear: activation, format of the weights, whether the shape is kept
      const fields = keepsDimensions ? [int8(0), int8(0), int8(1)] : numbers.map((number) => int32(number));
      const [options, read, written] = [type ? table(...fields) : undefined, integers(from), integers(ends)];
      return table(int32(names.indexOf(name)), offset(read), offset(written), int8(type), offset(options));
    };
    const code = ([number]) => table(int8(number), offset(undefined), int32(1, 1), int32(number));
    const buffers = tables([{}, ...this.#tensors].map(buffer));
    const tensors = tables(this.#tensors.map(tensor));
    const operations = tables(this.#operations.map(operation));
    const codes = tables(Object.values(OPERATORS).map(code));
    const [first, last] = [integers(inputs), integers(outputs)];
    const graphs = tables([table(offset(tensors), offset(first), offset(last), offset(operations))]);
    to.finish(table(int32(3), offset(codes), offset(graphs), offset(undefined), offset(buffers)), 'TFL3');
    return to.asUint8Array();
  }
}
