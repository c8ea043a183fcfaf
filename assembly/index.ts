// Every kernel: all that the builds for `unrolled` and `unrolled/kernels` export.
export * from './core';
export { sgemm_nn, sgemm_nt, sgemm_tn } from './gemm/sgemm';
export { sgemv_n, sgemv_t } from './gemm/sgemv';
export { vec_activate } from './math/activation';
export { vec_exp, vec_sigmoid, vec_tanh } from './math/array';
export { vec_add, vec_axpy, vec_mul } from './vec/elementwise';
export { add_column_sums, add_column_sums2, vec_dot, vec_max, vec_sum } from './vec/reduce';
export { zoneout, zoneout_backward, zoneout_mean } from './vec/dropout';
export { layer_norm, layer_norm_backward } from './vec/layer_norm';
export { count_outside, find_nonfinite } from './vec/check';
export { scan_backward, scan_forward, scan_forward_train } from './scan/scan';
export { huber } from './loss/huber';
export { lion_step } from './optim/lion';
export { slstm_backward, slstm_forward, slstm_forward_train } from './sequence/slstm';
export { configurable_backward } from './configurable/backward';
export { configurable_forward } from './configurable/forward';
