/** Steps and rows of the batches. */
export const [T, B] = [6, 3];

export const sequence = (size: number, steps = T) => ({
  data: Float32Array.from({ length: steps * B * size }, (_, i) => Math.sin(i * 1.7) * 2),
  shape: [steps, B, size],
});

export const tokens = { data: Int32Array.from({ length: T * B }, (_, i) => (i * 7) % 11), shape: [T, B] };

/** Σ (a − b)² / Σ a². */
export function esr(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [error, signal] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    error += (a[i]! - b[i]!) ** 2;
    signal += a[i]! ** 2;
  }
  return error / signal;
}
