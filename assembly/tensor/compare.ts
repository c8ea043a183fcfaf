// Kinds of tensor_compare; src/tfjs/backend/compare.ts has the same numbers.
const EQUAL: i32 = 0;
const NOT_EQUAL: i32 = 1;
const GREATER: i32 = 2;
const GREATER_EQUAL: i32 = 3;
const LESS: i32 = 4;
const LESS_EQUAL: i32 = 5;
const AND: i32 = 6;

/**
 * y[i, j] = 1 if a[i·lda + j·sa] ∘ b[i·ldb + j·sb] is true, else 0, over m rows of n bytes without gaps. Strides in values,
 * sa and sb 0 or 1. type: of a and b, 0 f32, 1 i32, 2 bytes. ∘ by kind: 0 =; 1 ≠; 2 >; 3 ≥; 4 <; 5 ≤; 6 both not 0;
 * 7 either not 0.
 */
export function tensor_compare(
  kind: i32, type: i32, m: i32, n: i32, a: usize, lda: i32, sa: i32, b: usize, ldb: i32, sb: i32, y: usize,
): void {
  for (; m > 0; m--, y += n) {
    if (type == 0) row<f32>(kind, n, a, sa, b, sb, y);
    else if (type == 1) row<i32>(kind, n, a, sa, b, sb, y);
    else row<u8>(kind, n, a, sa, b, sb, y);
    const shift = type == 2 ? 0 : 2;
    a += (<usize>lda) << shift;
    b += (<usize>ldb) << shift;
  }
}

function row<T>(kind: i32, n: i32, a: usize, sa: i32, b: usize, sb: i32, y: usize): void {
  const stepA = <usize>sa * sizeof<T>();
  const stepB = <usize>sb * sizeof<T>();
  for (; n > 0; n--, a += stepA, b += stepB, y++) {
    const u = load<T>(a);
    const v = load<T>(b);
    let is = false;
    switch (kind) {
      case EQUAL: is = u == v; break;
      case NOT_EQUAL: is = u != v; break;
      case GREATER: is = u > v; break;
      case GREATER_EQUAL: is = u >= v; break;
      case LESS: is = u < v; break;
      case LESS_EQUAL: is = u <= v; break;
      case AND: is = u != <T>0 && v != <T>0; break;
      default: is = u != <T>0 || v != <T>0;
    }
    store<u8>(y, is ? 1 : 0);
  }
}

/** y[i] = a[i] where the byte which[i] is not 0, else b[i]; n words. */
export function tensor_select(n: i32, which: usize, a: usize, b: usize, y: usize): void {
  for (; n > 0; n--, which++, a += 4, b += 4, y += 4) store<u32>(y, load<u8>(which) ? load<u32>(a) : load<u32>(b));
}
