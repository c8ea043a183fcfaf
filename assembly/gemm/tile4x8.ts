import { madd } from '../simd';

/**
 * C[4, 8] = init + A·B, summed in the order of k, one accumulator an element.
 * a: element (i, p) at a + i·rsA + p·csA. b: row p at b + p·rsB, 8 floats. init: row i at init + i·ldi.
 * c: row i at c + i·ldc. Strides in bytes. init may be c.
 */
export function tile4x8(
  k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
): void {
  let a0 = a;
  let a1 = a0 + rsA;
  let a2 = a1 + rsA;
  let a3 = a2 + rsA;
  let c00 = v128.load(init);
  let c01 = v128.load(init, 16);
  init += ldi;
  let c10 = v128.load(init);
  let c11 = v128.load(init, 16);
  init += ldi;
  let c20 = v128.load(init);
  let c21 = v128.load(init, 16);
  init += ldi;
  let c30 = v128.load(init);
  let c31 = v128.load(init, 16);
  for (; k > 0; k--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load32_splat(a0);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    a0 += csA;
    s = v128.load32_splat(a1);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    a1 += csA;
    s = v128.load32_splat(a2);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    a2 += csA;
    s = v128.load32_splat(a3);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    a3 += csA;
    b += rsB;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  c += ldc;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  c += ldc;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  c += ldc;
  v128.store(c, c30);
  v128.store(c, c31, 16);
}
