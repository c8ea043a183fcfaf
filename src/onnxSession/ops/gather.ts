import { FormatError } from '../../errors.ts';
import type { Operator, Operators } from '../node.ts';
import { around } from './softmax.ts';

/** Steps of `size` elements that one index stands for. */
const gather: Operator = (node) => {
  const [value, indices] = [node.input(0), node.input(1)];
  const axis = node.axis(node.int('axis', 0), value.shape.length);
  const [outer, size, inner] = around(value.shape, axis);
  node.output(value.shape.toSpliced(axis, 1, ...indices.shape));
  const count = indices.size;
  const { where } = node;
  node.step(({ x, y }) => {
    const [from, at] = [x[0]!, x[1]!];
    const to = y[0]!;
    let o = 0;
    for (let i = 0; i < outer; i++) {
      for (let k = 0; k < count; k++) {
        let p = (i * size + place(at[k]!, size, where)) * inner;
        for (let j = 0; j < inner; j++) to[o++] = from[p++]!;
      }
    }
  });
};

/** An index from 0 to size − 1. @throws {FormatError} outside of it */
export function place(index: number, size: number, where: string): number {
  const at = index < 0 ? index + size : index;
  if (!(at >= 0 && at < size)) throw new FormatError(`${where}: index ${index} of ${size}`);
  return at;
}

/** Operators whose elements go where indices say. */
export const GATHERS: Operators = {
  Gather: gather,
};
