// What models call to infer: all that the builds for `unrolled/inference` export.
export { linear_forward } from './gemm/linear';
export { vec_scale } from './vec/elementwise';
export { find_bad_index, gather_rows, move_rows } from './vec/byIndex';
export { random_fill } from './vec/random';
export { gru_forward, lstm_forward, rnn_forward } from './sequence/forward';
export { log_sum_exp, softmax_rows } from './loss/cross_entropy';
export { index_of_max, sample_index } from './loss/sample';
export { is_relaxed } from './build';
