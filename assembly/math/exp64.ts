/**
 * e^x in f64 for x <= 0, relative error below 1e-15; 0 below −708, NaN for NaN. Only + − × ÷, so the bits are the same on
 * every engine. x = k·ln2 + r, |r| <= ln2/2 (ln2 in two parts, Cody & Waite), Taylor series of e^r to r^13.
 */
export function exp64(x: f64): f64 {
  if (x != x) return x;
  if (x < -708) return 0;
  const k = nearest<f64>(x * 1.4426950408889634);
  const r = x - k * 0.693147180369123816490 - k * 1.90821492927058770002e-10;
  let p: f64 = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return p * reinterpret<f64>(<u64>(<i64>k + 1023) << 52);
}
