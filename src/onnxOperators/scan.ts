import type { Operator, Operators, PlannedNode } from '../onnxSession/node.ts';
import { copier, stridesOf } from '../onnxSession/strided.ts';
import type { Value } from '../onnxSession/value.ts';
import { stack } from './loop.ts';

const scan: Operator = (node) => {
  if (node.opset < 9) node.fail('Scan of opset 8 is not supported');
  const body = node.graph('body');
  const count = node.int('num_scan_inputs', 1);
  const all = node.inputs.map((_, i) => node.input(i));
  let states = all.slice(0, all.length - count);
  const sequences = all.slice(all.length - count);
  const zeros = (name: string) => node.ints(name) ?? [];
  const axes = sequences.map((v, i) => node.axis(zeros('scan_input_axes')[i] ?? 0, v.shape.length));
  const length = sequences[0]?.shape[axes[0]!] ?? node.fail('has no sequence');
  const stacked: Value[][] = body.outputs.slice(states.length).map(() => []);
  for (let t = 0; t < length; t++) {
    const parts = sequences.map((value, i) => {
      const reversed = zeros('scan_input_directions')[i] === 1;
      return part(node, value, axes[i]!, reversed ? length - 1 - t : t);
    });
    const outputs = node.planning.subgraph(body, [...states, ...parts]);
    states = outputs.slice(0, states.length);
    for (const [k, list] of stacked.entries()) list.push(outputs[states.length + k]!);
  }
  for (const value of states) node.alias(value);
  for (const [k, list] of stacked.entries()) {
    if (zeros('scan_output_directions')[k] === 1) list.reverse();
    stack(node, list, zeros('scan_output_axes')[k] ?? 0, body.outputs[states.length + k]!);
  }
};

/** One step of a sequence. */
function part(node: PlannedNode, value: Value, axis: number, t: number): Value {
  const shape = value.shape.filter((_, i) => i !== axis);
  const strides = stridesOf(value.shape);
  const offset = t * strides[axis]!;
  const out = { dtype: value.dtype, shape, size: value.size / value.shape[axis]! };
  const copy = copier(
    shape,
    { strides: strides.filter((_, i) => i !== axis), offset },
    { strides: stridesOf(shape) },
  );
  node.step((io) => copy(io, 0, 0), { inputs: [value], outputs: [out] });
  return out;
}

/** Operators with subgraphs. */
export const SCANS: Operators = { Scan: scan };
