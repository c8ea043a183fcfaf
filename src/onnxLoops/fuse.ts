import { FormatError } from '../errors.ts';
import type { OnnxGraph } from '../formats/onnx/graph.ts';
import { isFloat } from '../formats/onnx/tensor.ts';
import { GATES } from '../onnxOperators/gates.ts';
import { type CallAttributes, known, type Planned, type PlannedNode } from '../onnxSession/node.ts';
import { rootOf, type Value } from '../onnxSession/value.ts';
import { type Cell, gruOf, lstmOf, rnnOf } from './cell.ts';
import type { Expression } from './expression.ts';
import { Formulas } from './formulas.ts';
import { sourcesOf, weightsOf } from './weights.ts';

/** One pass of a loop as it was planned: to be read, not to be run. */
export interface Pass {
  /** States before and after the pass; before it undefined if the pass does not change it. */
  readonly old: readonly (Value | undefined)[];
  readonly next: readonly Value[];
  /** What the pass gives besides. */
  readonly rest: readonly Value[];
  /** The node that computes each value. */
  readonly made: ReadonlyMap<Value, Planned>;
}

/** A value whose data a pass does not know. */
export function unknown({ dtype, shape, size }: Omit<Value, 'data'>): Value {
  return { dtype, shape, size };
}

/**
 * Plans one pass.
 * @param initial states before the first pass
 * @param around the body's inputs, given those that are states
 * @param skip outputs of the body before its states
 * @returns undefined if it can't be planned before a run
 */
export function passOf(
  node: PlannedNode,
  body: OnnxGraph,
  initial: readonly Value[],
  around: (states: readonly Value[]) => readonly Value[],
  skip: number,
): Pass | undefined {
  let old: (Value | undefined)[] = initial.map(unknown);
  for (;;) {
    let traced: { outputs: Value[]; planned: Planned[] };
    try {
      traced = trace(node, body, around(old.map((state, i) => state ?? initial[i]!)));
    } catch (error) {
      if (error instanceof FormatError) return undefined;
      throw error;
    }
    const next = traced.outputs.slice(skip, skip + initial.length);
    const still = next.map((value, i) => old[i] && rootOf(value) === rootOf(old[i]));
    if (!still.includes(true)) {
      const made = new Map<Value, Planned>();
      // of a node that consists of others those come first
      for (const own of traced.planned)
        for (const value of own.outputs) if (!made.has(rootOf(value))) made.set(rootOf(value), own);
      const rest = [...traced.outputs.slice(0, skip), ...traced.outputs.slice(skip + initial.length)];
      return { old, next, rest, made };
    }
    old = old.map((state, i) => (still[i] ? undefined : state));
  }
}

/** Plans a graph to be read: nothing of it is run. */
function trace({ planning }: PlannedNode, graph: OnnxGraph, inputs: readonly Value[]) {
  const { onNode, steps } = planning;
  const { length } = steps;
  const planned: Planned[] = [];
  planning.onNode = (own) => void planned.push(own);
  try {
    return { outputs: planning.subgraph(graph, inputs), planned };
  } finally {
    planning.onNode = onNode;
    steps.length = length;
  }
}

/** A loop that recurrent operators replace. */
export interface Fused {
  /** The last values of states that it has; undefined for others. */
  readonly states: readonly (Value | undefined)[];
  /** A value of all passes, [T, …]. */
  stack(value: Value): Value;
}

/**
 * Recurrent operators that compute what the passes of a loop do.
 * @param steps what a pass reads of sequences, with the whole sequence [T, N, columns] when asked for
 * @param stacked what is kept of all passes
 * @returns undefined for other loops
 */
export function fuse(
  node: PlannedNode,
  pass: Pass,
  initial: readonly Value[],
  T: number,
  steps: ReadonlyMap<Value, () => Value>,
  stacked: readonly Value[],
): Fused | undefined {
  const { old, next, made } = pass;
  const own = [...old.keys()].filter((i) => old[i] && isFloat(initial[i]!.dtype) && initial[i]!.shape.length);
  const rows = (i: number) => initial[i]!.size / initial[i]!.shape.at(-1)!;
  const N = own.length ? rows(own[0]!) : 0;
  if (!N || own.some((i) => rows(i) !== N || next[i]!.size !== initial[i]!.size)) return undefined;
  const leaves = new Map<Value, Expression>();
  for (const step of steps.keys()) leaves.set(step, { kind: 'step', sequence: step });
  for (const state of own) leaves.set(rootOf(old[state]!), { kind: 'old', state });
  for (const state of own)
    if (!leaves.has(rootOf(next[state]!))) leaves.set(rootOf(next[state]!), { kind: 'next', state });
  const cells = cellsOf(new Formulas(made, leaves, N), own, next, (i) => initial[i]!.shape.at(-1)!);
  const find = (value: Value) => {
    const leaf = leaves.get(rootOf(value));
    return leaf?.kind === 'next' ? leaf.state : -1;
  };
  const hidden = new Map(cells.map((cell) => [cell.h, cell]));
  const held = new Set(cells.flatMap(({ h, c }) => [h, c ?? h]));
  // a state may be another one under a name of its own
  if (own.some((i) => !held.has(find(next[i]!))) || stacked.some((value) => !hidden.has(find(value))))
    return undefined;
  const outputs = new Map<Cell, Value[]>();
  const output = (cell: Cell): Value[] => {
    let made = outputs.get(cell);
    if (!made) {
      made = emit(node, cell, initial, T, N, ({ of }) =>
        of.kind === 'step' ? steps.get(of.sequence)!() : output(hidden.get((of as State).state)!)[0]!,
      );
      outputs.set(cell, made);
    }
    return made;
  };
  const sources = cells.flatMap((cell) => sourcesOf(cell, 1).sources);
  if (sources.some(({ of }) => of.kind === 'next' && !hidden.has(of.state))) return undefined;
  return {
    states: next.map((value, i) => {
      if (!own.includes(i)) return undefined;
      const state = find(value);
      const cell = cells.find(({ h, c }) => h === state || c === state)!;
      const made = output(cell)[cell.h === state ? 1 : 2]!;
      return reshaped(node, made, value.shape);
    }),
    stack: (value) => {
      const made = output(hidden.get(find(value))!)[0]!;
      return reshaped(node, made, [T, ...value.shape]);
    },
  };
}

type State = Extract<Expression, { kind: 'old' | 'next' }>;

function reshaped(node: PlannedNode, value: Value, shape: readonly number[]): Value {
  return String(value.shape) === String(shape) ? value : node.call('Reshape', [value, known(shape)]);
}

/** The cells that states belong to. */
function cellsOf(
  formulas: Formulas,
  own: readonly number[],
  next: readonly Value[],
  width: (state: number) => number,
): Cell[] {
  const after = new Map(own.map((i) => [i, formulas.computed(next[i]!, 0, width(i))]));
  const cells: Cell[] = [];
  const free = new Set(own);
  const take = (cell: Cell | undefined) => {
    const known = cell?.activations.every(({ name }) => Object.hasOwn(GATES, name));
    if (!known || !sourcesOf(cell!, 1).width) return;
    cells.push(cell!);
    free.delete(cell!.h);
    if (cell!.c !== undefined) free.delete(cell!.c);
  };
  for (const c of own)
    for (const h of own)
      if (free.has(h) && free.has(c) && h !== c && width(h) === width(c))
        take(lstmOf(h, c, after.get(h)!, after.get(c)!));
  for (const h of own) if (free.has(h)) take(gruOf(h, after.get(h)!));
  for (const h of own) if (free.has(h)) take(rnnOf(h, after.get(h)!));
  return cells;
}

/** Plans the operator of a cell; gives its outputs Y, Y_h and Y_c. */
function emit(
  node: PlannedNode,
  cell: Cell,
  initial: readonly Value[],
  T: number,
  N: number,
  read: (source: { of: Expression }) => Value,
): Value[] {
  const H = initial[cell.h]!.shape.at(-1)!;
  const sequences = sourcesOf(cell, H).sources.map((source) => {
    return reshaped(node, read(source), [T, N, source.width]);
  });
  const x = sequences.length === 1 ? sequences[0]! : node.call('Concat', sequences, { axis: 2 });
  const state = (i: number | undefined) =>
    i === undefined ? undefined : reshaped(node, initial[i]!, [1, N, H]);
  const [W, R, B, P] = weightsOf(cell, H);
  const { activations } = cell;
  const numbers = (i: 0 | 1, field: 'alpha' | 'beta') =>
    activations.filter(({ name }) => GATES[name]!.length > i).map((own) => own[field]);
  const attributes: CallAttributes = {
    activations: activations.map(({ name }) => name),
    activation_alpha: numbers(0, 'alpha'),
    activation_beta: numbers(1, 'beta'),
    linear_before_reset: +cell.resetAfter,
  };
  const inputs = [x, W, R, B, undefined, state(cell.h), state(cell.c), P];
  return node.calls(cell.kind, inputs, attributes, cell.kind === 'LSTM' ? 3 : 2);
}

/** A whole sequence from steps of it: those of `indices` along an axis, as [T, …]. */
export function sequenceOf(node: PlannedNode, value: Value, axis: number, indices: readonly number[]): Value {
  const size = value.shape[axis]!;
  const rest = [...value.shape.keys()].filter((i) => i !== axis);
  const first = axis === 0 ? value : node.call('Transpose', [value], { perm: [axis, ...rest] });
  const T = indices.length;
  const [start, step] = [indices[0]!, T > 1 ? indices[1]! - indices[0]! : 1];
  const even = indices.every((index, t) => index === start + t * step) && Math.abs(step) === 1;
  if (!even) return node.call('Gather', [first, known(indices)], { axis: 0 });
  if (step === 1 && start === 0 && T === size) return first;
  // an end below 0 counts from the end
  const end = start + T * step;
  return node.call('Slice', [
    first,
    known([start]),
    known([end < 0 ? -size - 1 : end]),
    known([0]),
    known([step]),
  ]);
}
