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

/** The first index of the largest of x[n], n >= 1; NaN counts as smaller than any number. */
export function index_of_max(n: i32, x: usize): i32 {
  let best = 0;
  let largest: f32 = -Infinity;
  for (let i = 0; i < n; i++, x += 4) {
    const v = load<f32>(x);
    if (v > largest) {
      largest = v;
      best = i;
    }
  }
  return best;
}
