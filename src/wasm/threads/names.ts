import type { KernelCalls, KernelName } from '../generated/kernelCalls.ts';

/** Kernels that several threads can run together (assembly/team.ts). A kernel's number is its place here. */
export const NAMES = [
  'sgemm_nn',
  'sgemm_nt',
  'sgemm_tn',
  'linear_forward',
  'linear_backward',
  'rnn_forward',
  'rnn_forward_train',
  'rnn_backward',
  'lstm_forward',
  'lstm_forward_train',
  'lstm_backward',
  'gru_forward',
  'gru_forward_train',
  'gru_backward',
  'configurable_forward',
  'configurable_backward',
] as const satisfies readonly (KernelName & keyof KernelCalls)[];
