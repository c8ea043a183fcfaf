/**
 * base^exponent of a base of at least 1, from + − × ÷ alone: the same bits on every engine, which Math.pow does not
 * promise. Relative error below 1e-13 for results up to 1e100.
 */
export function power(base: number, exponent: number): number {
  return exp(exponent * ln(base));
}

/** x >= 1 is m·2^e with m in (√½, √2]: ln x = e·ln2 + 2·atanh((m − 1)/(m + 1)), series to s^21. */
function ln(x: number): number {
  let e = 0;
  let m = x;
  for (; m > Math.SQRT2; m /= 2) e++;
  const s = (m - 1) / (m + 1);
  let sum = 0;
  for (let n = 21; n >= 1; n -= 2) sum = sum * s * s + 1 / n;
  return e * Math.LN2 + 2 * s * sum;
}

/** e^x = 2^k·e^r with |r| <= ½·ln2, series to r^16; the time it takes grows with |x|. */
export function exp(x: number): number {
  const k = Math.round(x / Math.LN2);
  const r = x - k * Math.LN2;
  let value = 1;
  for (let n = 16; n >= 1; n--) value = 1 + (value * r) / n;
  for (let i = 0; i < Math.abs(k); i++) value = k > 0 ? value * 2 : value / 2;
  return value;
}
