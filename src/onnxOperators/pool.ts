import type { Operator, Operators } from '../onnxSession/node.ts';
import { pool } from './maxPool.ts';

/** A reduction of all spatial dimensions. */
const globalPool =
  (op: string): Operator =>
  (node) => {
    const value = node.input(0);
    const axes = value.shape.slice(2).map((_, i) => i + 2);
    node.alias(axes.length ? node.call(op, [value], { axes, keepdims: 1 }) : value);
  };

/** Pooling besides MaxPool. */
export const POOLS: Operators = {
  AveragePool: (node) => pool(node, { start: 0, add: (sum, v) => sum + v, end: (sum, count) => sum / count }),
  LpPool: (node) => {
    const p = node.int('p', 2);
    pool(node, { start: 0, add: (sum, v) => sum + Math.abs(v) ** p, end: (sum) => sum ** (1 / p) });
  },
  GlobalMaxPool: globalPool('ReduceMax'),
  GlobalAveragePool: globalPool('ReduceMean'),
};
