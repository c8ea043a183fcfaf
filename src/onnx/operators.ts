import { FormatError } from '../errors.ts';
import { nodeName, type OnnxNode } from '../formats/onnx/graph.ts';
import type { Operator } from './node.ts';
import { CONTROL } from './ops/control.ts';
import { CONVOLUTIONS } from './ops/conv.ts';
import { EINSUM } from './ops/einsum.ts';
import { ELEMENTWISE } from './ops/elementwise.ts';
import { GATHERS } from './ops/gather.ts';
import { PRODUCTS } from './ops/matmul.ts';
import { MOVES } from './ops/move.ts';
import { NORMS } from './ops/norm.ts';
import { POOLS } from './ops/pool.ts';
import { RECURRENT } from './ops/recurrent.ts';
import { REDUCES } from './ops/reduce.ts';
import { RESIZES } from './ops/resize.ts';
import { SHAPES } from './ops/shapes.ts';

/** All operators of ONNX's own domain by name. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  ...ELEMENTWISE,
  ...MOVES,
  ...GATHERS,
  ...SHAPES,
  ...REDUCES,
  ...PRODUCTS,
  ...EINSUM,
  ...CONVOLUTIONS,
  ...POOLS,
  ...RESIZES,
  ...NORMS,
  ...RECURRENT,
  ...CONTROL,
};

/** Operators of `com.microsoft`. */
export const CONTRIBUTED: Readonly<Record<string, Operator>> = {};

/** The operator of a node, or undefined. */
export function findOperator({ op, domain }: OnnxNode): Operator | undefined {
  const table = domain === '' ? OPERATORS : domain === 'com.microsoft' ? CONTRIBUTED : {};
  return Object.hasOwn(table, op) ? table[op] : undefined;
}

/** @throws {FormatError} an operator that is missing */
export function operatorOf(node: OnnxNode, opset: number): Operator {
  const found = findOperator(node);
  if (found) return found;
  const domain = node.domain ? ` of ${node.domain}` : '';
  throw new FormatError(`${nodeName(node)} (opset ${opset}): operator ${node.op}${domain} is not supported`);
}
