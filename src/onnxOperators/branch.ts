import type { Operator } from '../onnxSession/node.ts';
import { rootOf } from '../onnxSession/value.ts';

/** A condition that is known chooses a branch; else both are computed, and one of each pair of outputs is taken. */
export const branch: Operator = (node) => {
  const known = rootOf(node.input(0)).data;
  const outputs = (condition: unknown) =>
    node.planning.subgraph(node.graph(condition ? 'then_branch' : 'else_branch'), []);
  if (known) {
    for (const value of outputs(known[0])) node.alias(value);
    return;
  }
  if (!node.planning.final) node.constant(0);
  const [yes, no] = [outputs(true), outputs(false)];
  for (const [i, value] of yes.entries()) {
    const other = no[i] ?? node.fail('branches with different outputs');
    if (String(value.shape) !== String(other.shape) || value.dtype !== other.dtype) node.constant(0);
    const out = node.output(value.shape, value.dtype);
    node.step(({ x, y }) => y[0]!.set(x[0]![0] ? x[1]! : x[2]!), {
      inputs: [node.input(0), value, other],
      outputs: [out],
    });
  }
};
