import type { TensorData } from '../../formats/onnx/tensor.ts';
import { gruWork, lstmWork, rnnWork } from '../../memory/workspace.ts';
import type { Operator, Operators, PlannedNode } from '../node.ts';
import { type Io, type Kept, rootOf, type Value } from '../value.ts';
import { gatesOf } from './activations.ts';
import { type Cell, type CellMemory, GATE_COUNTS, generalCell, type Product } from './cell.ts';
import { blocks, ORDERS, Parts } from './recurrentData.ts';

/** Activations where none are given. */
export const USUAL = { RNN: ['Tanh'], GRU: ['Sigmoid', 'Tanh'], LSTM: ['Sigmoid', 'Tanh', 'Tanh'] } as const;
const WORK = { RNN: rnnWork, GRU: gruWork, LSTM: lstmWork } as const;

/** Rows of the projected input that the kernels hold at a time. */
const CHUNK_ROWS = 256;

/** Memory of one direction of the plain kernels: weights in their order, constants. */
interface Plain {
  readonly values: readonly Value[];
  readonly slot: Kept;
}

/** Weights of direction d in the kernels' order, if they are constants and the kernels have what the node asks for. */
function plainWeights(
  node: PlannedNode,
  cell: Cell,
  d: number,
  lengths: Value | undefined,
): Plain | undefined {
  const { kind, I, H, gates, clip, inputForget, linearBeforeReset, peepholes } = cell;
  const names = gates.map(({ name }) => name).join();
  const usual = names === USUAL[kind].join().toLowerCase() || (kind === 'RNN' && names === 'relu');
  if (!usual || clip !== Number.POSITIVE_INFINITY || inputForget || peepholes || lengths) return undefined;
  if (cell.product || (kind === 'GRU' && !linearBeforeReset)) return undefined;
  const G = GATE_COUNTS[kind];
  const order = ORDERS[G]!;
  const take = (i: number, columns: number, at: number, name: string) =>
    node.derived(node.input(i), `${kind} ${d} ${name}`, [], (from) => blocks(from, at, H, columns, order));
  const parts = [take(1, I, d * G * H * I, 'w'), take(2, H, d * G * H * H, 'r')];
  if (cell.bias) parts.push(take(3, 1, 2 * d * G * H, 'wb'), take(3, 1, (2 * d + 1) * G * H, 'rb'));
  if (parts.some((value) => !value)) return undefined;
  const values = parts as Value[];
  const data = values.map((value) => rootOf(value).data!);
  return { values, slot: node.planning.keep(data, `${kind} ${I}`, WORK[kind](I, H, 0)) };
}

/** With `product` inputs 8 and 9 are scales of W and R, [D, G · H]. */
export function recurrent(kind: Cell['kind'], product?: Product): Operator {
  const timeMajor: Operator = (node) => {
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
    const gates = gatesOf(node, USUAL[kind], D);
    const perDirection = USUAL[kind].length;
    const cells: Cell[] = Array.from({ length: D }, (_, d) => ({
      kind,
      T,
      N,
      I,
      H,
      gates: gates.slice(d * perDirection, (d + 1) * perDirection),
      clip: node.has('clip') ? node.float('clip', 0) : Number.POSITIVE_INFINITY,
      inputForget: node.int('input_forget', 0) === 1,
      linearBeforeReset: node.int('linear_before_reset', 0) === 1,
      bias: Boolean(node.inputs[3]),
      peepholes: kind === 'LSTM' && Boolean(node.inputs[7]),
      product,
    }));
    node.output([T, D, N, H]);
    node.output(state);
    if (kind === 'LSTM') node.output(state);
    const directions = cells.map((cell, d) => {
      const reverse = direction === 'reverse' || d === 1;
      return layOut(node, cell, d, D, reverse);
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
  return (node) => {
    if (node.int('layout', 0) !== 1) return timeMajor(node);
    const turned = (v: Value, perm: readonly number[]) => node.call('Transpose', [v], { perm });
    const inner = node.withInputs(
      node.inputs.map((v, i) => (v && [0, 5, 6].includes(i) ? turned(v, [1, 0, 2]) : v)),
    );
    timeMajor(inner);
    for (const [i, v] of inner.outputs.entries()) node.alias(turned(v, i ? [1, 0, 2] : [2, 0, 1, 3]));
  };
}

/** One direction: where its parts lie, and what a run does. */
function layOut(node: PlannedNode, cell: Cell, d: number, D: number, reverse: boolean) {
  const { kind, T, N, I, H } = cell;
  const G = GATE_COUNTS[kind];
  const lengths = node.inputs[4];
  const plain = plainWeights(node, cell, d, lengths);
  const parts = new Parts();
  const xAt = reverse ? parts.take(T * N * I) : 0;
  const yAt = reverse || D > 1 ? parts.take(T * N * H) : 0;
  const hAt = parts.take(N * H);
  const cAt = parts.take(N * H);
  const chunk = Math.max(1, Math.min(T, Math.ceil(CHUNK_ROWS / Math.max(1, N))));
  const gatesAt = plain ? parts.take(chunk * N * 4 * H) : 0;
  const general = plain ? undefined : generalCell(cell);
  const workAt = parts.take((general?.bytes ?? 0) / 4);
  const relu = cell.gates[0]!.name === 'relu' ? 1 : 0;
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
      const wb = cell.bias ? px[values + 2]! : 0;
      const rb = cell.bias ? px[values + 3]! : 0;
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
      memory.w = px[1]! + 4 * d * G * H * I;
      memory.r = px[2]! + 4 * d * G * H * H;
      memory.b = cell.bias ? px[3]! + 8 * d * G * H : 0;
      memory.p = cell.peepholes ? px[7]! + 12 * d * H : 0;
      memory.h = h;
      memory.c = c;
      memory.y = y;
      memory.work = work + workAt;
      if (cell.product) {
        memory.wScale = px[8]! + 4 * d * G * H;
        memory.rScale = px[9]! + 4 * d * G * H;
      }
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
