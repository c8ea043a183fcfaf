import { CORE_NAMES } from './coreExports.ts';

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
  'vec_activate',
  'vec_exp',
  'vec_sigmoid',
  'vec_tanh',
  'vec_add',
  'vec_axpy',
  'vec_fill',
  'vec_mul',
  'add_column_sums',
  'add_column_sums2',
  'vec_dot',
  'vec_max',
  'vec_sum',
  'zoneout',
  'zoneout_backward',
  'zoneout_mean',
  'layer_norm',
  'layer_norm_backward',
  'count_outside',
  'find_nonfinite',
  'configurable_forward',
  'configurable_backward',
  'scan_forward',
  'scan_forward_train',
  'scan_backward',
  ...CORE_NAMES,
] as const;

export type KernelName = (typeof KERNEL_NAMES)[number];

/** The kernels of one instance: numbers in, a number (or nothing) out. */
export type Kernels = Record<KernelName, (...args: number[]) => number>;
