/**
 * Σ over n targets y and k quantiles q of max(q·(y − x), (q − 1)·(y − x)) in f64 (Koenker & Bassett 1978), x [n, k].
 * dx [n, k], 0 to leave it out, may be x: scale · −q below y, scale · (1 − q) above, 0 where they are equal. NaN gives NaN.
 */
export function pinball(n: i32, k: i32, x: usize, y: usize, q: usize, scale: f32, dx: usize): f64 {
  let sum: f64 = 0;
  for (; n > 0; n--, y += 4) {
    const target = load<f32>(y);
    for (let j = 0; j < k; j++, x += 4) {
      const d = target - load<f32>(x);
      const level = load<f32>(q + ((<usize>j) << 2));
      sum += <f64>d * (d < 0 ? <f64>level - 1.0 : <f64>level);
      if (dx) {
        // d itself where it is 0 or NaN
        const slope: f32 = d > 0 ? -level : d < 0 ? <f32>1 - level : d;
        store<f32>(dx, slope * scale);
        dx += 4;
      }
    }
  }
  return sum;
}
