/** Windows over the steps of one row, as `Conv1d` and the pooling layers place them. */
export interface WindowShape {
  size: number;
  stride: number;
  dilation: number;
  padding: 'same' | 'valid' | 'causal' | number;
}

/** For each window over a row of `length` steps the steps that it sees; those outside 0..length−1 are padding. */
export function windowsOf({ size, stride, dilation, padding }: WindowShape, length: number): number[][] {
  if (length === 0) return [];
  const span = (size - 1) * dilation;
  let left = 0;
  let right = 0;
  if (padding === 'same') {
    // as tf.nn.convolution
    const total = Math.max((Math.ceil(length / stride) - 1) * stride + span + 1 - length, 0);
    left = Math.floor(total / 2);
    right = total - left;
  } else if (padding === 'causal') left = span;
  else if (padding !== 'valid') left = right = padding;
  const windows = [];
  for (let first = -left; first + span < length + right; first += stride) {
    windows.push(Array.from({ length: size }, (_, j) => first + j * dilation));
  }
  return windows;
}
