/** y[n, m] = x[m, n]ᵀ. ldx, ldy: floats from row to row. x and y apart. */
export function transpose(m: i32, n: i32, x: usize, ldx: i32, y: usize, ldy: i32): void {
  assert(ldx >= n && ldy >= m, 'transpose: a leading dimension is below its row');
  const rowX = (<usize>ldx) << 2;
  const rowY = (<usize>ldy) << 2;
  // blocks of 16 x 16, so that the rows that are written stay in the cache
  for (let i = 0; i < m; i += 16) {
    const height = min(16, m - i);
    for (let j = 0; j < n; j += 16) {
      const at = (<usize>j) << 2;
      block(height, min(16, n - j), x + <usize>i * rowX + at, rowX, y + <usize>j * rowY + ((<usize>i) << 2), rowY);
    }
  }
}

function block(m: i32, n: i32, x: usize, rowX: usize, y: usize, rowY: usize): void {
  const wholeM = m & ~3;
  const wholeN = n & ~3;
  for (let i = 0; i < wholeM; i += 4) {
    const from = x + <usize>i * rowX;
    const to = y + ((<usize>i) << 2);
    for (let j = 0; j < wholeN; j += 4) four(from + ((<usize>j) << 2), rowX, to + <usize>j * rowY, rowY);
  }
  if (wholeN < n) single(wholeM, n - wholeN, x + ((<usize>wholeN) << 2), rowX, y + <usize>wholeN * rowY, rowY);
  if (wholeM < m) single(m - wholeM, n, x + <usize>wholeM * rowX, rowX, y + ((<usize>wholeM) << 2), rowY);
}

/** A block of 4 x 4. */
function four(x: usize, rowX: usize, y: usize, rowY: usize): void {
  const r0 = v128.load(x);
  const r1 = v128.load(x + rowX);
  const r2 = v128.load(x + rowX * 2);
  const r3 = v128.load(x + rowX * 3);
  const t0 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const t1 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const t2 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const t3 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<i64>(t0, t1, 0, 2));
  v128.store(y + rowY, v128.shuffle<i64>(t0, t1, 1, 3));
  v128.store(y + rowY * 2, v128.shuffle<i64>(t2, t3, 0, 2));
  v128.store(y + rowY * 3, v128.shuffle<i64>(t2, t3, 1, 3));
}

function single(m: i32, n: i32, x: usize, rowX: usize, y: usize, rowY: usize): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      store<f32>(y + <usize>j * rowY + ((<usize>i) << 2), load<f32>(x + <usize>i * rowX + ((<usize>j) << 2)));
    }
  }
}
