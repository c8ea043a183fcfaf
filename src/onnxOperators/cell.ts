import { linearWork } from '../memory/forwardWorkspace.ts';
import type { PlannedNode } from '../onnxSession/node.ts';
import { type Cell, GATE_COUNTS, USUAL } from '../onnxSession/ops/recurrentData.ts';
import type { Io } from '../onnxSession/value.ts';
import { type CellMemory, Parts } from './cellMemory.ts';
import type { General } from './directions.ts';
import { type Gate, gateKind, gatesOf } from './gates.ts';

/** y [rows, G] = x [rows, columns] · weightsᵀ + b, all pointers; `free` floats as many as x has; `panels` of the packed weights. */
export type Product = (
  io: Io,
  rows: number,
  G: number,
  columns: number,
  x: number,
  weights: number,
  b: number,
  y: number,
  ready: number,
  panels: number,
  scales: number,
  free: number,
) => void;

/**
 * T steps of a cell with any of ONNX's options: products by the kernels, gates step by step. `length(n)`: the steps of
 * row n; a row keeps its state, and its output is 0, beyond them.
 * @param quantized products of x and h with weights that have scales, which are inputs 8 and 9: [D, G · H]
 */
export function generalCell(node: PlannedNode, cell: Cell, quantized?: Product): General {
  const { kind, T, N, I, H, bias, d, D } = cell;
  const usual = USUAL[kind];
  const gates = gatesOf(node, usual, D).slice(d * usual.length, (d + 1) * usual.length);
  const clip = node.has('clip') ? node.float('clip', 0) : Number.POSITIVE_INFINITY;
  const inputForget = node.int('input_forget', 0) === 1;
  const linearBeforeReset = node.int('linear_before_reset', 0) === 1;
  const peepholes = kind === 'LSTM' && Boolean(node.inputs[7]);
  const count = GATE_COUNTS[kind];
  const G = count * H;
  const parts = new Parts();
  const sum = parts.take(G);
  const pre = parts.take(T * N * G);
  const rec = parts.take(N * G);
  const part = parts.take(N * H);
  const reset = parts.take(N * H);
  const inputPanels = parts.take(linearWork(G, I) / 4);
  const panels = parts.take(linearWork(G, H) / 4);
  const newPanels = parts.take(linearWork(H, H) / 4);
  const eight = quantized ? parts.take(Math.max(T * N * I, N * H)) : 0;
  const gru = kind === 'GRU';
  const split = gru && !linearBeforeReset;

  // biases that are added to x's product: all but those of h in GRU's last gate, which the reset gate multiplies
  const inner = gru && linearBeforeReset;
  // what a run works on: its functions are made once, so that a run allocates nothing
  let io!: Io;
  let work = 0;
  const outGate = gates.at(-1)!;
  const F = (ptr: number) => ptr / 4;
  const linear = (
    rows: number,
    columns: number,
    from: number,
    weights: number,
    b: number,
    to: number,
    ready: number,
    memory: number,
    scales: number | undefined,
  ) => {
    if (!quantized) return io.kernels.linear_forward(rows, G, columns, from, weights, b, to, ready, memory);
    quantized(io, rows, G, columns, from, weights, b, to, ready, memory, scales!, work + eight);
  };
  const apply = (gate: Gate, n: number, ptr: number, limit = clip) => {
    const kindOf = gateKind(gate);
    if (kindOf >= 0) return io.kernels.vec_activate(kindOf, gate.alpha, gate.beta, limit, n, ptr, ptr, 0);
    const { f32 } = io;
    for (let i = F(ptr); i < F(ptr) + n; i++) {
      const v = Math.max(-limit, Math.min(limit, f32[i]!));
      f32[i] = v > gate.alpha ? v : 0;
    }
  };

  const run = (given: Io, at: CellMemory, length: (n: number) => number) => {
    io = given;
    work = at.work;
    const { kernels, f32 } = io;
    const { px } = io;
    const { x, h, c, y } = at;
    const w = px[1]! + 4 * d * G * I;
    const r = px[2]! + 4 * d * G * H;
    const b = bias ? px[3]! + 8 * d * G : 0;
    const p = peepholes ? px[7]! + 12 * d * H : 0;
    const wScale = quantized && px[8]! + 4 * d * G;
    const rScale = quantized && px[9]! + 4 * d * G;
    if (bias) {
      for (let i = 0; i < G; i++) {
        const both = !inner || i < 2 * H;
        f32[F(work + sum) + i] = f32[F(b) + i]! + (both ? f32[F(b) + G + i]! : 0);
      }
    }
    // ONNX Runtime quantizes the steps that rows have, and h with zeros in rows that have ended, as Y has them
    let steps = T;
    if (quantized) for (let n = (steps = 0); n < N; n++) steps = Math.max(steps, length(n));
    linear(steps * N, I, x, w, bias ? work + sum : 0, work + pre, 0, work + inputPanels, wScale);
    for (let t = 0; t < T; t++) {
      const product = split ? 2 * H : G;
      if (split) kernels.linear_forward(N, product, H, h, r, 0, work + rec, t ? 1 : 0, work + panels);
      else
        linear(
          N,
          H,
          t && quantized ? y + 4 * (t - 1) * N * H : h,
          r,
          0,
          work + rec,
          t ? 1 : 0,
          work + panels,
          rScale,
        );
      for (let n = 0; n < N; n++) {
        const row = work + pre + 4 * (t * N + n) * G;
        const own = F(work + rec) + n * product;
        const sums = inner ? 2 * H : product;
        for (let i = 0; i < sums; i++) f32[F(row) + i]! += f32[own + i]!;
        if (kind === 'LSTM') {
          if (p) for (let j = 0; j < H; j++) f32[F(row) + j]! += f32[F(p) + j]! * f32[F(c) + n * H + j]!;
          if (p)
            for (let j = 0; j < H; j++)
              f32[F(row) + 2 * H + j]! += f32[F(p) + 2 * H + j]! * f32[F(c) + n * H + j]!;
          apply(gates[0]!, H, row);
          apply(gates[0]!, H, row + 8 * H);
          apply(gates[1]!, H, row + 12 * H);
        } else if (gru) {
          apply(gates[0]!, 2 * H, row);
          for (let j = 0; j < H; j++) {
            const r1 = f32[F(row) + H + j]!;
            if (split) f32[F(work + reset) + n * H + j] = r1 * f32[F(h) + n * H + j]!;
            else
              f32[F(row) + 2 * H + j]! +=
                r1 * (f32[own + 2 * H + j]! + (bias ? f32[F(b) + G + 2 * H + j]! : 0));
          }
        } else apply(gates[0]!, H, row);
      }
      if (split) {
        kernels.linear_forward(
          N,
          H,
          H,
          work + reset,
          r + 8 * H * H,
          0,
          work + part,
          t ? 1 : 0,
          work + newPanels,
        );
      }
      for (let n = 0; n < N; n++) {
        const live = t < length(n);
        const out = F(y) + (t * N + n) * H;
        const state = F(h) + n * H;
        if (!live) {
          f32.fill(0, out, out + H);
          continue;
        }
        const a = F(work + pre) + (t * N + n) * G;
        if (kind === 'RNN') f32.copyWithin(out, a, a + H);
        else if (gru) {
          if (split) for (let j = 0; j < H; j++) f32[a + 2 * H + j]! += f32[F(work + part) + n * H + j]!;
          apply(gates[1]!, H, 4 * (a + 2 * H));
          for (let j = 0; j < H; j++) {
            const z = f32[a + j]!;
            f32[out + j] = (1 - z) * f32[a + 2 * H + j]! + z * f32[state + j]!;
          }
        } else {
          const cells = F(c) + n * H;
          for (let j = 0; j < H; j++) {
            const i = f32[a + j]!;
            const f = inputForget ? 1 - i : f32[a + 2 * H + j]!;
            const next = f * f32[cells + j]! + i * f32[a + 3 * H + j]!;
            f32[cells + j] = next;
            f32[out + j] = next;
            if (p) f32[a + H + j]! += f32[F(p) + H + j]! * next;
          }
          apply(gates[0]!, H, 4 * (a + H));
          // ONNX clips what the gates take, not c
          apply(outGate, H, 4 * out, Number.POSITIVE_INFINITY);
          for (let j = 0; j < H; j++) f32[out + j]! *= f32[a + H + j]!;
        }
        f32.copyWithin(state, out, out + H);
      }
    }
  };
  return { bytes: parts.bytes, run };
}
