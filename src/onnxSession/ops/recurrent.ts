import type { OnnxNode } from '../../formats/onnx/graph.ts';
import type { TensorData } from '../../formats/onnx/tensor.ts';
import { gruWork, lstmWork, rnnWork } from '../../memory/workspace.ts';
import type { Operator, Operators, PlannedNode } from '../node.ts';
import { type Io, type Kept, rootOf, type Value } from '../value.ts';
import { blocks, type Cell, type CellMemory, GATE_COUNTS, ORDERS, Parts, USUAL } from './recurrentData.ts';

const WORK = { RNN: rnnWork, GRU: gruWork, LSTM: lstmWork } as const;

/** Rows of the projected input that the kernels hold at a time. */
const CHUNK_ROWS = 256;

/** One direction with options that the kernels of plain layers lack; `length(n)`: steps of row n. */
export interface General {
  readonly bytes: number;
  run(io: Io, at: CellMemory, length: (n: number) => number): void;
}

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

/** Memory of one direction of the plain kernels: weights in their order, constants. */
interface Plain {
  readonly values: readonly Value[];
  readonly slot: Kept;
}

/** Weights of a direction in the kernels' order, if they are constants. */
function plainWeights(node: PlannedNode, { kind, I, H, bias, d }: Cell): Plain | undefined {
  const G = GATE_COUNTS[kind];
  const order = ORDERS[G]!;
  const take = (i: number, columns: number, at: number, name: string) =>
    node.derived(node.input(i), `${kind} ${d} ${name}`, [], (from) => blocks(from, at, H, columns, order));
  const parts = [take(1, I, d * G * H * I, 'w'), take(2, H, d * G * H * H, 'r')];
  if (bias) parts.push(take(3, 1, 2 * d * G * H, 'wb'), take(3, 1, (2 * d + 1) * G * H, 'rb'));
  if (parts.some((value) => !value)) return undefined;
  const values = parts as Value[];
  const data = values.map((value) => rootOf(value).data!);
  return { values, slot: node.planning.keep(data, `${kind} ${I}`, WORK[kind](I, H, 0)) };
}

/** Computes every direction as the kernels of plain layers do, or by `general` what they do not. */
export function recurrent(
  kind: Cell['kind'],
  general?: (node: PlannedNode, cell: Cell) => General,
  plain = true,
): Operator {
  return (node) => {
    const x = node.input(0);
    const r = node.input(2);
    const [T, N, I] = x.shape as [number, number, number];
    const G = GATE_COUNTS[kind];
    const H = r.shape[2]!;
    const direction = node.text('direction', 'forward');
    const D = direction === 'bidirectional' ? 2 : 1;
    if (!['forward', 'reverse', 'bidirectional'].includes(direction)) node.fail(`direction ${direction}`);
    const expect = (i: number, shape: readonly number[]) => {
      const value = node.inputs[i];
      if (value && String(value.shape) !== String(shape))
        node.fail(`input ${i}: expected [${shape}], got [${value.shape}]`);
    };
    if (x.shape.length !== 3) node.fail(`x: expected three dimensions, got [${x.shape}]`);
    const state = [D, N, H];
    expect(1, [D, G * H, I]);
    expect(2, [D, G * H, H]);
    expect(3, [D, 2 * G * H]);
    expect(4, [N]);
    expect(5, state);
    expect(6, state);
    expect(7, [D, 3 * H]);
    node.output([T, D, N, H]);
    node.output(state);
    if (kind === 'LSTM') node.output(state);
    const directions = Array.from({ length: D }, (_, d) => {
      const cell: Cell = { kind, T, N, I, H, bias: Boolean(node.inputs[3]), d, D };
      const weights =
        plain && isPlain(kind, node.inputs, node.attributes) ? plainWeights(node, cell) : undefined;
      const other = weights ? undefined : (general ?? node.fail('weights that depend on data'))(node, cell);
      return layOut(node, cell, direction === 'reverse' || d === 1, weights, other);
    });
    const inputs = [...node.inputs, ...directions.flatMap(({ values }) => values)];
    const base = node.inputs.length;
    for (let i = 0; i < base; i++) {
      // weights that all directions have in another order are not read
      if ([1, 2, 3].includes(i) && directions.every(({ values }) => values.length)) inputs[i] = undefined;
    }
    node.step(
      (io) => {
        let at = base;
        for (const own of directions) {
          own.run(io, at);
          at += own.values.length;
        }
      },
      {
        inputs,
        scratch: Math.max(...directions.map(({ bytes }) => bytes)),
        kept: directions.flatMap(({ slot }) => (slot ? [slot] : [])),
      },
    );
  };
}

/** One direction: where its parts lie, and what a run does. */
function layOut(
  node: PlannedNode,
  { kind, T, N, I, H, bias, d, D }: Cell,
  reverse: boolean,
  plain: Plain | undefined,
  general: General | undefined,
) {
  const lengths = node.inputs[4];
  const parts = new Parts();
  const xAt = reverse ? parts.take(T * N * I) : 0;
  const yAt = reverse || D > 1 ? parts.take(T * N * H) : 0;
  const hAt = parts.take(N * H);
  const cAt = parts.take(N * H);
  const chunk = Math.max(1, Math.min(T, Math.ceil(CHUNK_ROWS / Math.max(1, N))));
  const gatesAt = plain ? parts.take(chunk * N * 4 * H) : 0;
  const workAt = parts.take((general?.bytes ?? 0) / 4);
  const relu = node.texts('activations')?.[d]?.toLowerCase() === 'relu' ? 1 : 0;
  const hasH = Boolean(node.inputs[5]);
  const hasC = Boolean(node.inputs[6]);
  const states = d * N * H;

  let rows: TensorData | undefined;
  const length = (n: number) => (rows ? Math.max(0, Math.min(T, rows[n]!)) : T);
  /** Step t of row n as the kernels go through it. */
  const source = (t: number, n: number) => (reverse && t < length(n) ? length(n) - 1 - t : t);
  const memory = {} as { -readonly [K in keyof CellMemory]: number };

  // a run allocates nothing: what it needs is made once, and numbers stay local
  const run = (io: Io, values: number) => {
    const { kernels, f32, px, py, work } = io;
    rows = lengths && io.x[4]!;
    const h = work + hAt;
    const c = work + cAt;
    for (let j = 0; j < N * H; j++) {
      f32[h / 4 + j] = hasH ? f32[px[5]! / 4 + states + j]! : 0;
      f32[c / 4 + j] = hasC ? f32[px[6]! / 4 + states + j]! : 0;
    }
    let input = px[0]!;
    if (reverse) {
      input = work + xAt;
      for (let t = 0; t < T; t++) {
        for (let n = 0; n < N; n++) {
          const from = px[0]! / 4 + (source(t, n) * N + n) * I;
          f32.copyWithin(input / 4 + (t * N + n) * I, from, from + I);
        }
      }
    }
    const direct = !reverse && D === 1;
    const y = direct ? py[0]! : work + yAt;
    if (plain) {
      const w = px[values]!;
      const r = px[values + 1]!;
      const wb = bias ? px[values + 2]! : 0;
      const rb = bias ? px[values + 3]! : 0;
      const packed = plain.slot.ready;
      const gates = work + gatesAt;
      const panels = plain.slot.ptr;
      // biome-ignore format: the order of the kernels' arguments
      if (kind === 'LSTM') kernels.lstm_forward(T, N, I, H, 0, 0, input, 0, w, r, wb, rb, h, c, y, gates, chunk, packed, panels);
      else if (kind === 'GRU') kernels.gru_forward(T, N, I, H, 0, 0, input, 0, w, r, wb, rb, h, y, gates, chunk, packed, panels);
      else kernels.rnn_forward(T, N, I, H, 0, 0, relu, input, 0, w, r, wb, rb, h, y, packed, panels);
      plain.slot.ready = 1;
    } else {
      memory.x = input;
      memory.h = h;
      memory.c = c;
      memory.y = y;
      memory.work = work + workAt;
      general!.run(io, memory, length);
    }
    if (!direct) {
      for (let t = 0; t < T; t++) {
        for (let n = 0; n < N; n++) {
          const to = py[0]! / 4 + ((source(t, n) * D + d) * N + n) * H;
          const from = y / 4 + (t * N + n) * H;
          f32.copyWithin(to, from, from + H);
        }
      }
    }
    for (let j = 0; j < N * H; j++) {
      // rows without steps have no state
      const none = rows && length(Math.floor(j / H)) === 0;
      f32[py[1]! / 4 + states + j] = none ? 0 : f32[h / 4 + j]!;
      if (kind === 'LSTM') f32[py[2]! / 4 + states + j] = none ? 0 : f32[c / 4 + j]!;
    }
  };
  return { values: plain?.values ?? [], slot: plain?.slot, bytes: parts.bytes, run };
}

/** Recurrent operators. */
export const RECURRENT: Operators = {
  RNN: recurrent('RNN'),
  GRU: recurrent('GRU'),
  LSTM: recurrent('LSTM'),
};
