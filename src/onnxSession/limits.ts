import { FormatError } from '../errors.ts';
import { nodeName, type OnnxNode } from '../formats/onnx/graph.ts';

/** Nodes of a plan at most, those of loops once per pass. */
const MOST_NODES = 200_000;
/** Graphs and functions inside each other at most. */
const DEEPEST = 32;

/** @throws {FormatError} a node that makes a plan too large, or lies too deep */
export function checkSize(node: OnnxNode, count: number, depth = 0): void {
  if (count > MOST_NODES || depth > DEEPEST)
    throw new FormatError(`${nodeName(node)}: more than ${MOST_NODES} steps or ${DEEPEST} graphs deep`);
}
