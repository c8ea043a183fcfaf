/**
 * Natural logarithm of a positive normal f64, relative error below 1e-15; 0 gives −Inf, Inf gives Inf,
 * NaN and negative numbers NaN. Only + − × ÷, so the bits are the same on every engine.
 * ln x = e·ln2 + 2·atanh(s), s = (m − 1)/(m + 1), m in [√½, √2): |s| < 0.1716, series to s^21.
 */
export function log64(x: f64): f64 {
  if (!(x > 0)) return x == 0 ? -Infinity : NaN;
  if (x == Infinity) return x;
  const bits = reinterpret<u64>(x);
  let e = <i32>(bits >> 52) - 1023;
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    e++;
  }
  const s = (m - 1) / (m + 1);
  const q = s * s;
  let p: f64 = 1.0 / 21.0;
  p = p * q + 1.0 / 19.0;
  p = p * q + 1.0 / 17.0;
  p = p * q + 1.0 / 15.0;
  p = p * q + 1.0 / 13.0;
  p = p * q + 1.0 / 11.0;
  p = p * q + 1.0 / 9.0;
  p = p * q + 1.0 / 7.0;
  p = p * q + 1.0 / 5.0;
  p = p * q + 1.0 / 3.0;
  return <f64>e * 0.6931471805599453 + 2.0 * s * (1.0 + q * p);
}
