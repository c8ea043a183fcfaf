/** What models call to infer: all that the builds for `unrolled/inference` export. */
export const INFERENCE_NAMES = [
  'linear_forward',
  'find_bad_index',
  'gather_rows',
  'rnn_forward',
  'lstm_forward',
  'gru_forward',
  'variant_forward',
  'scan_forward',
  'move_rows',
  'vec_scale',
  'softmax_rows',
  'log_sum_exp',
  'index_of_max',
  'sample_index',
  'is_relaxed',
] as const;

/**
 * Signatures of the kernels (assembly/index.ts): every pointer is a byte offset into the memory, every leading
 * dimension counts floats, every flag is 0 or 1. Shapes and preconditions stand beside each kernel's source.
 * The build checks that the binaries export exactly these names.
 */
export const KERNEL_NAMES = [
  'sgemm_nn',
  'sgemm_nt',
  'sgemm_tn',
  'sgemv_n',
  'sgemv_t',
  'linear_backward',
  'vec_activate',
  'vec_exp',
  'vec_sigmoid',
  'vec_tanh',
  'vec_add',
  'vec_axpy',
  'vec_clamp',
  'vec_fill',
  'vec_mul',
  'add_column_sums',
  'add_column_sums2',
  'vec_dot',
  'vec_max',
  'vec_sum',
  'vec_sum_squares',
  'scatter_add_rows',
  'dropout',
  'last_rows',
  'dropout_steps',
  'zoneout',
  'zoneout_backward',
  'zoneout_mean',
  'layer_norm',
  'layer_norm_backward',
  'count_outside',
  'find_nonfinite',
  'rnn_forward_train',
  'rnn_backward',
  'lstm_forward_train',
  'lstm_backward',
  'gru_forward_train',
  'gru_backward',
  'variant_backward',
  'scan_forward_train',
  'scan_backward',
  'cross_entropy',
  'mse',
  'bce_with_logits',
  'sgd_step',
  'adam_step',
  'rmsprop_step',
  'adagrad_step',
  ...INFERENCE_NAMES,
] as const;

export type KernelName = (typeof KERNEL_NAMES)[number];

/** The kernels of one instance: numbers in, a number (or nothing) out. */
export type Kernels = Record<KernelName, (...args: number[]) => number>;
