import type { OnnxFunction, OnnxGraph, OnnxNode } from '../formats/onnx/graph.ts';
import type { OnnxModel } from '../formats/onnx/read.ts';
import { checkSize } from './limits.ts';
import { type OnnxOperators, operatorOf } from './operators.ts';
import { isPlain, RECURRENT } from './ops/recurrent.ts';

/** A node, and the version of its operator set. */
export interface Versioned {
  readonly node: OnnxNode;
  readonly opset: number;
  /** Of a recurrent operator: whether sessions have no operator of their own for it. */
  readonly hasOptions: boolean;
}

/** What gives constants of constants, of no more elements: they are computed before a run. */
const CONSTANT = /^(Constant|Identity|Cast|Slice|Split|Concat|Reshape|Squeeze|Unsqueeze|Transpose)$/;

type IsConstant = (name: string) => boolean;

/**
 * The first node of every operator of a model, also in branches, loops and functions.
 * @throws {FormatError} calls of functions that are too many or too deep
 */
export function operatorsOf({ graph, functions, opsets }: OnnxModel): Versioned[] {
  const found = new Map<string, Versioned>();
  const counts = new Map<OnnxFunction, number>();
  let depth = 0;
  const visit = (
    nodes: readonly OnnxNode[],
    versions: ReadonlyMap<string, number>,
    initializers: Iterable<string>,
    outer: IsConstant,
  ): number => {
    depth++;
    let count = 0;
    const known = new Set(initializers);
    const isConstant: IsConstant = (name) => !name || known.has(name) || outer(name);
    for (const node of nodes) {
      const { op, domain, inputs, outputs, attributes } = node;
      checkSize(node, ++count, depth);
      const called = functions.get(`${domain}:${op}`);
      if (called) {
        if (!counts.has(called)) {
          counts.set(called, 0);
          counts.set(
            called,
            visit(called.nodes, called.opsets, [], () => false),
          );
        }
        checkSize(node, (count += counts.get(called)! - 1));
      }
      if (CONSTANT.test(op) && inputs.every(isConstant)) for (const name of outputs) known.add(name);
      const hasOptions =
        !domain &&
        Object.hasOwn(RECURRENT, op) &&
        !(
          isPlain(op, inputs, attributes) &&
          (attributes.get('direction')?.s ?? 'forward') === 'forward' &&
          !attributes.get('layout')?.i &&
          inputs.slice(1, 4).every(isConstant)
        );
      const name = `${domain}:${op} ${hasOptions}`;
      if (!called && !found.has(name))
        found.set(name, { node, opset: versions.get(domain) ?? 1, hasOptions });
      for (const { graph } of attributes.values()) if (graph) visitGraph(graph, versions, isConstant);
    }
    depth--;
    return count;
  };
  const visitGraph = (graph: OnnxGraph, versions: ReadonlyMap<string, number>, outer: IsConstant) =>
    visit(graph.nodes, versions, graph.initializers.keys(), outer);
  visitGraph(graph, opsets, () => false);
  return [...found.values()];
}

/**
 * Asks for every operator of a model.
 * @throws {FormatError} one that is missing
 */
export function checkOperators(model: OnnxModel, given: OnnxOperators | undefined): void {
  for (const { node, opset } of operatorsOf(model)) operatorOf(node, opset, given);
}
