// What models of torch.nn's plain cells call to train, too: all that the builds for `unrolled/core` export.
export * from './inference';
export { linear_backward } from './gemm/linear';
export { vec_clamp, vec_fill } from './vec/elementwise';
export { vec_sum_squares } from './vec/reduce';
export { last_rows } from './sequence/ragged';
export { scatter_add_rows } from './vec/byIndex';
export { dropout, dropout_steps } from './vec/dropout';
export { cross_entropy } from './loss/cross_entropy';
export { mse } from './loss/mse';
export { bce_with_logits } from './loss/bce';
export { sgd_step } from './optim/sgd';
export { adam_step } from './optim/adam';
export { rmsprop_step } from './optim/rmsprop';
export { adagrad_step } from './optim/adagrad';
export { gru_forward_train, lstm_forward_train, rnn_forward_train } from './sequence/forward';
export { gru_backward, lstm_backward, rnn_backward } from './sequence/backward';
