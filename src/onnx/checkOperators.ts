import type { OnnxFunction, OnnxNode } from '../formats/onnx/graph.ts';
import type { OnnxModel } from '../formats/onnx/read.ts';
import { type OnnxOperators, operatorOf } from './operators.ts';

/**
 * Asks for every operator of a model, also in branches, loops and functions.
 * @throws {FormatError} one that is missing
 */
export function checkOperators(
  { graph, functions, opsets }: OnnxModel,
  given: OnnxOperators | undefined,
): void {
  const checked = new Set<OnnxFunction>();
  const check = (nodes: readonly OnnxNode[], versions: ReadonlyMap<string, number>) => {
    for (const node of nodes) {
      const called = functions.get(`${node.domain}:${node.op}`);
      if (!called) operatorOf(node, versions.get(node.domain) ?? 1, given);
      if (called && !checked.has(called)) {
        checked.add(called);
        check(called.nodes, called.opsets);
      }
      for (const { graph } of node.attributes.values()) if (graph) check(graph.nodes, versions);
    }
  };
  check(graph.nodes, opsets);
}
