import { FormatError } from '../errors.ts';
import { nodeName, type OnnxNode } from '../formats/onnx/graph.ts';
import type { Operator, Operators } from './node.ts';
import { CONTROL } from './ops/control.ts';
import { CONVOLUTIONS } from './ops/conv.ts';
import { ELEMENTWISE } from './ops/elementwise.ts';
import { GATHERS } from './ops/gather.ts';
import { PRODUCTS } from './ops/matmul.ts';
import { MOVES } from './ops/move.ts';
import { NORMS } from './ops/norm.ts';
import { POOLS } from './ops/pool.ts';
import { RECURRENT } from './ops/recurrent.ts';
import { REDUCES } from './ops/reduce.ts';
import { SHAPES } from './ops/shapes.ts';

/** Operators by the domain of their set (ONNX's own is ''), then by name. */
export type OnnxOperators = Readonly<Record<string, Operators>>;

/** Those that every session has. */
export const OPERATORS: Operators = {
  ...ELEMENTWISE,
  ...MOVES,
  ...GATHERS,
  ...SHAPES,
  ...REDUCES,
  ...PRODUCTS,
  ...CONVOLUTIONS,
  ...POOLS,
  ...NORMS,
  ...RECURRENT,
  ...CONTROL,
};

/**
 * The operator of a node: one of `given` or of `OPERATORS`.
 * @throws {FormatError} an operator that is missing
 */
export function operatorOf(node: OnnxNode, opset: number, given: OnnxOperators | undefined): Operator {
  const { op, domain } = node;
  for (const table of [given?.[domain], domain ? undefined : OPERATORS])
    if (table && Object.hasOwn(table, op)) return table[op]!;
  throw new FormatError(
    `${nodeName(node)} (opset ${opset}): operator ${op}${domain && ` of ${domain}`} is not ` +
      (given
        ? 'supported'
        : 'in unrolled/onnx; more are in unrolled/onnx-operators: pass its `operators` to loadOnnx(bytes, { operators })'),
  );
}
