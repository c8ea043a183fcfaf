import { planeBytes } from './rows';

/** Y[m, k] = rows index[m] of W[n, k], packed (quant/linear.ts), as floats. */
export function quant_gather(m: i32, n: i32, k: i32, w: usize, index: usize, y: usize): void {
  const plane = planeBytes(k);
  const scales = w + <usize>((n + 7) & ~7) * plane;
  for (; m > 0; m--, index += 4) {
    const row = <usize>load<i32>(index);
    const s = load<f32>(scales + (row << 2));
    let at = w + (row >> 3) * (plane << 3) + ((row & 7) << 4);
    for (let j = 0; j < k; j += 16, at += 128) {
      for (let i = 0; i < min(16, k - j); i++, y += 4) store<f32>(y, <f32>load<i8>(at + <usize>i) * s);
    }
  }
}
