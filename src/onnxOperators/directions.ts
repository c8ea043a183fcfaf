import type { TensorData } from '../formats/onnx/tensor.ts';
import type { Operator, PlannedNode } from '../onnxSession/node.ts';
import { firstCell, type Plain, plainCell } from '../onnxSession/ops/recurrent.ts';
import type { Cell } from '../onnxSession/ops/recurrentData.ts';
import type { Io } from '../onnxSession/value.ts';
import { type CellMemory, Parts } from './cellMemory.ts';

/** One direction with options that the kernels of plain layers lack; `length(n)`: steps of row n. */
export interface General {
  readonly bytes: number;
  run(io: Io, at: CellMemory, length: (n: number) => number): void;
}

/** Computes every direction as the kernels of plain layers do, or by `general` what they do not. */
export function recurrent(
  kind: Cell['kind'],
  general: (node: PlannedNode, cell: Cell) => General,
  plain = true,
): Operator {
  return (node) => {
    const first = firstCell(node, kind);
    const reverse = node.text('direction', 'forward') === 'reverse';
    const directions = Array.from({ length: first.D }, (_, d) => {
      const cell = { ...first, d };
      const own = plain ? plainCell(node, cell) : undefined;
      return layOut(node, cell, reverse || d === 1, own, own ? undefined : general(node, cell));
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

/** Lengths of rows. @throws {FormatError} one that is not from 0 to T steps */
export function checkLengths(node: PlannedNode, lengths: TensorData, T: number): TensorData {
  for (const n of lengths) if (n < 0 || n > T) node.fail(`length ${n} of ${T} steps`);
  return lengths;
}

/** One direction: where its parts lie, and what a run does. */
function layOut(
  node: PlannedNode,
  { kind, T, N, I, H, d, D }: Cell,
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
  const workAt = parts.take(plain?.gates ?? general!.bytes / 4);
  const hasH = Boolean(node.inputs[5]);
  const hasC = Boolean(node.inputs[6]);
  const states = d * N * H;

  let rows: TensorData | undefined;
  const length = (n: number) => (rows ? rows[n]! : T);
  /** Step t of row n as the kernels go through it. */
  const source = (t: number, n: number) => (reverse && t < length(n) ? length(n) - 1 - t : t);
  const memory = {} as { -readonly [K in keyof CellMemory]: number };

  // a run allocates nothing: what it needs is made once, and numbers stay local
  const run = (io: Io, values: number) => {
    const { f32, px, py, work } = io;
    rows = lengths && checkLengths(node, io.x[4]!, T);
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
    if (plain) plain.run(io, values, input, h, c, y, work + workAt);
    else {
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
