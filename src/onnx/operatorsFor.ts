import { nodeName } from '../formats/onnx/graph.ts';
import type { OnnxModel } from '../formats/onnx/read.ts';
import { imported } from '../imported.ts';
import { operatorsOf } from '../onnxSession/checkOperators.ts';
import { findOperator, type OnnxOperators } from '../onnxSession/operators.ts';

/** Operators besides those of every session, in the order in which they are tried. */
const MORE: readonly (() => Promise<{ readonly operators: OnnxOperators }>)[] = [
  () => import('../onnxOperators/convolutional.ts'),
  () => import('../onnxOperators/common.ts'),
  () => import('../onnxOperators/rare.ts'),
];

/** The operators that a session of a model needs: those given, and what `import()` loads of the others. */
export async function operatorsFor(
  model: OnnxModel,
  given: OnnxOperators | undefined,
): Promise<OnnxOperators | undefined> {
  const needed = operatorsOf(model);
  let all = given;
  for (const load of MORE) {
    const missing = needed.find(({ node, hasOptions }) => !findOperator(node, all, hasOptions));
    if (!missing) break;
    const what = `${missing.node.op} of ${nodeName(missing.node)}`;
    const { operators } = await imported(load(), what, 'operators of unrolled/onnx-operators and pass them');
    all = merged(operators, all);
  }
  // what is given runs as it is
  const loops = needed.filter(({ node: { op, domain } }) => !domain && (op === 'Loop' || op === 'Scan'));
  if (loops.some(({ node }) => !findOperator(node, given))) {
    const { fuseLoops } = await imported(import('../onnxLoops/index.ts'), 'loops', 'unrolled/onnx-loops');
    all = merged(fuseLoops(all), given);
  }
  return all;
}

/** Both; `own` first. */
function merged(more: OnnxOperators, own: OnnxOperators = {}): OnnxOperators {
  const all: Record<string, OnnxOperators[string]> = { ...more };
  for (const [domain, table] of Object.entries(own)) all[domain] = { ...all[domain], ...table };
  return all;
}
