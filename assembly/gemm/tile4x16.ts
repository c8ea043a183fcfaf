import { madd } from '../simd';

/**
 * C[4, 16] = init + A·B over two neighbouring panels of 8 columns, summed in the order of k, one accumulator an
 * element: for engines that merge neighbouring vectors into 256-bit ones (the others run out of registers).
 * a: element (i, p) at a + i·rsA + p·csA. b: row p of panel q at b + p·rsB + q·psB. init: row i at init + i·ldi. c: row i at c + i·ldc. Strides in bytes. init may be c.
 */
export function tile4x16(
  k: i32,
  a: usize, rsA: usize, csA: usize,
  b: usize, rsB: usize, psB: usize,
  init: usize, ldi: usize,
  c: usize, ldc: usize,
): void {
  let d = b + psB;
  let a0 = a;
  let a1 = a0 + rsA;
  let a2 = a1 + rsA;
  let a3 = a2 + rsA;
  let c00 = v128.load(init); let c01 = v128.load(init, 16); let c02 = v128.load(init, 32); let c03 = v128.load(init, 48);
  init += ldi;
  let c10 = v128.load(init); let c11 = v128.load(init, 16); let c12 = v128.load(init, 32); let c13 = v128.load(init, 48);
  init += ldi;
  let c20 = v128.load(init); let c21 = v128.load(init, 16); let c22 = v128.load(init, 32); let c23 = v128.load(init, 48);
  init += ldi;
  let c30 = v128.load(init); let c31 = v128.load(init, 16); let c32 = v128.load(init, 32); let c33 = v128.load(init, 48);
  for (; k > 0; k--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(d);
    const b3 = v128.load(d, 16);
    let s = v128.load32_splat(a0);
    c00 = madd(s, b0, c00); c01 = madd(s, b1, c01); c02 = madd(s, b2, c02); c03 = madd(s, b3, c03);
    a0 += csA;
    s = v128.load32_splat(a1);
    c10 = madd(s, b0, c10); c11 = madd(s, b1, c11); c12 = madd(s, b2, c12); c13 = madd(s, b3, c13);
    a1 += csA;
    s = v128.load32_splat(a2);
    c20 = madd(s, b0, c20); c21 = madd(s, b1, c21); c22 = madd(s, b2, c22); c23 = madd(s, b3, c23);
    a2 += csA;
    s = v128.load32_splat(a3);
    c30 = madd(s, b0, c30); c31 = madd(s, b1, c31); c32 = madd(s, b2, c32); c33 = madd(s, b3, c33);
    a3 += csA;
    b += rsB;
    d += rsB;
  }
  v128.store(c, c00); v128.store(c, c01, 16); v128.store(c, c02, 32); v128.store(c, c03, 48);
  c += ldc;
  v128.store(c, c10); v128.store(c, c11, 16); v128.store(c, c12, 32); v128.store(c, c13, 48);
  c += ldc;
  v128.store(c, c20); v128.store(c, c21, 16); v128.store(c, c22, 32); v128.store(c, c23, 48);
  c += ldc;
  v128.store(c, c30); v128.store(c, c31, 16); v128.store(c, c32, 32); v128.store(c, c33, 48);
}
