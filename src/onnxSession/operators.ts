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

function own<T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return table && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The operator of a node: one of `given`, or of `OPERATORS` unless it has `options` that those lack. */
export function findOperator(
  { op, domain }: OnnxNode,
  given: OnnxOperators | undefined,
  options = false,
): Operator | undefined {
  return own(own(given, domain), op) ?? (domain || options ? undefined : own(OPERATORS, op));
}

/**
 * The operator of a node: one of `given` or of `OPERATORS`.
 * @throws {FormatError} an operator that is missing
 */
export function operatorOf(node: OnnxNode, opset: number, given: OnnxOperators | undefined): Operator {
  const { op, domain } = node;
  const found = findOperator(node, given);
  if (found) return found;
  throw new FormatError(
    `${nodeName(node)} (opset ${opset}): operator ${op}${domain && ` of ${domain}`} is not supported`,
  );
}
