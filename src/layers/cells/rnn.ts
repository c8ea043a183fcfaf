import { backwardWork, rnnWork } from '../../memory/workspace.ts';
import type { Cell } from '../recurrent/cell.ts';
import { defineCell } from '../recurrent/defineCell.ts';
import { gatesInOrder } from '../recurrent/gateTraces.ts';
import { torchParameters } from './torch.ts';

/** Elman's RNN with tanh or relu, without options: assembly/sequence/rnn.ts. */
export function rnn(nonlinearity: 'tanh' | 'relu'): Cell {
  const relu = nonlinearity === 'relu' ? 1 : 0;
  return defineCell({
    name: 'rnn',
    states: { h: { output: true } },
    gates: gatesInOrder({ h: nonlinearity }),
    parameters: (I: number, H: number) => torchParameters(1, I, H),
    kernel: 'rnn_forward',
    takesTable: true,
    kept: (_, H) => H,
    chunked: false,
    work: rnnWork,
    backwardWork: (rows, I, H, V) => backwardWork(1, rows, I, H, V),
    infer:
      ({ kernels, rows, I, H, V, x, index, w, states: { h }, output, work }) =>
      (packed) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.rnn_forward(
          rows.steps, rows.batch, I, H, V, rows.sizes, relu,
          x.ptr, index.ptr, w.weight_ih, w.weight_hh, w.bias_ih, w.bias_hh,
          h.ptr, output.ptr, packed, work.ptr,
        );
      },
    train:
      ({ kernels, rows, I, H, V, x, index, w, states: { h }, gates, work }) =>
      () => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.rnn_forward_train(
          rows.steps, rows.batch, I, H, V, rows.sizes, relu,
          x.ptr, index.ptr, w.weight_ih, w.weight_hh, w.bias_ih, w.bias_hh,
          h.ptr, gates.ptr, work.ptr,
        );
      },
    backward:
      ({ kernels, rows, I, H, V, x, index, w, dw, states: { h }, dStates, gates, dTable, watch, work }) =>
      (dy, dx, finish) => {
        // biome-ignore format: the order of the kernel's arguments
        kernels.rnn_backward(
          rows.steps, rows.batch, I, H, V, rows.sizes,
          x.ptr, index.ptr, w.weight_ih, w.weight_hh, h.ptr, gates.ptr,
          dy, dStates.h.ptr, dx, dw.weight_ih, dw.weight_hh, dw.bias_ih, dw.bias_hh,
          dTable, finish, watch(), work.ptr,
        );
      },
  });
}
