// A kernel that several threads run together: each calls the same export with the same arguments, on an instance of its
// own over one shared memory. Small work is divided into one share of rows or columns per thread, large work into turns, which threads
// take one after the other: cores differ in speed, also from one ms to the next. Steps of the same rows mostly stay with a thread, whose
// cache has their state. Both end with a barrier, so
// that afterwards all of the result is there. Only the builds with the threads feature have any of it.

/**
 * Words of page 0 (src/wasm/threads/words.ts): arrivals at barriers, whether the first thread may sleep at one, turns taken at products,
 * the last sequence in which a thread has finished its own groups of rows.
 */
const ARRIVED_AT: usize = 1024;
const MAY_SLEEP_AT: usize = 1088;
const TAKEN_AT: usize = 1152;
const FINISHED_AT: usize = 1216;
/** By group of rows of a sequence, in 32 cache lines: twice the turns that have ended, plus 1 while a thread has a turn. */
const ENDED_AT: usize = 8192;
const LINE: usize = 64;
const MOST_GROUPS: i32 = 32;
/** Rows of a group at least. */
const LEAST_ROWS: i32 = 4;
/** A tile of scratch memory per thread (TILE_BYTES of gemm/multiply.ts). */
const TILES_AT: usize = 2048;
const TILE_STEP: usize = 384;
/** Steps of a turn at a sequence, and its most rows unless one group has more: three of the highest tile. */
const STEPS: i32 = 2;
const STEP_ROWS: i32 = 18;
/**
 * Looks at the counter before a thread sleeps: about 2.5 ms, more than shares of a step differ by. With 50 µs threads slept at
 * most barriers, and two took 1.2 times as long as one.
 */
const SPINS: u32 = 1_000_000;
/** Nobody wakes a thread: it looks again after as many ns. */
const SLEEP_NS: i64 = 50_000;
/** Arrivals from which on the kernel is given up: its threads stop at their next barrier, or turn of a sequence. */
const OVER: u32 = 0x7fff_ffff;

/** Whether a thread of this kernel has ended. The first thread asks while it waits for the others. */
// @ts-ignore: decorator
@external("env", "lost")
declare function lost(): bool;

let number: u32 = 0;
/** Threads of this kernel, and those that work together now: one in a turn. */
let all: u32 = 1;
let size: u32 = 1;
let waits: bool = true;
/** Arrivals after which this thread passes its next barrier. */
let passing: u32 = 0;
/** Turns taken in products before, among them one per thread that found none left. */
let before: u32 = 0;
/** Words of groups when a sequence begins. */
let begin: u32 = 0;
/** This thread's turn: its first group, how many groups, and their words when it ends. */
let group: i32 = 0;
let held: i32 = 0;
let ending: u32 = 0;
/** Of a sequence: the last group found where another thread has a turn, or 0. */
let busy: usize = 0;
/** Looks left until this thread may sleep. */
let looks: u32 = 0;

/** The kernels called from now on are run by `count` threads; this one is number `i`. */
export function join_team(i: u32, count: u32): void {
  number = i;
  all = count;
  size = count;
  waits = true;
  passing = 0;
  before = 0;
  begin = 0;
  held = 0;
  rowsFrom = 0;
  rowsTo = i32.MAX_VALUE;
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

/** Whether meet() waits. Without it, each thread goes on with its own shares. */
// @ts-ignore: decorator
@inline
export function waitAtMeetings(yes: bool): void {
  waits = yes;
}

/** Whether m rows are divided by rows, in turns; if not, by columns. */
// @ts-ignore: decorator
@inline
export function byRows(m: i32): bool {
  return <u32>m >= all << 3;
}

/** Whether m rows of a kernel that several threads run are divided into turns. */
// @ts-ignore: decorator
@inline
export function inTurns(m: i32): bool {
  return isShared() && byRows(m);
}

/** Rows and steps of this thread's turn: from the first one to before the last one. All rows without turns. */
export let rowsFrom: i32 = 0;
export let rowsTo: i32 = 0x7fff_ffff;
export let stepsFrom: i32 = 0;
export let stepsTo: i32 = 0;

/**
 * Takes this thread's next turn at a product: `height` of m rows. What it calls until then is done by this thread only.
 * Returns false when all turns have ended, by all threads.
 */
// @ts-ignore: decorator
@inline
export function takeTurn(m: i32, height: i32): bool {
  if (ASC_FEATURE_THREADS) return nextRows(m, height);
  return false;
}

/** Rows of a turn at a product of m rows, at most `most`: a multiple of the highest tile, 6, and eight turns per thread. */
export function productRows(m: i32, most: i32): i32 {
  return min(m / (<i32>all * 48) * 6 + 6, most);
}

/**
 * Takes this thread's first turn at a sequence of T steps of B rows, whose rows do not depend on each other: a few steps of a
 * group of rows. One turn for all of it where it is not divided. As takeTurn.
 */
// @ts-ignore: decorator
@inline
export function firstTurn(T: i32, B: i32): bool {
  return firstOf(inTurns(B), T, B);
}

/** Likewise, of any number of rows, for steps that can't be divided by columns. */
// @ts-ignore: decorator
@inline
export function firstTurnOfRows(T: i32, B: i32): bool {
  return firstOf(isShared(), T, B);
}

// @ts-ignore: decorator
@inline
function firstOf(divided: bool, T: i32, B: i32): bool {
  if (ASC_FEATURE_THREADS) {
    stepsFrom = 0;
    stepsTo = T;
    return !divided || nextSteps(T, B);
  }
  return true;
}

/** Takes the next one. */
// @ts-ignore: decorator
@inline
export function followingTurn(T: i32, B: i32): bool {
  if (ASC_FEATURE_THREADS) return held > 0 && nextSteps(T, B);
  return false;
}

/** The first step of this turn, and the one after its last one, of T. */
// @ts-ignore: decorator
@inline
export function firstStep(): i32 {
  return ASC_FEATURE_THREADS ? stepsFrom : 0;
}

// @ts-ignore: decorator
@inline
export function lastStep(T: i32): i32 {
  return ASC_FEATURE_THREADS ? stepsTo : T;
}

/** Takes a turn at `height` of m rows. */
function nextRows(m: i32, height: i32): bool {
  const turns = <u32>((m + height - 1) / height);
  const turn = atomic.add<u32>(TAKEN_AT, 1) - before;
  if (turn >= turns) {
    before += turns + all;
    return allRows();
  }
  size = 1;
  rowsFrom = <i32>turn * height;
  rowsTo = min(m, rowsFrom + height);
  return true;
}

/** What follows is divided anew. */
function allRows(): bool {
  size = all;
  rowsFrom = 0;
  rowsTo = i32.MAX_VALUE;
  meet();
  return false;
}

// @ts-ignore: decorator
@inline
function wordOf(group: i32): usize {
  return ENDED_AT + <usize>group * LINE;
}

/**
 * Takes a turn at T steps of some of B rows. Each thread has groups of rows of its own, whose state stays in its cache, and takes several of
 * them at once, until a thread has finished its own: that one takes turns of the others' groups.
 */
function nextSteps(T: i32, B: i32): bool {
  for (; held; held--, group++) atomic.store<u32>(wordOf(group), ending);
  const most = min(<i32>all << 2, MOST_GROUPS);
  const height = max(LEAST_ROWS, (B + most - 1) / most);
  const groups = (B + height - 1) / height;
  const last = begin + <u32>((T + STEPS - 1) / STEPS << 1);
  size = all;
  const own = share(groups, 1);
  const first = <i32>start;
  looks = SPINS;
  for (;;) {
    if (atomic.load<u32>(ARRIVED_AT) >= OVER) unreachable();
    const ownMost = atomic.load<u32>(FINISHED_AT) == last ? 1 : STEP_ROWS / height;
    if (claim(first, first + own, last, ownMost)) break;
    atomic.store<u32>(FINISHED_AT, last);
    if (claim(0, groups, last, 1)) break;
    if (!busy) {
      begin = last;
      return allRows();
    }
    look(busy, atomic.load<u32>(busy));
  }
  size = 1;
  stepsFrom = <i32>(ending - 2 - begin >> 1) * STEPS;
  stepsTo = min(T, stepsFrom + STEPS);
  rowsFrom = group * height;
  rowsTo = min(B, rowsFrom + held * height);
  return true;
}

/**
 * Takes a turn of the group from `first` to before `end` that has the fewest turns behind it, and of up to `most` groups that follow it
 * and have as many. last: words of groups that have ended.
 */
function claim(first: i32, end: i32, last: u32, most: i32): bool {
  let least = last;
  busy = 0;
  for (let i = first; i < end; i++) {
    const word = atomic.load<u32>(wordOf(i));
    if (word & 1) {
      busy = wordOf(i);
    } else if (word < least) {
      least = word;
      group = i;
    }
  }
  if (least == last) return false;
  ending = least + 2;
  busy = wordOf(group);
  for (let i = group; i < end && atomic.cmpxchg<u32>(wordOf(i), least, least + 1) == least; i++) {
    if (++held >= most) break;
  }
  return held > 0;
}

/** This thread's tile of scratch memory, or the given one of the only thread. */
// @ts-ignore: decorator
@inline
export function ownTile(given: usize): usize {
  if (ASC_FEATURE_THREADS && all > 1) return TILES_AT + <usize>number * TILE_STEP;
  return given;
}

/** Number of this thread's part of scratch memory. */
// @ts-ignore: decorator
@inline
export function partNumber(): u32 {
  return number;
}

/** Rows of each thread's part of scratch memory for `rows` of them: a multiple of 6. `rows` is 8 per thread at least. */
export function partRows(rows: i32): i32 {
  return rows / <i32>all / 6 * 6;
}

/** Waits until all threads are here. Traps if one of them has ended. */
export function meet(): void {
  if (ASC_FEATURE_THREADS) {
    if (size == 1 || !waits) return;
    passing += size;
    atomic.add<u32>(ARRIVED_AT, 1);
    looks = SPINS;
    let now = atomic.load<u32>(ARRIVED_AT);
    while (now < passing) {
      look(ARRIVED_AT, now);
      now = atomic.load<u32>(ARRIVED_AT);
    }
    // OVER is more than any number of arrivals
    if (now >= OVER) unreachable();
  }
}

/** Once in a wait for the word at `at` to change from `now`. The caller looks whether the kernel is given up. */
function look(at: usize, now: u32): void {
  if (--looks) return;
  if (number == 0 && lost()) unreachable();
  looks = SPINS;
  if (number || load<u32>(MAY_SLEEP_AT)) {
    atomic.wait<u32>(at, now, SLEEP_NS);
    looks = 1;
  }
}
