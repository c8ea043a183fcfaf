import type { OnnxNode } from '../../formats/onnx/graph.ts';
import { gruWork, lstmWork, rnnWork } from '../../memory/forwardWorkspace.ts';
import type { Operator, Operators, PlannedNode } from '../node.ts';
import { type Io, type Kept, rootOf, type Value } from '../value.ts';
import { blocks, type Cell, GATE_COUNTS, ORDERS, USUAL } from './recurrentData.ts';

const WORK = { RNN: rnnWork, GRU: gruWork, LSTM: lstmWork } as const;

/** Rows of the projected input that the kernels hold at a time. */
const CHUNK_ROWS = 256;

/**
 * Whether the kernels of plain layers have what a node asks for, if its weights are constants.
 * @param inputs its inputs or their names; undefined or '' where there is none
 */
export function isPlain(
  op: string,
  inputs: readonly (Value | string | undefined)[],
  attributes: OnnxNode['attributes'],
): boolean {
  const usual = USUAL[op as Cell['kind']].map((name) => name.toLowerCase());
  const given = attributes.get('activations')?.strings ?? [];
  return (
    !inputs[4] &&
    !inputs[7] &&
    !attributes.has('clip') &&
    given.every((name, i) =>
      [usual[i % usual.length], op === 'RNN' && 'relu'].includes(name.toLowerCase()),
    ) &&
    !attributes.get('input_forget')?.i &&
    (op !== 'GRU' || attributes.get('linear_before_reset')?.i === 1) &&
    ![...attributes.values()].some(({ ref }) => ref)
  );
}

/** Checks the inputs of a recurrent operator and adds its outputs; gives its first direction. */
export function firstCell(node: PlannedNode, kind: Cell['kind']): Cell {
  const [T, N] = node.input(0).shape as [number, number];
  const I = node.input(1).shape[2]!;
  const H = node.int('hidden_size', node.input(2).shape[2]!);
  const G = GATE_COUNTS[kind];
  const D = node.oneOf('direction', ['forward', 'reverse', 'bidirectional']) === 'bidirectional' ? 2 : 1;
  const state = [D, N, H];
  const expected = [[T, N, I], [D, G * H, I], [D, G * H, H], [D, 2 * G * H], [N], state, state, [D, 3 * H]];
  for (const [i, shape] of expected.entries()) {
    if (i < 3 || node.inputs[i]) node.shaped(i, shape);
  }
  node.output([T, D, N, H]);
  node.output(state);
  if (kind === 'LSTM') node.output(state);
  return { kind, T, N, I, H, bias: Boolean(node.inputs[3]), d: 0, D };
}

/** One direction by the kernels of plain layers: constants that it reads, memory, and what a run does. */
export interface Plain {
  readonly values: readonly Value[];
  readonly slot: Kept;
  /** Floats of scratch memory. */
  readonly gates: number;
  /**
   * Computes y [T, N, H] from x [T, N, I], and the states in place.
   * @param values index of the first of `values` among the step's inputs
   */
  run(io: Io, values: number, x: number, h: number, c: number, y: number, gates: number): void;
}

/** A direction by the kernels of plain layers, if they have what it asks for and its weights are constants. */
export function plainCell(node: PlannedNode, { kind, T, N, I, H, bias, d }: Cell): Plain | undefined {
  if (!isPlain(kind, node.inputs, node.attributes)) return undefined;
  const G = GATE_COUNTS[kind];
  const order = ORDERS[G]!;
  const take = (i: number, columns: number, at: number, name: string) =>
    node.derived(node.input(i), `${kind} ${d} ${name}`, [], (from) => blocks(from, at, H, columns, order));
  const parts = [take(1, I, d * G * H * I, 'w'), take(2, H, d * G * H * H, 'r')];
  if (bias) parts.push(take(3, 1, 2 * d * G * H, 'wb'), take(3, 1, (2 * d + 1) * G * H, 'rb'));
  if (parts.some((value) => !value)) return undefined;
  const values = parts as Value[];
  const data = values.map((value) => rootOf(value).data!);
  const slot = node.planning.memory.keep(data, `${kind} ${I}`, WORK[kind](I, H, 0));
  const chunk = Math.max(1, Math.min(T, Math.ceil(CHUNK_ROWS / Math.max(1, N))));
  const relu = node.texts('activations')?.[d]?.toLowerCase() === 'relu' ? 1 : 0;
  const run: Plain['run'] = ({ kernels, px }, at, x, h, c, y, gates) => {
    const w = px[at]!;
    const r = px[at + 1]!;
    const wb = bias ? px[at + 2]! : 0;
    const rb = bias ? px[at + 3]! : 0;
    const { ready, ptr } = slot;
    // biome-ignore format: the order of the kernels' arguments
    if (kind === 'LSTM') kernels.lstm_forward(T, N, I, H, 0, 0, x, 0, w, r, wb, rb, h, c, y, gates, chunk, ready, ptr);
    else if (kind === 'GRU') kernels.gru_forward(T, N, I, H, 0, 0, x, 0, w, r, wb, rb, h, y, gates, chunk, ready, ptr);
    else kernels.rnn_forward(T, N, I, H, 0, 0, relu, x, 0, w, r, wb, rb, h, y, ready, ptr);
    slot.ready = 1;
  };
  return { values, slot, gates: chunk * N * 4 * H, run };
}

/** Steps forward by the kernels of plain layers, with constant weights. */
function forward(kind: Cell['kind']): Operator {
  return (node) => {
    const cell = firstCell(node, kind);
    const direct = node.text('direction', 'forward') === 'forward';
    const plain = (direct && plainCell(node, cell)) || node.fail('options or weights that depend on data');
    const size = cell.N * cell.H;
    // weights are read in another order
    const inputs = node.inputs.map((value, i) => (i > 0 && i < 4 ? undefined : value));
    node.step(
      (io) => {
        const { f32, px, py } = io;
        for (let s = 1; s < py.length; s++) {
          const from = px[s + 4]! / 4;
          const to = py[s]! / 4;
          if (node.inputs[s + 4]) f32.copyWithin(to, from, from + size);
          else f32.fill(0, to, to + size);
        }
        plain.run(io, inputs.length, px[0]!, py[1]!, py[2]!, py[0]!, io.work);
      },
      { inputs: [...inputs, ...plain.values], scratch: 4 * plain.gates, kept: [plain.slot] },
    );
  };
}

/** Recurrent operators. */
export const RECURRENT: Operators = {
  RNN: forward('RNN'),
  GRU: forward('GRU'),
  LSTM: forward('LSTM'),
};
