// A kernel that several threads run together: each calls the same export with the same arguments, on an instance of its
// own over one shared memory. What they call takes a thread's share of the rows or columns, and ends with a barrier, so
// that afterwards all of the result is there. Only the builds with the threads feature have any of it.

/** Words of page 0 (src/wasm/threads/words.ts): arrivals at barriers, whether the first thread may sleep at one. */
const ARRIVED_AT: usize = 1024;
const MAY_SLEEP_AT: usize = 1088;
/** A tile of scratch memory per thread (TILE_BYTES of gemm/multiply.ts). */
const TILES_AT: usize = 2048;
const TILE_STEP: usize = 384;
/**
 * Looks at the counter before a thread sleeps: about 2.5 ms, more than shares of a step differ by. With 50 µs threads slept at
 * most barriers, and two took 1.2 times as long as one.
 */
const SPINS: u32 = 1_000_000;
/** Nobody wakes a thread: it looks again after as many ns. */
const SLEEP_NS: i64 = 50_000;
/** Arrivals from which on the kernel is given up: its threads stop at their next barrier. */
const OVER: u32 = 0x7fff_ffff;

/** Whether a thread of this kernel has ended. The first thread asks while it waits for the others. */
// @ts-ignore: decorator
@external("env", "lost")
declare function lost(): bool;

let number: u32 = 0;
let size: u32 = 1;
/** Arrivals after which this thread passes its next barrier. */
let passing: u32 = 0;

/** The kernels called from now on are run by `count` threads; this one is number `i`. */
export function join_team(i: u32, count: u32): void {
  number = i;
  size = count;
  passing = 0;
}

/** Whether several threads run this kernel. */
// @ts-ignore: decorator
@inline
export function isShared(): bool {
  if (ASC_FEATURE_THREADS) return size > 1;
  return false;
}

/** Whether this thread is the first one, or the only one. */
// @ts-ignore: decorator
@inline
export function isFirst(): bool {
  if (ASC_FEATURE_THREADS) return number == 0;
  return true;
}

/** Where the last share that this thread took begins. */
export let start: usize = 0;

/** Takes this thread's share of n: from `start` on, a multiple of `unit`. Returns how many. */
export function share(n: i32, unit: i32): i32 {
  const units = <u32>((n + unit - 1) / unit);
  const first = <i32>(units * number / size) * unit;
  start = first;
  return min(n, <i32>(units * (number + 1) / size) * unit) - first;
}

/** Whether m rows are divided by rows; if not, by columns. */
// @ts-ignore: decorator
@inline
export function byRows(m: i32): bool {
  return <u32>m >= size << 3;
}

/** A thread's share of a cell, by `shareCell`: its rows and units, and the bytes before it in [B, H] and in [B, 4H]. */
export let rowsOfCell: i32 = 0;
export let unitsOfCell: i32 = 0;
export let cellAt: usize = 0;
export let gatesAt: usize = 0;

export function shareCell(B: i32, H: i32): void {
  rowsOfCell = B;
  unitsOfCell = H;
  if (byRows(B)) {
    rowsOfCell = share(B, 1);
    cellAt = start * <usize>H << 2;
    gatesAt = cellAt << 2;
  } else {
    unitsOfCell = share(H, 8);
    cellAt = start << 2;
    gatesAt = cellAt;
  }
}

/** This thread's tile of scratch memory. */
// @ts-ignore: decorator
@inline
export function ownTile(): usize {
  return TILES_AT + <usize>number * TILE_STEP;
}

/** Waits until all threads are here. Traps if one of them has ended. */
export function meet(): void {
  if (ASC_FEATURE_THREADS) {
    if (size == 1) return;
    passing += size;
    const sleeps = number || load<u32>(MAY_SLEEP_AT);
    let arrived = atomic.add<u32>(ARRIVED_AT, 1) + 1;
    let looks = SPINS;
    while (arrived < passing) {
      if (--looks == 0) {
        if (number == 0 && lost()) unreachable();
        looks = SPINS;
        if (sleeps) {
          atomic.wait<u32>(ARRIVED_AT, arrived, SLEEP_NS);
          looks = 1;
        }
      }
      arrived = atomic.load<u32>(ARRIVED_AT);
    }
    if (arrived >= OVER) unreachable();
  }
}
