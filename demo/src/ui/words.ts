/** Three digits. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (size >= 1000 && size < 9999.5) return value.toFixed(0);
  return size && (size < 0.001 || size >= 1000) ? value.toExponential(2) : value.toPrecision(3);
}

/** How many times as fast. */
export function times(value: number): string {
  return `${value >= 9.995 ? Math.round(value) : value.toFixed(2)} ×`;
}

/** Of things a second. */
export function rate(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded.toLocaleString('en', { maximumFractionDigits: 0 });
}

export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** As wide as what these functions give at most. */
export const LONGEST = {
  short: '1.00e-10',
  times: '9.99 ×',
  rate: '99,900,000',
  duration: '999 min 59 s',
} as const;

/** Bytes in kB or MB. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
