import { log64 } from '../math/log';
import { loadTail, storeTail } from '../simd';

// Kinds of tensor_unary; src/tfjs/backend/unary.ts has the same numbers.
const NEGATE: i32 = 0;
const ABSOLUTE: i32 = 1;
const SQUARE: i32 = 2;
const ROOT: i32 = 3;
const RECIPROCAL_ROOT: i32 = 4;
const RECIPROCAL: i32 = 5;
const FLOOR: i32 = 6;
const CEIL: i32 = 7;
const ROUND: i32 = 8;
const STEP: i32 = 9;
const CLAMP: i32 = 10;
const LOG: i32 = 11;

/**
 * y[n] = φ(x[n]); y may be x. φ by kind: 0 −x; 1 |x|; 2 x²; 3 √x; 4 1/√x; 5 1/x; 6 the largest integer that is not above x;
 * 7 the smallest that is not below; 8 the nearest, of two the even one; 9 1 where x > 0, else α; 10 x clamped to α..β;
 * 11 ln x, rounded from f64. NaN gives NaN.
 */
export function tensor_unary(kind: i32, alpha: f32, beta: f32, n: i32, x: usize, y: usize): void {
  switch (kind) {
    case NEGATE: loop(NEGATE, alpha, beta, n, x, y); break;
    case ABSOLUTE: loop(ABSOLUTE, alpha, beta, n, x, y); break;
    case SQUARE: loop(SQUARE, alpha, beta, n, x, y); break;
    case ROOT: loop(ROOT, alpha, beta, n, x, y); break;
    case RECIPROCAL_ROOT: loop(RECIPROCAL_ROOT, alpha, beta, n, x, y); break;
    case RECIPROCAL: loop(RECIPROCAL, alpha, beta, n, x, y); break;
    case FLOOR: loop(FLOOR, alpha, beta, n, x, y); break;
    case CEIL: loop(CEIL, alpha, beta, n, x, y); break;
    case ROUND: loop(ROUND, alpha, beta, n, x, y); break;
    case STEP: loop(STEP, alpha, beta, n, x, y); break;
    case CLAMP: loop(CLAMP, alpha, beta, n, x, y); break;
    case LOG:
      for (; n > 0; n--, x += 4, y += 4) store<f32>(y, <f32>log64(<f64>load<f32>(x)));
      break;
    default: assert(false, 'tensor_unary: no such kind');
  }
}

/** tensor_unary for a constant kind: the branches on it fold away. */
// @ts-ignore: decorator
@inline
function loop(kind: i32, alpha: f32, beta: f32, n: i32, x: usize, y: usize): void {
  const a = f32x4.splat(alpha);
  const b = f32x4.splat(beta);
  for (; n >= 4; n -= 4, x += 16, y += 16) v128.store(y, apply(kind, a, b, v128.load(x)));
  if (n > 0) storeTail(y, apply(kind, a, b, loadTail(x, n)), n);
}

// @ts-ignore: decorator
@inline
function apply(kind: i32, a: v128, b: v128, v: v128): v128 {
  const one = f32x4.splat(1);
  if (kind == NEGATE) return f32x4.neg(v);
  if (kind == ABSOLUTE) return f32x4.abs(v);
  if (kind == SQUARE) return f32x4.mul(v, v);
  if (kind == ROOT) return f32x4.sqrt(v);
  if (kind == RECIPROCAL_ROOT) return f32x4.div(one, f32x4.sqrt(v));
  if (kind == RECIPROCAL) return f32x4.div(one, v);
  if (kind == FLOOR) return f32x4.floor(v);
  if (kind == CEIL) return f32x4.ceil(v);
  if (kind == ROUND) return f32x4.nearest(v);
  if (kind == CLAMP) return f32x4.max(f32x4.min(v, b), a);
  const step = v128.bitselect(one, a, f32x4.gt(v, f32x4.splat(0)));
  return v128.bitselect(step, v, f32x4.eq(v, v));
}
