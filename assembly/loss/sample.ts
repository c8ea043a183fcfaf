/** The first i with p[0] + … + p[i] > u · Σ p, for weights p[n] >= 0 and u in [0, 1); n − 1 if rounding passes them all. */
export function sample_index(n: i32, p: usize, u: f64): i32 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) sum += <f64>load<f32>(p + ((<usize>i) << 2));
  let left = u * sum;
  for (let i = 0; i < n; i++, p += 4) {
    left -= <f64>load<f32>(p);
    if (left < 0) return i;
  }
  return n - 1;
}
