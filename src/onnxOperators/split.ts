import type { Operator } from '../onnxSession/node.ts';
import { copier, stridesOf } from '../onnxSession/strided.ts';

/** Parts of given sizes, or as many equal ones as there are outputs; the last one may be smaller. */
export const split: Operator = (node) => {
  const value = node.input(0);
  const axis = node.axis(node.int('axis', 0), value.shape.length);
  const size = value.shape[axis]!;
  const parts = node.node.outputs.length;
  const count = node.int('num_outputs', parts);
  const each = Math.ceil(size / count);
  const given = node.sizes('split', 1);
  const sizes =
    given ??
    Array.from({ length: Math.min(count, parts) }, (_, i) => Math.max(0, Math.min(each, size - i * each)));
  if (given && given.reduce((a, b) => a + b, 0) !== size) node.fail(`parts [${sizes}] of ${size}`);
  const strides = stridesOf(value.shape);
  let at = 0;
  for (const part of sizes) {
    const shape = value.shape.map((own, i) => (i === axis ? part : own));
    const copy = copier(shape, { strides, offset: at * strides[axis]! }, { strides: stridesOf(shape) });
    node.step((io) => copy(io, 0, 0), { inputs: [value], outputs: [node.output(shape)] });
    at += part;
  }
};
