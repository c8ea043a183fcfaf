import { madd } from '../simd';

/**
 * C[1, 32] = init + a·B over four neighbouring panels of 8 columns, summed in the order of k. Eight accumulators, so
 * that the latency of an addition is hidden.
 * a: element p at a + p·csA. b: row p of panel q at b + p·rsB + q·psB. init: 32 floats. Strides in
 * bytes. init may be c.
 */
export function tile1x32(
  k: i32,
  a: usize, csA: usize,
  b: usize, rsB: usize, psB: usize,
  init: usize, c: usize,
): void {
  // as in the tiles (scripts/gemm-tiles.mjs): no counter, pointers move before their loads
  const end = b + <usize>(k - 1) * rsB;
  a -= csA;
  b -= rsB;
  let b1 = b + psB;
  let b2 = b1 + psB;
  let b3 = b2 + psB;
  let c0 = v128.load(init); let c1 = v128.load(init, 16); let c2 = v128.load(init, 32); let c3 = v128.load(init, 48);
  let c4 = v128.load(init, 64); let c5 = v128.load(init, 80); let c6 = v128.load(init, 96); let c7 = v128.load(init, 112);
  while (b != end) {
    a += csA;
    b += rsB;
    b1 += rsB;
    b2 += rsB;
    b3 += rsB;
    const s = v128.load32_splat(a);
    c0 = madd(s, v128.load(b), c0);
    c1 = madd(s, v128.load(b, 16), c1);
    c2 = madd(s, v128.load(b1), c2);
    c3 = madd(s, v128.load(b1, 16), c3);
    c4 = madd(s, v128.load(b2), c4);
    c5 = madd(s, v128.load(b2, 16), c5);
    c6 = madd(s, v128.load(b3), c6);
    c7 = madd(s, v128.load(b3, 16), c7);
  }
  v128.store(c, c0); v128.store(c, c1, 16); v128.store(c, c2, 32); v128.store(c, c3, 48);
  v128.store(c, c4, 64); v128.store(c, c5, 80); v128.store(c, c6, 96); v128.store(c, c7, 112);
}
