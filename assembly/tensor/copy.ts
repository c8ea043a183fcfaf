/**
 * y[h·t0 + i·t1 + j·t2 + k·t3] = x[h·s0 + i·s1 + j·s2 + k·s3] for h < n0, i < n1, j < n2, k < n3. Values are words where shift is
 * 2, bytes where it is 0; strides in values, those of x may be 0. x and y apart.
 */
export function tensor_copy(
  shift: i32, n0: i32, n1: i32, n2: i32, n3: i32,
  x: usize, s0: i32, s1: i32, s2: i32, s3: i32,
  y: usize, t0: i32, t1: i32, t2: i32, t3: i32,
): void {
  const by = <usize>shift;
  const bytes = (<usize>n3) << by;
  const rows = s3 == 1 && t3 == 1 && n3 > 1;
  const stepX = (<usize>s3) << by;
  const stepY = (<usize>t3) << by;
  for (let h = 0; h < n0; h++) {
    for (let i = 0; i < n1; i++) {
      let p = x + ((<usize>(h * s0 + i * s1)) << by);
      let q = y + ((<usize>(h * t0 + i * t1)) << by);
      for (let j = 0; j < n2; j++, p += (<usize>s2) << by, q += (<usize>t2) << by) {
        if (rows) {
          memory.copy(q, p, bytes);
          continue;
        }
        let from = p;
        let to = q;
        if (shift) for (let k = 0; k < n3; k++, from += stepX, to += stepY) store<u32>(to, load<u32>(from));
        else for (let k = 0; k < n3; k++, from += stepX, to += stepY) store<u8>(to, load<u8>(from));
      }
    }
  }
}
