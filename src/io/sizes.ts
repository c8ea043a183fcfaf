/** Longest header, in bytes: `MAX_HEADER_SIZE` of huggingface/safetensors, safetensors/src/tensor.rs. */
export const MAX_HEADER = 100_000_000;

/**
 * Product of safe non-negative integers (1 for none), or -1 if it, or that of the first ones, is 2^53 or more: a product
 * below 2^53 is exact, and a larger one can't round to below 2^53.
 */
export function elements(shape: readonly number[]): number {
  return shape.reduce((count, size) => (count < 0 || count * size >= 2 ** 53 ? -1 : count * size), 1);
}
