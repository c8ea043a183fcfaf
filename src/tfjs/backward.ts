import { blockOf, type Kept, multiplySteps, setWork, workOf } from './forward.ts';
import type { Heap } from './heap.ts';
import type { Rows } from './rows.ts';
import type { Values } from './tf.ts';
import type { CellWeights } from './weights.ts';

/** Gradients of what a forward pass gave; undefined for zeros. */
export interface OutputGradients {
  readonly y: Values | undefined;
  readonly h: Values | undefined;
  readonly c: Values | undefined;
}

/** Gradients, as TF.js has the tensors: each is copied when it is asked for. */
export interface InputGradients {
  /** [B, T, I]. Only if `needsX` was given. */
  x(): Float32Array;
  /** [I, G], [H, G], [G] or [2, G]. */
  kernel(): Float32Array;
  recurrentKernel(): Float32Array;
  bias(): Float32Array;
  /** [B, H]. */
  h0(): Float32Array;
  c0(): Float32Array;
  release(): void;
}

/** Backpropagation through a forward pass, whose memory it overwrites. needsX: whether the input's gradient is wanted. */
export function backward(
  heap: Heap,
  weights: CellWeights,
  rows: Rows,
  kept: Kept,
  dy: OutputGradients,
  needsX: boolean,
): InputGradients {
  const { I, H, G, family } = weights;
  const { B, T, count: N } = rows;
  const { arena } = heap;
  const { kernels } = arena;
  const hasC = family.kind.states.c !== undefined;
  const work = workOf(weights, rows, true);
  const biases = weights.stateBias ? 2 : weights.bias ? 1 : 0;
  const { at, block, bytes } = blockOf(heap, {
    // dh0 and dc0, dx and the weights' gradients in TF.js's order
    raw: Math.max(B * T * Math.max(dy.y ? H : 0, needsX ? I : 0), B * H, I * G, H * G),
    steps: (B + N) * H,
    dh: B * H,
    dc: hasC ? B * H : 0,
    dx: needsX ? N * I : 0,
    dwIh: G * I,
    dwHh: G * H,
    db: biases * G,
    work: work.bytes / 4,
  });
  const clear = (ptr: number, floats: number) => arena.f32.fill(0, ptr / 4, ptr / 4 + floats);
  const state = (values: Values | undefined, to: number) => {
    if (!values) return clear(to, B * H);
    const from = rows.orderAt ? at.raw : to;
    arena.f32.set(values, from / 4);
    if (rows.orderAt) kernels.gather_rows(B, H, at.raw, rows.orderAt, to);
  };

  // an output that was repeated gives its gradient to the step it comes from, or to the initial state
  const first = at.steps + B * H * 4;
  if (dy.y) {
    clear(at.steps, rows.outputAt ? (B + N) * H : B * H);
    arena.f32.set(dy.y, (rows.outputAt ? at.raw : first) / 4);
    if (rows.outputAt) kernels.scatter_add_rows(B * T, H, at.raw, rows.outputAt, at.steps);
  }
  state(dy.h, at.dh);
  if (hasC) state(dy.c, at.dc);
  clear(at.dwIh, G * I);
  clear(at.dwHh, G * H);
  clear(at.db, biases * G);

  const { descriptor } = kept;
  setWork(descriptor, work.at, at.work);
  descriptor.setAll({
    dwIh: at.dwIh,
    dwHh: at.dwHh,
    dbIh: at.db,
    dbHh: weights.stateBias ? at.db + G * 4 : 0,
    dy: dy.y ? first : 0,
    dh: at.dh,
    dc: at.dc,
    dx: at.dx,
  });
  if (N > 0) kernels.configurable_backward(descriptor.write());
  if (dy.y) kernels.vec_add(B * H, at.dh, at.steps, at.dh);
  if (needsX && kept.inputMask) multiplySteps(heap, rows, I, kept.inputMask, at.dx);

  const read = (ptr: number, floats: number) => arena.read({ ptr, length: floats });
  const weight = (dw: number, n: number) => {
    for (const [ours, theirs] of family.blocks.entries()) {
      kernels.transpose(H, n, dw + ours * H * n * 4, n, at.raw + theirs * H * 4, G);
    }
    return read(at.raw, n * G);
  };
  const initial = (from: number) => {
    if (rows.rankAt) kernels.gather_rows(B, H, from, rows.rankAt, at.raw);
    return read(rows.rankAt ? at.raw : from, B * H);
  };
  return {
    x: () => {
      if (!rows.inputAt) return read(at.dx, B * T * I);
      clear(at.raw, B * T * I);
      kernels.scatter_add_rows(N, I, at.dx, rows.inputAt, at.raw);
      return read(at.raw, B * T * I);
    },
    kernel: () => weight(at.dwIh, I),
    recurrentKernel: () => weight(at.dwHh, H),
    bias: () => {
      const values = read(at.db, biases * G);
      const ordered = new Float32Array(biases * G);
      for (let from = 0; from < ordered.length; from += G) {
        for (const [ours, theirs] of family.blocks.entries()) {
          ordered.set(values.subarray(from + ours * H, from + (ours + 1) * H), from + theirs * H);
        }
      }
      return ordered;
    },
    h0: () => initial(at.dh),
    c0: () => initial(at.dc),
    release: () => heap.release(block, bytes),
  };
}
