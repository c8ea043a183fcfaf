// Rows of all steps lie one after the other: `sizes` [T] (i32, non-increasing, 1 to B) says how many each step has,
// sizes = 0 that each has B. Row i of a step continues row i of the step before. N = Σ sizes.

/** Rows of step t; B before the first step (the initial states), 0 after the last. */
// @ts-ignore: decorator
@inline
export function rowsAt(t: i32, T: i32, B: i32, sizes: usize): i32 {
  if (t >= T) return 0;
  return sizes != 0 && t >= 0 ? load<i32>(sizes + (<usize>t << 2)) : B;
}

/** Rows of `steps` steps from t on. */
export function rowsOf(t: i32, steps: i32, B: i32, sizes: usize): i32 {
  if (!sizes) return steps * B;
  let rows = 0;
  const end = sizes + (<usize>(t + steps) << 2);
  for (let p = sizes + (<usize>t << 2); p < end; p += 4) rows += load<i32>(p);
  return rows;
}

/** Of the states from[rows, H], copies those that no later step continues to h [B, H]: rows `next` on. */
// @ts-ignore: decorator
@inline
export function keepEnded(rows: i32, next: i32, H: i32, from: usize, h: usize): void {
  if (next >= rows) return;
  const at = (<usize>next * <usize>H) << 2;
  memory.copy(h + at, from + at, (<usize>(rows - next) * <usize>H) << 2);
}
