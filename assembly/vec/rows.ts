import { loadTail, storeTail } from '../simd';

/** y[i, :] = table[index[i], :], i in 0..m−1, rows of n floats. Precondition: 0 <= index < rows of table. */
export function gather_rows(m: i32, n: i32, table: usize, index: usize, y: usize): void {
  gatherTo(m, n, table, index, y, (<usize>n) << 2);
}

/** As gather_rows. ldy: bytes from row to row. */
export function gatherTo(m: i32, n: i32, table: usize, index: usize, y: usize, ldy: usize): void {
  const bytes = (<usize>n) << 2;
  for (; m > 0; m--, index += 4, y += ldy) {
    memory.copy(y, table + <usize>load<i32>(index) * bytes, bytes);
  }
}

/** table[index[i], :] += x[i, :], in the order of i. Precondition: 0 <= index < rows of table. */
export function scatter_add_rows(m: i32, n: i32, x: usize, index: usize, table: usize): void {
  addByIndex(m, n, x, (<usize>n) << 2, index, table);
}

/** As scatter_add_rows. ldx: bytes from row to row. */
export function addByIndex(m: i32, n: i32, x: usize, ldx: usize, index: usize, table: usize): void {
  const bytes = (<usize>n) << 2;
  for (; m > 0; m--, index += 4, x += ldx) {
    let from = x;
    let to = table + <usize>load<i32>(index) * bytes;
    let left = n;
    for (; left >= 4; left -= 4, from += 16, to += 16) {
      v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    }
    if (left > 0) storeTail(to, f32x4.add(loadTail(to, left), loadTail(from, left)), left);
  }
}

/** The first i in 0..n−1 with index[i] outside 0..limit−1 and not `ignore`, or −1. */
export function find_bad_index(n: i32, index: usize, limit: i32, ignore: i32): i32 {
  for (let i = 0; i < n; i++, index += 4) {
    const v = load<i32>(index);
    if (<u32>v >= <u32>limit && v != ignore) return i;
  }
  return -1;
}
