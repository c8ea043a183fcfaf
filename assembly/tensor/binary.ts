import { loadTail, storeTail } from '../simd';

// Kinds of tensor_binary; src/tfjs/backend/binary.ts has the same numbers.
const ADD: i32 = 0;
const SUBTRACT: i32 = 1;
const MULTIPLY: i32 = 2;
const DIVIDE: i32 = 3;
const MAXIMUM: i32 = 4;
const MINIMUM: i32 = 5;
const SQUARED_DIFFERENCE: i32 = 6;

/**
 * y[i, j] = a[i·lda + j·sa] ∘ b[i·ldb + j·sb] over m rows of n, y without gaps; sa and sb are 0 or 1, lda and ldb floats
 * from row to row, 0 too. ∘ by kind: 0 +; 1 −; 2 ·; 3 /; 4 the larger; 5 the smaller; 6 (a − b)². NaN gives NaN. y may be a
 * or b where that has no gaps and is not repeated.
 */
export function tensor_binary(
  kind: i32, m: i32, n: i32, a: usize, lda: i32, sa: i32, b: usize, ldb: i32, sb: i32, y: usize,
): void {
  switch (kind) {
    case ADD: rows(ADD, m, n, a, lda, sa, b, ldb, sb, y); break;
    case SUBTRACT: rows(SUBTRACT, m, n, a, lda, sa, b, ldb, sb, y); break;
    case MULTIPLY: rows(MULTIPLY, m, n, a, lda, sa, b, ldb, sb, y); break;
    case DIVIDE: rows(DIVIDE, m, n, a, lda, sa, b, ldb, sb, y); break;
    case MAXIMUM: rows(MAXIMUM, m, n, a, lda, sa, b, ldb, sb, y); break;
    case MINIMUM: rows(MINIMUM, m, n, a, lda, sa, b, ldb, sb, y); break;
    case SQUARED_DIFFERENCE: rows(SQUARED_DIFFERENCE, m, n, a, lda, sa, b, ldb, sb, y); break;
    default: assert(false, 'tensor_binary: no such kind');
  }
}

/** tensor_binary for a constant kind: the branches on it fold away. */
// @ts-ignore: decorator
@inline
function rows(
  kind: i32, m: i32, n: i32, a: usize, lda: i32, sa: i32, b: usize, ldb: i32, sb: i32, y: usize,
): void {
  if (n <= 0) return;
  for (; m > 0; m--, a += (<usize>lda) << 2, b += (<usize>ldb) << 2) {
    let p = a;
    let q = b;
    let u = v128.load32_splat(p);
    let v = v128.load32_splat(q);
    let left = n;
    for (; left >= 4; left -= 4, p += 16, q += 16, y += 16) {
      if (sa) u = v128.load(p);
      if (sb) v = v128.load(q);
      v128.store(y, combine(kind, u, v));
    }
    if (left > 0) {
      if (sa) u = loadTail(p, left);
      if (sb) v = loadTail(q, left);
      storeTail(y, combine(kind, u, v), left);
      y += (<usize>left) << 2;
    }
  }
}

// @ts-ignore: decorator
@inline
function combine(kind: i32, u: v128, v: v128): v128 {
  if (kind == ADD) return f32x4.add(u, v);
  if (kind == SUBTRACT) return f32x4.sub(u, v);
  if (kind == MULTIPLY) return f32x4.mul(u, v);
  if (kind == DIVIDE) return f32x4.div(u, v);
  if (kind == MAXIMUM) return f32x4.max(u, v);
  if (kind == MINIMUM) return f32x4.min(u, v);
  const d = f32x4.sub(u, v);
  return f32x4.mul(d, d);
}
