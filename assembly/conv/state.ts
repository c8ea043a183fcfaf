import { Windows } from './windows';

// State of a causal convolution: the P = (taps − 1)·dilation steps before the first one, [B, P, I].

/** last = the P steps before the end of each row, those before its first one from `state`; last may be state. */
export function keepLast(d: Windows, I: i32, x: usize, state: usize, last: usize): void {
  const P = (d.taps - 1) * d.dilation;
  const bytes = (<usize>I) << 2;
  for (let b = 0; b < d.B; b++) {
    const L = load<i32>(d.lengths + ((<usize>b) << 2));
    const from = state + <usize>(b * P) * bytes;
    for (let p = 0; p < P; p++, last += bytes) {
      const s = L + p - P;
      if (s < 0) memory.copy(last, from + <usize>(L + p) * bytes, bytes);
      else memory.copy(last, x + <usize>(load<i32>(d.starts + ((<usize>s) << 2)) + b) * bytes, bytes);
    }
  }
}

/**
 * Backwards: dx, which holds zeros, is given the gradient of the steps that `keepLast` kept, and dstate that of the state
 * before the first step in place of that of the last one.
 */
export function spreadLast(d: Windows, I: i32, dx: usize, dstate: usize): void {
  const P = (d.taps - 1) * d.dilation;
  const bytes = (<usize>I) << 2;
  for (let b = 0; b < d.B; b++) {
    const L = load<i32>(d.lengths + ((<usize>b) << 2));
    const own = dstate + <usize>(b * P) * bytes;
    // step p − L of the last state was step p of the first one
    for (let p = P - 1; p >= 0; p--) {
      const s = L + p - P;
      const from = own + <usize>p * bytes;
      if (s >= 0) memory.copy(dx + <usize>(load<i32>(d.starts + ((<usize>s) << 2)) + b) * bytes, from, bytes);
    }
    for (let p = P - 1; p >= 0; p--) {
      const to = own + <usize>p * bytes;
      if (p >= L) memory.copy(to, own + <usize>(p - L) * bytes, bytes);
      else memory.fill(to, 0, bytes);
    }
  }
}
