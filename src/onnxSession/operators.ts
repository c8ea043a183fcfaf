import { FormatError } from '../errors.ts';
import { nodeName, type OnnxNode } from '../formats/onnx/graph.ts';
import type { Operator, Operators } from './node.ts';
import { ELEMENTWISE } from './ops/elementwise.ts';
import { GATHERS } from './ops/gather.ts';
import { PRODUCTS } from './ops/matmul.ts';
import { MOVES } from './ops/move.ts';
import { RECURRENT } from './ops/recurrent.ts';
import { SHAPES } from './ops/shapes.ts';
import { SOFTMAX } from './ops/softmax.ts';

/** Operators by the domain of their set (ONNX's own is ''), then by name. */
export type OnnxOperators = Readonly<Record<string, Operators>>;

/** Those that every session has. */
export const OPERATORS: Operators = {
  ...ELEMENTWISE,
  ...MOVES,
  ...GATHERS,
  ...SHAPES,
  ...SOFTMAX,
  ...PRODUCTS,
  ...RECURRENT,
};

/** The tables that may have the operator of a node. */
const tablesOf = ({ domain }: OnnxNode, given: OnnxOperators | undefined) => [
  given && Object.hasOwn(given, domain) ? given[domain] : undefined,
  domain ? undefined : OPERATORS,
];

/** Whether the operator of a node is one of `given`, or of `OPERATORS` unless it has `options` that those lack. */
export function hasOperator(node: OnnxNode, given: OnnxOperators | undefined, options: boolean): boolean {
  return tablesOf(node, given).some((table, i) => table && !(i && options) && Object.hasOwn(table, node.op));
}

/**
 * The operator of a node: one of `given` or of `OPERATORS`.
 * @throws {FormatError} an operator that is missing
 */
export function operatorOf(node: OnnxNode, opset: number, given: OnnxOperators | undefined): Operator {
  const { op, domain } = node;
  for (const table of tablesOf(node, given)) if (table && Object.hasOwn(table, op)) return table[op]!;
  throw new FormatError(
    `${nodeName(node)} (opset ${opset}): operator ${op}${domain && ` of ${domain}`} is not supported`,
  );
}
