import { uniform } from '../../init/initializers.ts';
import { gemmWork, packed } from '../../memory/workspace.ts';
import { TILE_BYTES } from '../../wasm/generated/constants.ts';
import type { Cell } from '../recurrent/cell.ts';
import { defineCell } from '../recurrent/defineCell.ts';

/** Size of the packed W_hh: one product with one head, otherwise one per gate and head. */
function hidden(H: number, heads: number, forward: boolean): number {
  if (heads > 1) return 4 * heads * packed(H / heads, H / heads);
  return forward ? packed(H, 4 * H) : packed(4 * H, H);
}

/** Bytes of scratch memory of slstm_forward and slstm_forward_train. */
export function slstmWork(I: number, H: number, heads: number): number {
  return TILE_BYTES + packed(I, 4 * H) + hidden(H, heads, true);
}

/** Bytes of scratch memory of slstm_backward. */
export function slstmBackwardWork(rows: number, I: number, H: number, heads: number): number {
  return Math.max(
    TILE_BYTES + hidden(H, heads, false),
    heads > 1 ? gemmWork(H / heads, H / heads, rows) : gemmWork(4 * H, H, rows),
    gemmWork(4 * H, I, rows),
    gemmWork(rows, I, 4 * H),
  );
}

/** assembly/sequence/slstm.ts. heads: blocks of W_hh; exponential: f = e^a_f, else σ(a_f). */
export function slstm(heads: number, exponential: boolean): Cell {
  const flag = exponential ? 1 : 0;
  return defineCell({
    name: 'slstm',
    states: { h: { output: true }, c: {}, n: {}, m: { gradient: false } },
    gates: [
      { name: 'i', activation: 'identity', block: 0, weightBlock: 0 },
      {
        name: 'f',
        activation: exponential ? 'identity' : 'sigmoid',
        ofArguments: true,
        block: 1,
        weightBlock: 1,
      },
      { name: 'z', activation: 'tanh', block: 2, weightBlock: 2 },
      { name: 'o', activation: 'sigmoid', block: 3, weightBlock: 3 },
    ],
    parameters: (I: number, H: number) => {
      const init = uniform(1 / Math.sqrt(H));
      return {
        weight_ih: { shape: [4 * H, I], init },
        weight_hh: { shape: [4 * H, H / heads], init },
        bias_ih: { shape: [4 * H], init, isBias: true },
      };
    },
    kernel: 'slstm_forward',
    kept: (_, H) => 4 * H,
    work: (I, H) => slstmWork(I, H, heads),
    backwardWork: (rows, I, H) => slstmBackwardWork(rows, I, H, heads),
    infer:
      ({ kernels, rows, I, H, x, w, states: { h, c, n, m }, output, gates, chunk, work }) =>
      (isPacked) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.slstm_forward(
          rows.steps, rows.batch, I, H, heads, flag, rows.sizes, x.ptr, w.weight_ih, w.weight_hh, w.bias_ih,
          h.ptr, c.ptr, n.ptr, m.ptr, output.ptr, gates.ptr, chunk, isPacked, work.ptr,
        );
      },
    train:
      ({ kernels, rows, I, H, x, w, states: { h, c, n, m }, gates, work }) =>
      () => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.slstm_forward_train(
          rows.steps, rows.batch, I, H, heads, flag, rows.sizes, x.ptr, w.weight_ih, w.weight_hh, w.bias_ih,
          h.ptr, c.ptr, n.ptr, m.ptr, gates.ptr, work.ptr,
        );
      },
    backward:
      ({ kernels, rows, I, H, x, w, dw, states: { h, c, n, m }, dStates, gates, watch, work }) =>
      (dy, dx) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.slstm_backward(
          rows.steps, rows.batch, I, H, heads, flag, rows.sizes, x.ptr, w.weight_ih, w.weight_hh,
          h.ptr, c.ptr, n.ptr, m.ptr, gates.ptr,
          dy, dStates.h.ptr, dStates.c.ptr, dStates.n.ptr, dx,
          dw.weight_ih, dw.weight_hh, dw.bias_ih, watch(), work.ptr,
        );
      },
  });
}
