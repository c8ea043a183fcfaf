import type { Operator, Operators } from '../node.ts';
import { product } from '../strided.ts';

/** Sizes before, of and after an axis. */
export function around(shape: readonly number[], axis: number): [outer: number, size: number, inner: number] {
  return [product(shape.slice(0, axis)), shape[axis] ?? 1, product(shape.slice(axis + 1))];
}

/** Before opset 13 all dimensions from the axis on are one; since then the axis is one by itself. */
function softmax(log: boolean): Operator {
  return (node) => {
    const value = node.input(0);
    const old = node.opset < 13;
    const axis = node.axis(node.int('axis', old ? 1 : -1), Math.max(1, value.shape.length));
    const [outer, own, after] = around(value.shape, axis);
    if (!old && after > 1) {
      // the axis is last for the kernels
      const last = value.shape.length - 1;
      const perm = value.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
      const turned = node.call(node.node.op, [node.call('Transpose', [value], { perm })], { axis: last });
      return node.alias(node.call('Transpose', [turned], { perm }));
    }
    node.output(value.shape);
    const size = own * after;
    // the kernels need an element per row
    const rows = size && outer;
    return node.step(({ kernels, px, py }) => {
      if (log) kernels.log_softmax_rows(rows, size, px[0]!, py[0]!);
      else kernels.softmax_rows(rows, size, 1, px[0]!, py[0]!);
    });
  };
}

/** Operators that go along an axis. */
export const SOFTMAX: Operators = { Softmax: softmax(false), LogSoftmax: softmax(true) };
