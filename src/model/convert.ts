import { type Tensor, toFloat32 } from '../io/dtype.ts';

/** A tensor of floats as F32; others are unchanged. */
export function convert(tensor: Tensor): Tensor {
  const { dtype, shape } = tensor;
  if (dtype !== 'F64' && dtype !== 'F16' && dtype !== 'BF16') return tensor;
  return { dtype: 'F32', shape, data: toFloat32(tensor) };
}
