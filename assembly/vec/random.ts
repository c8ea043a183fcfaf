/** 2^-24. */
const UNIT: f64 = 1.0 / 16777216.0;

/**
 * out[n] = base + (sum − offset) · factor, in f64; sum: of `terms` draws in [0, 1), 1 to 127, the upper 24 bits of each next
 * number of xoshiro128** (Blackman & Vigna 2018), as src/init/generator.ts. state: u32 [4], advanced.
 */
export function random_fill(
  n: i32, terms: i32, offset: f64, factor: f64, base: f64, state: usize, out: usize,
): void {
  let s0 = load<u32>(state);
  let s1 = load<u32>(state, 4);
  let s2 = load<u32>(state, 8);
  let s3 = load<u32>(state, 12);
  for (; n > 0; n--, out += 4) {
    let sum: u32 = 0;
    for (let j = 0; j < terms; j++) {
      sum += (rotl<u32>(s1 * 5, 7) * 9) >>> 8;
      const shifted = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= shifted;
      s3 = rotl<u32>(s3, 11);
    }
    store<f32>(out, <f32>(base + (<f64>sum * UNIT - offset) * factor));
  }
  store<u32>(state, s0);
  store<u32>(state, s1, 4);
  store<u32>(state, s2, 8);
  store<u32>(state, s3, 12);
}
