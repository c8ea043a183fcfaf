import type { Job, Numbers } from './jobs.ts';

/** Operations below which a kernel takes too little time for threads to gain: about 40 µs. */
const LEAST_WORK = 2_000_000;
/** Patience with the first calls, and at least with all later ones, in ms. */
const FIRST_PATIENCE_MS = 1;
const LEAST_PATIENCE_MS = 0.1;
/**
 * The slower way is tried again after as much time as it cost more, times PATIENCE; not before LEAST_CALLS, and after as many calls as
 * there were: in the first second the engine compiles on the other core.
 */
const PATIENCE = 128;
const LEAST_CALLS = 8;
/** Shapes remembered. */
const MOST_SHAPES = 512;

/** What was measured of a kernel with given sizes, in ms. */
export interface Times {
  team: number;
  single: number;
  /** Calls so far. */
  calls: number;
  /** Time until the slower way is tried again. */
  rest: number;
}

/**
 * Calls that measure both ways in turns, of which the fastest of each counts: the engine still compiles, threads wake up. With two
 * of one way and then two of the other, LSTM (128,256) of one row took 14 ms on two threads, and 2.5 ms later.
 */
const FIRST_CALLS = 6;

/** Decides by measurement whether a call runs on several threads. Where the other cores are busy, it does not. */
export class Rule {
  readonly #shapes = new Map<number, Times>();

  /** Times of calls of this shape; undefined if there is too little to do, `work` operations. */
  times(kernel: number, { sizes }: Job, of: Numbers, at: number, work: number): Times | undefined {
    if (work < LEAST_WORK) return undefined;
    let key = kernel + 1;
    for (let i = 0; i < sizes; i++) {
      key = Math.imul(key ^ of[at + i]!, 0x9e37_79b1);
      key ^= key >>> 15;
    }
    // a small integer, which is no object
    key &= 0x3fff_ffff;
    let found = this.#shapes.get(key);
    if (!found) {
      if (this.#shapes.size >= MOST_SHAPES) this.#shapes.clear();
      this.#shapes.set(key, (found = { team: 0, single: 0, calls: 0, rest: 0 }));
    }
    return found;
  }

  /** Whether the next call runs on several threads. */
  chooses(times: Times): boolean {
    if (times.calls < FIRST_CALLS) return times.calls % 2 === 0;
    const faster = times.team < times.single;
    return times.rest > 0 ? faster : !faster;
  }

  /** How long threads have to come to the next call, in ms. One that sleeps takes 10 to 90 µs, more on a busy machine. */
  patience({ single }: Times): number {
    return single ? Math.max(LEAST_PATIENCE_MS, single / 32) : FIRST_PATIENCE_MS;
  }

  /** Notes how long a call took. */
  note(times: Times, asTeam: boolean, took: number): void {
    const way = asTeam ? 'team' : 'single';
    const before = times[way];
    const expected = Math.min(times.team, times.single);
    const preferred = asTeam === times.team < times.single;
    const calls = times.calls++;
    if (calls < FIRST_CALLS) {
      times[way] = before ? Math.min(before, took) : took;
      times.rest = LEAST_CALLS * took;
      return;
    }
    times[way] = follow(before, took);
    if (preferred) times.rest -= took;
    else if (took < expected) times.rest = 0;
    else
      times.rest = Math.max(LEAST_CALLS * expected, Math.min(PATIENCE * (took - expected), calls * expected));
  }
}

/** What is expected after a call took as long: one slow call counts little, several count. */
function follow(expected: number, took: number): number {
  return took < expected ? (expected + took) / 2 : expected + (Math.min(took, 2 * expected) - expected) / 4;
}
