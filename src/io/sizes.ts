import { checkedProduct } from './dtype.ts';

/** Longest header, in bytes: `MAX_HEADER_SIZE` of huggingface/safetensors, safetensors/src/tensor.rs. */
export const MAX_HEADER = 100_000_000;

/** Product of the shape (1 for a scalar), or -1 if it is 2^53 or more. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((count, size) => (count < 0 ? -1 : checkedProduct(count, size)), 1);
}
