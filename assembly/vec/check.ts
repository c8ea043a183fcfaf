import { loadLanes, loadTail } from '../simd';

/** The first i in 0..n−1 where x[i] is NaN or ±Inf, or −1. */
export function find_nonfinite(n: i32, x: usize): i32 {
  const exponent = i32x4.splat(0x7f800000);
  let i = 0;
  for (; i <= n - 4; i += 4, x += 16) {
    const bad = i32x4.eq(v128.and(v128.load(x), exponent), exponent);
    if (v128.any_true(bad)) return i + ctz(i32x4.bitmask(bad));
  }
  if (i < n) {
    const bad = i32x4.eq(v128.and(loadTail(x, n - i), exponent), exponent);
    if (v128.any_true(bad)) return i + ctz(i32x4.bitmask(bad));
  }
  return -1;
}

/** How many of the values x[m, n] are below low or above high; NaN counts. ldx floats from row to row. */
export function count_outside(m: i32, n: i32, x: usize, ldx: i32, low: f32, high: f32): i32 {
  assert(ldx >= n, 'count_outside: the leading dimension is below its row');
  const least = f32x4.splat(low);
  const most = f32x4.splat(high);
  let inside = 0;
  for (let row = 0; row < m; row++, x += (<usize>ldx) << 2) {
    for (let i = 0; i < n; i += 4) {
      const lanes = min(n - i, 4);
      const v = loadLanes(x + ((<usize>i) << 2), lanes);
      const mask = i32x4.bitmask(v128.and(f32x4.ge(v, least), f32x4.le(v, most)));
      inside += popcnt(mask & ((1 << lanes) - 1));
    }
  }
  return m * n - inside;
}
