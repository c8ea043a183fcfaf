import * as u from 'unrolled';
import { cells } from '../reference/cells.ts';
import { generator } from '../reference/random.ts';
import { type Node, Tape } from '../reference/tape.ts';

/** One row of a batch in float64. */
export interface Run {
  readonly tape: Tape;
  /** Values of the inputs, a node per step. */
  readonly inputs: Readonly<Record<string, readonly Node[]>>;
  /** Indices of index inputs. */
  readonly indices: Readonly<Record<string, readonly number[]>>;
  parameter(layer: unknown, name: string): Node | undefined;
}

/** A node and its value at each step of a row; a vector has one step. */
interface Value {
  readonly node: u.GraphNode;
  readonly size: number;
  /** Name of the input whose axis it has; undefined for a vector. */
  readonly axis: string | undefined;
  readonly at: (run: Run) => readonly Node[];
}

export interface Drawn {
  readonly model: u.Model<Record<string, u.GraphNode>, Record<string, u.GraphNode>>;
  readonly outputs: Readonly<Record<string, Value>>;
}

const FEATURES = 3;
export const VOCABULARY = 7;

/** A graph of a sequence `a`, indices `b` on another time axis and a vector `v`, drawn by seed. */
export function drawGraph(seed: number): Drawn {
  const next = generator(seed);
  const integer = (n: number) => Math.floor(next() * n);
  const remembered = (make: (run: Run) => readonly Node[]) => {
    const known = new WeakMap<Run, readonly Node[]>();
    return (run: Run) => {
      if (!known.has(run)) known.set(run, make(run));
      return known.get(run)!;
    };
  };
  const a = u.input({ features: FEATURES });
  const b = u.input({ indices: VOCABULARY });
  const v = u.input({ features: FEATURES, steps: false });
  const embedding = new u.Embedding(VOCABULARY, 4);
  const values: Value[] = [
    { node: a, size: FEATURES, axis: 'a', at: ({ inputs }) => inputs.a! },
    {
      node: embedding.apply(b),
      size: 4,
      axis: 'b',
      at: remembered((run) =>
        run.indices.b!.map((i) => run.tape.rows(run.parameter(embedding, 'weight')!, [i])),
      ),
    },
    { node: v, size: FEATURES, axis: undefined, at: ({ inputs }) => inputs.v! },
  ];
  const used = new Set<Value>();
  const shared = new Map<number, u.Linear>();
  const linear = (x: Value, size: number, layer = new u.Linear(x.size, size)): Value => ({
    node: layer.apply(x.node),
    size,
    axis: x.axis,
    at: remembered((run) =>
      x.at(run).map((one) => {
        const { tape } = run;
        return tape.add(tape.matmul(one, run.parameter(layer, 'weight')!), run.parameter(layer, 'bias')!);
      }),
    ),
  });
  const pick = (of: (value: Value) => boolean): Value => {
    const all = values.filter(of);
    const fresh = all.filter((value) => !used.has(value));
    const from = fresh.length && next() < 0.7 ? fresh : all;
    const found = from[integer(from.length)]!;
    used.add(found);
    return found;
  };
  const recurrent = (x: Value) => {
    const H = 3 + integer(3);
    const name = (['rnn', 'gru', 'lstm'] as const)[integer(3)]!;
    const state =
      next() < 0.6
        ? linear(
            pick(({ axis }) => !axis),
            H,
          )
        : undefined;
    const layer =
      name === 'rnn' ? new u.RNN(x.size, H) : name === 'gru' ? new u.GRU(x.size, H) : new u.LSTM(x.size, H);
    const made = layer.apply(x.node, state ? { h0: state.node } : {});
    const run = remembered((at) => {
      const { tape } = at;
      const context = {
        tape,
        config: { cell: name } as never,
        get: (kind: string) => at.parameter(layer, `${kind}_l0`),
        limited: (one: Node) => one,
      };
      let h = state ? state.at(at)[0]! : tape.leaf(new Float64Array(H), 1, H);
      let c = tape.leaf(new Float64Array(H), 1, H);
      return x.at(at).map((one) => {
        const after = cells[name](context, { x: one, h, seen: h, c } as never);
        h = after.h;
        c = after.c ?? c;
        return h;
      });
    });
    values.push({ node: made.output, size: H, axis: x.axis, at: run });
    if (next() < 0.7) {
      values.push({ node: made.hN, size: H, axis: undefined, at: (at) => run(at).slice(-1) });
    }
  };
  const join = () => {
    const x = pick(() => true);
    const kind = integer(3);
    const other = pick(({ axis }) => axis === x.axis);
    const y = kind === 0 || other.size === x.size ? other : linear(other, x.size);
    const layer = [new u.Concat(), new u.Add(), new u.Multiply()][kind]!;
    values.push({
      node: layer.apply(x.node, y.node),
      size: kind === 0 ? x.size + y.size : x.size,
      axis: x.axis,
      at: remembered((run) => {
        const { tape } = run;
        const right = y.at(run);
        return x.at(run).map((left, t) => {
          return [tape.concat, tape.add, tape.mul][kind]!.call(tape, left, right[t]!);
        });
      }),
    });
  };
  const steps = 5 + integer(6);
  for (let i = 0; i < steps; i++) {
    const what = next();
    if (what < 0.35) recurrent(pick(({ axis }) => axis !== undefined));
    else if (what < 0.7) join();
    else if (what < 0.85) {
      const x = pick(() => true);
      const layer = shared.get(x.size) ?? new u.Linear(x.size, x.size);
      shared.set(x.size, layer);
      values.push(linear(x, x.size, layer));
    } else {
      const x = pick(({ axis }) => axis !== undefined);
      const node = new u.LastStep().apply(x.node);
      values.push({ node, size: x.size, axis: undefined, at: (run) => x.at(run).slice(-1) });
    }
  }
  // all that nobody reads is brought together, so that no input is left out
  const outputs: Record<string, Value> = {};
  const groups = new Map<string, Value[]>();
  for (const value of values.filter((one) => !used.has(one))) {
    const key = value.axis ?? 'vector';
    groups.set(key, [...(groups.get(key) ?? []), linear(value, 4)]);
  }
  for (const [key, all] of groups) {
    outputs[`of_${key}`] = all.reduce((x, y) => ({
      node: new u.Add().apply(x.node, y.node),
      size: 4,
      axis: x.axis,
      at: remembered((run) => {
        const right = y.at(run);
        return x.at(run).map((one, t) => run.tape.add(one, right[t]!));
      }),
    }));
  }
  const nodes = Object.fromEntries(Object.entries(outputs).map(([name, { node }]) => [name, node]));
  return { model: new u.Model({ inputs: { a, b, v }, outputs: nodes }, { seed }), outputs };
}

/** The parameters of a model as leaves of a tape. */
export function parametersOf(
  model: Drawn['model'],
  tape: Tape,
): { get: Run['parameter']; leaves: Map<string, Node> } {
  const leaves = new Map<string, Node>();
  for (const [name, { data, shape }] of Object.entries(model.stateDict())) {
    const [rows, cols] = shape.length === 2 ? shape : [1, shape[0]!];
    leaves.set(name, tape.leaf(Float64Array.from(data), rows!, cols!));
  }
  const get: Run['parameter'] = (layer, name) =>
    leaves.get(`${model.layers.indexOf(layer as u.Layer)}.${name}`);
  return { get, leaves };
}

export { FEATURES, Tape };
