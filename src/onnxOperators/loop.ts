import type { OnnxValueInfo } from '../formats/onnx/graph.ts';
import { DTYPES } from '../formats/onnx/schema.ts';
import { join, newData, type Operator, type PlannedNode } from '../onnxSession/kit.ts';
import { checkSize } from '../onnxSession/limits.ts';
import { known } from '../onnxSession/node.ts';
import { rootOf, type Value } from '../onnxSession/value.ts';

/** Adds an output with the values of all passes of a loop along a new axis; `info` says what they are if there is none. */
export function stack(node: PlannedNode, passes: readonly Value[], axis: number, info: OnnxValueInfo): void {
  const [first] = passes;
  if (!first) {
    const shape = (info.shape ?? []).map((size) => (typeof size === 'number' ? size : 0));
    const dtype = info.dtype || DTYPES.float32;
    node.fixed(newData(dtype, 0), [0, ...shape], dtype);
    return;
  }
  const at = node.axis(axis, first.shape.length + 1);
  const along = (size: number) => first.shape.toSpliced(at, 0, size);
  const out = node.output(along(passes.length), first.dtype);
  const parts = passes.map((value) => ({ ...value, shape: along(1), of: value }));
  join(node, parts, at, out);
}

/** Loop: passes whose number does not depend on data are steps of the plan, one after the other. */
export const loop: Operator = (node) => {
  const body = node.graph('body');
  const most = (node.inputs[0] && node.constant(0)[0]) ?? Number.POSITIVE_INFINITY;
  let go = node.inputs[1] ? node.constant(1)[0]! : 1;
  let carried = node.inputs.slice(2).map((_, i) => node.input(i + 2));
  const stacked: Value[][] = body.outputs.slice(1 + carried.length).map(() => []);
  for (let i = 0; i < most && go; i++) {
    checkSize(node.node, i);
    const inputs = [known([i], DTYPES.int64, []), known([1], DTYPES.bool, []), ...carried];
    const [next, ...outputs] = node.planning.subgraph(body, inputs);
    carried = outputs.slice(0, carried.length);
    for (const [k, list] of stacked.entries()) list.push(outputs[carried.length + k]!);
    const { data } = rootOf(next!);
    go = (data ?? node.fail('the number of its passes depends on data'))[0]!;
  }
  for (const value of carried) node.alias(value);
  for (const [k, list] of stacked.entries()) stack(node, list, 0, body.outputs[1 + carried.length + k]!);
};
