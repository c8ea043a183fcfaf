import { backwardWork, gruWork } from '../../memory/workspace.ts';
import { defineCell } from '../recurrent/defineCell.ts';
import { gatesInOrder } from '../recurrent/gateTraces.ts';
import { torchParameters } from './torch.ts';

/** torch.nn's GRU without options: assembly/sequence/gru.ts, with gates in the order n r z q. */
export const gru = /* @__PURE__ */ defineCell({
  name: 'gru',
  states: { h: { output: true } },
  gates: /* @__PURE__ */ gatesInOrder({ r: 'sigmoid', z: 'sigmoid', n: 'tanh' }, { blocks: [1, 2, 0] }),
  parameters: (I: number, H: number) => torchParameters(3, I, H),
  kernel: 'gru_forward',
  takesTable: true,
  kept: (_, H) => 4 * H,
  work: gruWork,
  backwardWork: (rows, I, H, V) => backwardWork(3, rows, I, H, V),
  infer:
    ({ kernels, rows, I, H, V, x, index, w, states: { h }, output, gates, chunk, work }) =>
    (packed) => {
      // biome-ignore format: the order of the kernel's arguments
      kernels.gru_forward(
        rows.steps, rows.batch, I, H, V, rows.sizes,
        x.ptr, index.ptr, w.weight_ih, w.weight_hh, w.bias_ih, w.bias_hh,
        h.ptr, output.ptr, gates.ptr, chunk, packed, work.ptr,
      );
    },
  train:
    ({ kernels, rows, I, H, V, x, index, w, states: { h }, gates, work }) =>
    () => {
      // biome-ignore format: the order of the kernel's arguments
      kernels.gru_forward_train(
        rows.steps, rows.batch, I, H, V, rows.sizes,
        x.ptr, index.ptr, w.weight_ih, w.weight_hh, w.bias_ih, w.bias_hh,
        h.ptr, gates.ptr, work.ptr,
      );
    },
  backward:
    ({ kernels, rows, I, H, V, x, index, w, dw, states: { h }, dStates, gates, dTable, watch, work }) =>
    (dy, dx, finish) => {
      // biome-ignore format: the order of the kernel's arguments
      kernels.gru_backward(
        rows.steps, rows.batch, I, H, V, rows.sizes,
        x.ptr, index.ptr, w.weight_ih, w.weight_hh, h.ptr, gates.ptr,
        dy, dStates.h.ptr, dx, dw.weight_ih, dw.weight_hh, dw.bias_ih, dw.bias_hh,
        dTable, finish, watch(), work.ptr,
      );
    },
});
