import { DTYPES } from '../formats/onnx/schema.ts';
import { isFloat } from '../formats/onnx/tensor.ts';
import { checkSize } from '../onnxSession/limits.ts';
import { known, newData, type Planned, type PlannedNode } from '../onnxSession/node.ts';
import { rootOf, type Value } from '../onnxSession/value.ts';
import { fuse, type Pass, passOf, sequenceOf, unknown } from './fuse.ts';
import { Counters } from './passes.ts';

/** Steps of a Scan at most that is a layer; the plain operator refuses more. */
const MOST_STEPS = 2 ** 20;

/** Values of a Loop's outputs by recurrent operators that do the same; undefined if there are none. */
export function fuseLoop(node: PlannedNode): Value[] | undefined {
  const body = node.graph('body');
  const most = (node.inputs[0] && node.constant(0)[0]) ?? Number.POSITIVE_INFINITY;
  const initial = node.inputs.slice(2).map((_, i) => node.input(i + 2));
  if (most < 1 || (node.inputs[1] && !node.constant(1)[0])) return undefined;
  const number = unknown({ dtype: DTYPES.int64, shape: [], size: 1 });
  const go = known([1], DTYPES.bool, []);
  const pass = passOf(node, body, initial, (states) => [number, go, ...states], 1);
  if (!pass) return undefined;
  const { old, next, made } = pass;
  const [more, ...stacked] = pass.rest as [Value, ...Value[]];
  const isCounter = (i: number) => old[i] && !isFloat(initial[i]!.dtype);
  const all = [...old.keys()].filter(isCounter);
  const counters = new Counters(
    made,
    new Map([[number, 0], ...all.map((i) => [old[i]!, rootOf(initial[i]!).data?.[0] ?? 0] as const)]),
  );
  // a counter starts with what is known
  if (all.some((i) => initial[i]!.size !== 1 || !rootOf(initial[i]!).data)) return undefined;
  const follow = new Map<Value, () => number>();
  let passes = 0;
  follow.set(number, () => ++passes);
  for (const i of all) {
    const compute = counters.number(next[i]!);
    if (!compute) return undefined;
    follow.set(old[i]!, compute);
  }
  const again = counters.number(more);
  if (!again) return undefined;
  const reads = gathersOf(pass).map((own) => ({
    own,
    index: counters.number(own.inputs[1]!),
    seen: [] as number[],
  }));
  if (reads.some(({ index }) => !index)) return undefined;
  const T = counters.count(most, follow, again, () => {
    for (const { index, seen } of reads) seen.push(index!());
  });
  if (T === undefined) return void checkSize(node.node, Number.POSITIVE_INFINITY);
  const steps = new Map(
    reads.map(({ own: { inputs, attributes, outputs }, seen }) => {
      const value = inputs[0]!;
      const axis = attributes.get('axis')?.i ?? 0;
      const at = axis < 0 ? axis + value.shape.length : axis;
      const size = value.shape[at]!;
      const indices = seen.map((index) => (index < 0 ? index + size : index));
      return [rootOf(outputs[0]!), () => sequenceOf(node, value, at, indices)] as const;
    }),
  );
  const outside = reads.some(({ own: { inputs, attributes }, seen }) => {
    const size = inputs[0]!.shape.at(attributes.get('axis')?.i ?? 0)!;
    return seen.some((index) => !(index >= -size && index < size));
  });
  const fused = outside ? undefined : fuse(node, pass, initial, T, steps, stacked);
  if (!fused) return void checkSize(node.node, T * nodesOf(pass));
  const last = old.map((state, i) => {
    if (!state) return initial[i]!;
    if (!isCounter(i)) return fused.states[i];
    const data = newData(state.dtype, 1);
    data[0] = counters.last(state);
    return { ...state, data };
  });
  // floats that belong to no cell were refused
  return [...(last as Value[]), ...stacked.map((value) => fused.stack(value))];
}

/** Nodes that a pass has at least when it is planned by itself: of an If one branch may be known then. */
function nodesOf({ made }: Pass): number {
  const all = new Set(made.values());
  return [...all].some(({ node }) => node.op === 'If') ? 1 : all.size;
}

/** Nodes of a pass that read one step of a sequence from outside of the loop. */
function gathersOf({ made, old }: Pass): Planned[] {
  const states = new Set(old.map((state) => state && rootOf(state)));
  return [...new Set(made.values())].filter(({ node, inputs: [value, index] }) => {
    const root = value && rootOf(value);
    return (
      node.op === 'Gather' &&
      root &&
      !made.has(root) &&
      !states.has(root) &&
      index?.size === 1 &&
      isFloat(root.dtype) &&
      !rootOf(index).data
    );
  });
}

/** Values of a Scan's outputs by recurrent operators that do the same; undefined if there are none. */
export function fuseScan(node: PlannedNode): Value[] | undefined {
  const body = node.graph('body');
  const all = node.inputs.map((_, i) => node.input(i));
  const first = all.length - node.int('num_scan_inputs', 1);
  const [initial, sequences] = [all.slice(0, first), all.slice(first)];
  const list = (name: string) => node.ints(name) ?? [];
  const axes = sequences.map((v, i) => node.axis(list('scan_input_axes')[i] ?? 0, v.shape.length));
  const T = sequences[0]?.shape[axes[0]!];
  if (!T || T > MOST_STEPS || node.opset < 9) return undefined;
  const parts = sequences.map((value, i) => {
    const shape = value.shape.filter((_, k) => k !== axes[i]);
    return unknown({ dtype: value.dtype, shape, size: value.size / T });
  });
  const pass = passOf(node, body, initial, (states) => [...states, ...parts], 0);
  if (!pass || pass.old.some((state) => state && !isFloat(state.dtype))) return undefined;
  const steps = new Map(
    parts.map((part, i) => {
      const backward = list('scan_input_directions')[i] === 1;
      const indices = Array.from({ length: T }, (_, t) => (backward ? T - 1 - t : t));
      return [part, () => sequenceOf(node, sequences[i]!, axes[i]!, indices)] as const;
    }),
  );
  const fused = fuse(node, pass, initial, T, steps, pass.rest);
  if (!fused) return undefined;
  const backward = Array.from({ length: T }, (_, t) => T - 1 - t);
  const outputs = pass.rest.map((value, k) => {
    const made = fused.stack(value);
    const turned = list('scan_output_directions')[k] === 1 ? sequenceOf(node, made, 0, backward) : made;
    const axis = node.axis(list('scan_output_axes')[k] ?? 0, made.shape.length);
    const order = [...made.shape.keys()].slice(1);
    return axis ? node.call('Transpose', [turned], { perm: order.toSpliced(axis, 0, 0) }) : turned;
  });
  return [...pass.old.map((state, i) => (state ? fused.states[i]! : initial[i]!)), ...outputs];
}
