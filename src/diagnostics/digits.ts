/** Formats a number with `significant` digits: 0.83, 4.3e-5, 1.2e+6, 0, ∞. */
export function digits(x: number, significant = 2): string {
  if (x === 0) return '0';
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'NaN' : x < 0 ? '-∞' : '∞';
  const text = x.toExponential(significant - 1);
  const exponent = Number(text.slice(text.indexOf('e') + 1));
  if (exponent < -3 || exponent > 4) return text;
  return x.toFixed(Math.max(0, significant - 1 - exponent));
}
