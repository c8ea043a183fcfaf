import { hmax } from '../simd';

/** The largest of x[n], n >= 1; NaN if any is NaN. */
export function vec_max(n: i32, x: usize): f32 {
  let m = v128.load32_splat(x);
  let k = m;
  for (; n >= 8; n -= 8, x += 32) {
    m = f32x4.max(m, v128.load(x));
    k = f32x4.max(k, v128.load(x, 16));
  }
  m = f32x4.max(m, k);
  if (n >= 4) {
    m = f32x4.max(m, v128.load(x));
    n -= 4;
    x += 16;
  }
  for (; n > 0; n--, x += 4) m = f32x4.max(m, v128.load32_splat(x));
  return hmax(m);
}
