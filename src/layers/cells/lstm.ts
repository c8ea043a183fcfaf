import { backwardWork, lstmWork } from '../../memory/workspace.ts';
import { defineCell } from '../recurrent/defineCell.ts';
import { gatesInOrder } from '../recurrent/gateTraces.ts';
import { torchParameters } from './torch.ts';

/** torch.nn's LSTM without options: assembly/sequence/lstm.ts. */
export const lstm = /* @__PURE__ */ defineCell({
  name: 'lstm',
  states: { h: { output: true }, c: {} },
  gates: gatesInOrder({ i: 'sigmoid', f: 'sigmoid', g: 'tanh', o: 'sigmoid' }),
  parameters: (I: number, H: number) => torchParameters(4, I, H),
  kernel: 'lstm_forward',
  takesTable: true,
  kept: (_, H) => 4 * H,
  work: lstmWork,
  backwardWork: (rows, I, H, V) => backwardWork(4, rows, I, H, V),
  infer:
    ({ kernels, rows, I, H, V, x, index, w, states: { h, c }, output, gates, chunk, work }) =>
    (packed) => {
      // biome-ignore format: the order of the kernel's arguments
      kernels.lstm_forward(
        rows.steps, rows.batch, I, H, V, rows.sizes,
        x.ptr, index.ptr, w.weight_ih, w.weight_hh, w.bias_ih, w.bias_hh,
        h.ptr, c.ptr, output.ptr, gates.ptr, chunk, packed, work.ptr,
      );
    },
  train:
    ({ kernels, rows, I, H, V, x, index, w, states: { h, c }, gates, work }) =>
    () => {
      // biome-ignore format: the order of the kernel's arguments
      kernels.lstm_forward_train(
        rows.steps, rows.batch, I, H, V, rows.sizes,
        x.ptr, index.ptr, w.weight_ih, w.weight_hh, w.bias_ih, w.bias_hh,
        h.ptr, c.ptr, gates.ptr, work.ptr,
      );
    },
  backward:
    ({ kernels, rows, I, H, V, x, index, w, dw, states: { h, c }, dStates, gates, dTable, watch, work }) =>
    (dy, dx, finish) => {
      // biome-ignore format: the order of the kernel's arguments
      kernels.lstm_backward(
        rows.steps, rows.batch, I, H, V, rows.sizes,
        x.ptr, index.ptr, w.weight_ih, w.weight_hh, h.ptr, c.ptr, gates.ptr,
        dy, dStates.h.ptr, dStates.c.ptr, dx, dw.weight_ih, dw.weight_hh, dw.bias_ih, dw.bias_hh,
        dTable, finish, watch(), work.ptr,
      );
    },
});
