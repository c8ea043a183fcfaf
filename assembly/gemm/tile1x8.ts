import { madd } from '../simd';

/**
 * C[1, 8] = init + A·B, summed in the order of k, one accumulator an element.
 * a: element (i, p) at a + i·rsA + p·csA. b: row p at b + p·rsB, 8 floats. init: row i at init + i·ldi.
 * c: row i at c + i·ldc. Strides in bytes. init may be c.
 */
export function tile1x8(
  k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
): void {
  let a0 = a;
  let c00 = v128.load(init);
  let c01 = v128.load(init, 16);
  for (; k > 0; k--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load32_splat(a0);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    a0 += csA;
    b += rsB;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
}
