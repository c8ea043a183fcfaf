import { loadTail, storeTail } from '../simd';
import { isShared, meet, share, start } from '../team';

// A packed operand B[k, n] is n/8 panels, each k rows of 8 neighbouring columns, 32 bytes per row, one after
// the other. The last panel is filled up with zeros:
//
//   panel 0: b(0, 0..7) b(1, 0..7) … b(k−1, 0..7)   panel 1: b(0, 8..15) …

/** Bytes of B[k, n] packed. */
// @ts-ignore: decorator
@inline
export function packedBytes(k: i32, n: i32): usize {
  return <usize>k * (((<usize>n + 7) >> 3) << 5);
}

/** Packs B[k, n], row p at b + p·ldb bytes, into panels psB bytes apart at out. */
export function packN(k: i32, n: i32, b: usize, ldb: usize, out: usize, psB: usize): void {
  if (isShared()) {
    n = share(n, 8);
    b += start << 2;
    out += (start >> 3) * psB;
  }
  for (; n > 0; n -= 8, b += 32, out += psB) {
    let from = b;
    let to = out;
    const end = out + ((<usize>k) << 5);
    if (n >= 8) {
      for (; to < end; to += 32, from += ldb) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
      }
    } else {
      const left = min(n, 4);
      const right = n - 4;
      for (; to < end; to += 32, from += ldb) {
        v128.store(to, left == 4 ? v128.load(from) : loadTail(from, left));
        v128.store(to, right > 0 ? loadTail(from + 16, right) : f32x4.splat(0), 16);
      }
    }
  }
  meet();
}

/** Packs Bᵀ for B[n, k], row j at b + j·ldb bytes, into panels psB bytes apart at out. */
export function packT(k: i32, n: i32, b: usize, ldb: usize, out: usize, psB: usize): void {
  if (isShared()) {
    n = share(n, 8);
    b += start * ldb;
    out += (start >> 3) * psB;
  }
  for (; n > 0; n -= 8, b += ldb << 3, out += psB) {
    packT4(k, min(n, 4), b, ldb, out);
    packT4(k, min(n - 4, 4), b + (ldb << 2), ldb, out + 16);
  }
  meet();
}

/** Four columns of a panel: rows 0..n−1 of b, n in −3..4, become its columns; the others are zeros. */
function packT4(k: i32, n: i32, b: usize, ldb: usize, out: usize): void {
  if (n == 4) {
    const b1 = b + ldb;
    const b2 = b1 + ldb;
    const b3 = b2 + ldb;
    let p: usize = 0;
    const whole = (<usize>k & ~3) << 2;
    for (; p < whole; p += 16, out += 128) {
      const r0 = v128.load(b + p);
      const r1 = v128.load(b1 + p);
      const r2 = v128.load(b2 + p);
      const r3 = v128.load(b3 + p);
      const t0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
      const t1 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
      const t2 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
      const t3 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
      v128.store(out, v128.shuffle<i64>(t0, t1, 0, 2));
      v128.store(out, v128.shuffle<i64>(t0, t1, 1, 3), 32);
      v128.store(out, v128.shuffle<i64>(t2, t3, 0, 2), 64);
      v128.store(out, v128.shuffle<i64>(t2, t3, 1, 3), 96);
    }
    for (const end = (<usize>k) << 2; p < end; p += 4, out += 32) {
      store<f32>(out, load<f32>(b + p));
      store<f32>(out, load<f32>(b1 + p), 4);
      store<f32>(out, load<f32>(b2 + p), 8);
      store<f32>(out, load<f32>(b3 + p), 12);
    }
    return;
  }
  for (const end = b + ((<usize>k) << 2); b < end; b += 4, out += 32) {
    v128.store(out, f32x4.splat(0));
    for (let j = 0; j < n; j++) store<f32>(out + ((<usize>j) << 2), load<f32>(b + <usize>j * ldb));
  }
}

/**
 * Copies A[k, m], row p at a + p·lda bytes, to rows of m floats one after the other at out. Threads that run it together
 * each make all of the copy: it is made where m is small.
 */
export function packRows(k: i32, m: i32, a: usize, lda: usize, out: usize): void {
  const whole = (<usize>m & ~3) << 2;
  const tail = m & 3;
  for (; k > 0; k--, a += lda) {
    for (let x: usize = 0; x < whole; x += 16, out += 16) v128.store(out, v128.load(a + x));
    if (tail) {
      storeTail(out, loadTail(a + whole, tail), tail);
      out += (<usize>tail) << 2;
    }
  }
}
