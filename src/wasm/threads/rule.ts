import type { Job, Numbers } from './jobs.ts';

/** Operations below which a kernel takes too little time for threads to gain: about 40 µs. */
const LEAST_WORK = 2_000_000;
/** Patience with the first calls, and at least with all later ones, in ms. */
const FIRST_PATIENCE_MS = 1;
const LEAST_PATIENCE_MS = 0.1;
/** The slower way is tried again after as much time as it cost more, times this, and not before as many calls. */
const PATIENCE = 128;
const LEAST_CALLS = 8;
/** Shapes remembered. */
const MOST_SHAPES = 512;

/** What was measured of a kernel with given sizes, in ms. */
export interface Times {
  team: number;
  single: number;
  /** Calls, until all are known. */
  calls: number;
  /** Time until the slower way is tried again. */
  rest: number;
}

/** The first calls are slow: the engine compiles, threads wake up. */
const FIRST_TEAM = 2;
const FIRST_ALONE = FIRST_TEAM + 2;

/** Decides by measurement whether a call runs on several threads. Where the other cores are busy, it does not. */
export class Rule {
  readonly #shapes = new Map<number, Times>();

  /** Times of calls of this shape; undefined if there is too little to do. */
  times(kernel: number, { sizes, work }: Job, args: Numbers): Times | undefined {
    if (work(args) < LEAST_WORK) return undefined;
    let key = kernel + 1;
    for (let i = 0; i < sizes; i++) {
      key = Math.imul(key ^ args[i]!, 0x9e37_79b1);
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
    if (times.calls < FIRST_TEAM) return true;
    if (times.calls < FIRST_ALONE) return false;
    const faster = times.team < times.single;
    return times.rest > 0 ? faster : !faster;
  }

  /** How long threads have to come to the next call, in ms. One that sleeps takes 10 to 90 µs, more on a busy machine. */
  patience({ single }: Times): number {
    return single ? Math.max(LEAST_PATIENCE_MS, single / 32) : FIRST_PATIENCE_MS;
  }

  /** Notes how long a call took. */
  note(times: Times, asTeam: boolean, took: number): void {
    const measured = times.calls >= FIRST_ALONE;
    const expected = Math.min(times.team, times.single);
    const preferred = asTeam === times.team < times.single;
    if (asTeam) times.team = measured ? follow(times.team, took) : took;
    else times.single = measured ? follow(times.single, took) : took;
    if (!measured) {
      times.calls++;
      times.rest = PATIENCE * took;
    } else if (preferred) times.rest -= took;
    else if (took < expected) times.rest = 0;
    else times.rest = Math.max(LEAST_CALLS * expected, PATIENCE * (took - expected));
  }
}

/** What is expected after a call took as long: one slow call counts little, several count. */
function follow(expected: number, took: number): number {
  return took < expected ? (expected + took) / 2 : expected + (Math.min(took, 2 * expected) - expected) / 4;
}
