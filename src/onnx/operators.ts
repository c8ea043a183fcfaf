import { FormatError } from '../errors.ts';
import { nodeName, type OnnxNode } from '../formats/onnx/graph.ts';
import type { Operator } from './node.ts';
import { ATTENTION, CONTRIBUTED_ATTENTION } from './ops/attention.ts';
import { CONTROL } from './ops/control.ts';
import { CONVOLUTIONS } from './ops/conv.ts';
import { EINSUM } from './ops/einsum.ts';
import { ELEMENTWISE } from './ops/elementwise.ts';
import { COMPOSED, FUSED } from './ops/fused.ts';
import { GATHERS } from './ops/gather.ts';
import { CONTRIBUTED_INTEGERS, INTEGERS } from './ops/integers.ts';
import { PRODUCTS } from './ops/matmul.ts';
import { MOVES } from './ops/move.ts';
import { NORMS } from './ops/norm.ts';
import { POOLS } from './ops/pool.ts';
import { QUANTIZE } from './ops/quantize.ts';
import { CONTRIBUTED_RECURRENT, RECURRENT } from './ops/recurrent.ts';
import { REDUCES } from './ops/reduce.ts';
import { RESIZES } from './ops/resize.ts';
import { SEQUENCES } from './ops/sequences.ts';
import { SHAPES } from './ops/shapes.ts';
import { SIGNALS } from './ops/signal.ts';

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
  ...QUANTIZE,
  ...INTEGERS,
  ...ATTENTION,
  ...COMPOSED,
  ...SEQUENCES,
  ...SIGNALS,
};

/** Operators of `com.microsoft`. */
export const CONTRIBUTED: Readonly<Record<string, Operator>> = {
  ...CONTRIBUTED_INTEGERS,
  ...CONTRIBUTED_ATTENTION,
  ...CONTRIBUTED_RECURRENT,
  ...FUSED,
  QuantizeLinear: QUANTIZE.QuantizeLinear!,
  DequantizeLinear: QUANTIZE.DequantizeLinear!,
};

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
