import type { Recurrence } from '../wasm/generated/structs.ts';
import { type Exchange, type Opened, written } from './exchange.ts';
import { type Kept, multiplySteps, runWithWork, workOf } from './forward.ts';
import { blockOf, type Heap } from './heap.ts';
import type { Rows } from './rows.ts';
import type { TensorInfo } from './tf.ts';
import type { CellWeights } from './weights.ts';

/** Gradients of what a forward pass gave; undefined for zeros. */
export interface OutputGradients {
  readonly y?: TensorInfo | undefined;
  readonly h?: TensorInfo | undefined;
  readonly c?: TensorInfo | undefined;
}

/** Gradients, as TF.js has the tensors: each is written when it is asked for. */
export interface InputGradients {
  /** [B, T, I]. Only if `needsX` was given. */
  x(): TensorInfo;
  /** [I, G], [H, G], [G] or [2, G]. */
  kernel(): TensorInfo;
  recurrentKernel(): TensorInfo;
  bias(): TensorInfo;
  /** [B, H]. */
  h0(): TensorInfo;
  c0(): TensorInfo;
  release(): void;
}

/** Backpropagation through a forward pass, whose memory it overwrites. needsX: whether the input's gradient is wanted. */
export function backward(
  heap: Heap,
  exchange: Exchange,
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
  const { bIh, bHh } = weights.parameters;
  const biases = bHh ? 2 : bIh ? 1 : 0;
  // what fields of the descriptor point to: those before `end` start from 0; and the gradients by step
  const block = blockOf(heap, {
    dh: B * H,
    dc: family.kind.states.c ? B * H : 0,
    dwIh: G * I,
    dwHh: G * H,
    dbIh: biases * G,
    end: 1,
    steps: dy.y && rows.outputAt ? (B + N) * H : 0,
    dx: needsX ? N * I : 0,
  } satisfies Partial<Record<'end' | 'steps' | keyof typeof Recurrence, number>>);
  const { release } = block;
  const { end, steps: stepsAt, ...at } = block.at;
  const opened: Opened[] = [];
  const open = (tensor: TensorInfo) => {
    const each = exchange.open(tensor);
    opened.push(each);
    return each.ptr;
  };
  const state = (tensor: TensorInfo | undefined, to: number) => {
    if (tensor) heap.gather(B, H, open(tensor), rows.orderAt, to);
  };

  try {
    // an output that was repeated gives its gradient to the step it comes from, or to the initial state
    let dyAt = dy.y ? open(dy.y) : 0;
    if (stepsAt) {
      const steps = stepsAt + B * H * 4;
      if (rows.isPlain) heap.gather(N, H, dyAt, rows.inputAt, steps);
      else {
        heap.clear(stepsAt, (B + N) * H);
        kernels.scatter_add_rows(B * T, H, dyAt, rows.outputAt, stepsAt);
      }
      dyAt = steps;
    }
    heap.clear(at.dh, (end - at.dh) / 4);
    state(dy.h, at.dh);
    state(dy.c, at.dc);

    const { descriptor } = kept;
    descriptor.setAll(at);
    descriptor.setAll({ dbHh: bHh ? at.dbIh + G * 4 : 0, dy: dyAt });
    if (N > 0) runWithWork(heap, descriptor, workOf(weights, rows, true), {}, kernels.configurable_backward);
    if (stepsAt && !rows.isPlain) kernels.vec_add(B * H, at.dh, stepsAt, at.dh);
    if (needsX && kept.inputMask) multiplySteps(heap, rows, I, kept.inputMask, at.dx);
  } catch (error) {
    release();
    throw error;
  } finally {
    for (const { close } of opened) close();
  }

  const width = G / family.blocks.length;
  /** From ours [G, n], or [n, G] where there is an index, to theirs [n, G]. */
  const put = (n: number, from: number, to: number, index = 0) => {
    for (const [ours, theirs] of family.blocks.entries()) {
      const block = ours * width * 4;
      const place = to + theirs * width * 4;
      if (index) kernels.move_rows(n, width, from + block, G, 0, place, G, 0);
      else kernels.transpose(width, n, from + block * n, n, place, G);
    }
  };
  const weight = (dw: number, n: number, index = 0) =>
    written(exchange, [n, G], (ptr) => put(n, dw, ptr, index));
  const initial = (from: number) =>
    written(exchange, [B, H], (ptr) => heap.gather(B, H, from, rows.rankAt, ptr));
  return {
    x: () =>
      written(exchange, [B, T, I], (ptr) => {
        if (rows.inputAt) {
          heap.clear(ptr, B * T * I);
          kernels.scatter_add_rows(N, I, at.dx, rows.inputAt, ptr);
        } else heap.copy(at.dx, ptr, N * I);
      }),
    kernel: () => weight(at.dwIh, I, kept.index),
    recurrentKernel: () => weight(at.dwHh, H),
    bias: () =>
      written(exchange, biases === 2 ? [2, G] : [G], (ptr) => {
        for (let bytes = 0; bytes < biases * G * 4; bytes += G * 4) put(1, at.dbIh + bytes, ptr + bytes);
      }),
    h0: () => initial(at.dh),
    c0: () => initial(at.dc),
    release,
  };
}
