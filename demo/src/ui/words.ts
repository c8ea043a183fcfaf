/** Three digits. */
export function short(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(3) : String(value);
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
