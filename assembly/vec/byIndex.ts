import { loadLanes, loadTail, storeLanes, storeTail } from '../simd';
import { isShared, meet, share, start } from '../team';

/** y[i, :] = table[index[i], :], i in 0..m−1, rows of n floats. Precondition: 0 <= index < rows of table. */
export function gather_rows(m: i32, n: i32, table: usize, index: usize, y: usize): void {
  gatherTo(m, n, table, index, y, (<usize>n) << 2);
}

/** As gather_rows. ldy: bytes from row to row. */
export function gatherTo(m: i32, n: i32, table: usize, index: usize, y: usize, ldy: usize): void {
  const bytes = (<usize>n) << 2;
  if (isShared()) {
    m = share(m, 1);
    index += start << 2;
    y += start * ldy;
  }
  for (; m > 0; m--, index += 4, y += ldy) {
    memory.copy(y, table + <usize>load<i32>(index) * bytes, bytes);
  }
  meet();
}

/** table[index[i], :] += x[i, :], from the last i to the first. Precondition: 0 <= index < rows of table. */
export function scatter_add_rows(m: i32, n: i32, x: usize, index: usize, table: usize): void {
  addByIndex(m, n, x, (<usize>n) << 2, index, table);
}

/** As scatter_add_rows. ldx: bytes from row to row. */
export function addByIndex(m: i32, n: i32, x: usize, ldx: usize, index: usize, table: usize): void {
  const bytes = (<usize>n) << 2;
  if (isShared()) {
    n = share(n, 16);
    x += start << 2;
    table += start << 2;
  }
  index += (<usize>m) << 2;
  x += <usize>m * ldx;
  for (; m > 0; m--) {
    index -= 4;
    x -= ldx;
    let from = x;
    let to = table + <usize>load<i32>(index) * bytes;
    let left = n;
    for (; left >= 4; left -= 4, from += 16, to += 16) {
      v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
    }
    if (left > 0) storeTail(to, f32x4.add(loadTail(to, left), loadTail(from, left)), left);
  }
  meet();
}

/** move_rows: y = x. */
export const COPY: i32 = 0;
/** move_rows: y += x. */
export const ADD: i32 = 1;
/** move_rows: y *= x. */
export const MULTIPLY: i32 = 2;

/**
 * Row i of y[m, n] from row index[i] of x (row i when index is 0), as mode says: 0 copied, 1 added to y, 2 multiplied
 * into y. ldx, ldy: floats from row to row. Precondition: 0 <= index < rows of x; x and y apart.
 */
export function move_rows(
  m: i32, n: i32, x: usize, ldx: i32, index: usize, y: usize, ldy: i32, mode: i32,
): void {
  assert(ldx >= n && ldy >= n, 'move_rows: a leading dimension is below its row');
  for (let i = 0; i < m; i++, y += (<usize>ldy) << 2) {
    const row = index ? load<i32>(index + ((<usize>i) << 2)) : i;
    const from = x + ((<usize>row * <usize>ldx) << 2);
    if (mode == COPY) memory.copy(y, from, (<usize>n) << 2);
    else combine(n, from, y, mode == ADD);
  }
}

function combine(n: i32, x: usize, y: usize, add: bool): void {
  for (; n > 0; n -= 4, x += 16, y += 16) {
    const lanes = min(n, 4);
    const a = loadLanes(x, lanes);
    const b = loadLanes(y, lanes);
    storeLanes(y, add ? f32x4.add(b, a) : f32x4.mul(b, a), lanes);
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
