import { MemoryError } from '../../errors.ts';

/** Checkpoints of an update of a long sequence within a memory budget. */
export interface CheckpointReport {
  /** Number of steps per segment: their activations are in memory at the same time. */
  readonly segmentSteps: number;
  /** Number of segments of the sequence. */
  readonly segments: number;
  /** Maximum number of states kept at the same time, each at the start of a segment. */
  readonly checkpoints: number;
  /** Bytes of these states. */
  readonly stateBytes: number;
  /** Bytes of the plan of one segment and of the states. */
  readonly bytes: number;
  /** Bytes of the plan without checkpoints. */
  readonly fullBytes: number;
  /** Additional forward passes over the whole sequence. */
  readonly extraForward: number;
  /** Estimated time relative to an update without checkpoints, with a forward pass as a third of an update. */
  readonly extraTime: number;
}

/** Input of the planner. */
export interface Costs {
  readonly steps: number;
  readonly budget: number;
  /** Bytes of the plan for a number of steps. */
  planBytes(steps: number): number;
  /** Bytes of all recurrent states at one step. */
  readonly stateBytes: number;
}

/** Maximum number of segments: the tables have segments² · checkpoints entries. */
const MOST_SEGMENTS = 128;
/** A forward pass has one of the three matrix products of an update. */
const FORWARD_SHARE = 1 / 3;

/**
 * Splits a sequence into segments with the least recomputation within the budget (Gruslys et al. 2016: states at the
 * starts of segments, activations only of the current segment).
 * @throws {MemoryError} if no split fits the budget
 */
export function planCheckpoints({ steps, budget, planBytes, stateBytes }: Costs): CheckpointReport {
  const fullBytes = planBytes(steps);
  let best: CheckpointReport | undefined;
  let least = fullBytes;
  for (let n = 1; n <= Math.min(steps, MOST_SEGMENTS); n++) {
    const segmentSteps = Math.ceil(steps / n);
    const segments = Math.ceil(steps / segmentSteps);
    if (segments !== n) continue;
    const segmentBytes = n === 1 ? fullBytes : planBytes(segmentSteps);
    least = Math.min(least, segmentBytes + (n === 1 ? 0 : stateBytes));
    const room = Math.floor((budget - segmentBytes) / stateBytes);
    const checkpoints = n === 1 ? 0 : Math.min(n, room);
    if (n === 1 ? segmentBytes > budget : checkpoints < 1) continue;
    const extraForward = n === 1 ? 0 : cost(n, checkpoints) / n;
    const bytes = segmentBytes + checkpoints * stateBytes;
    if (
      best &&
      (extraForward > best.extraForward || (extraForward === best.extraForward && bytes >= best.bytes))
    )
      continue;
    best = {
      segmentSteps,
      segments: n,
      checkpoints,
      stateBytes: checkpoints * stateBytes,
      bytes,
      fullBytes,
      extraForward,
      extraTime: 1 + extraForward * FORWARD_SHARE,
    };
  }
  if (!best) {
    throw new MemoryError(`memoryBudget: expected at least ${least} bytes for ${steps} steps, got ${budget}`);
  }
  return best;
}

/** costs[m][n]: forward passes over a segment that n segments, visited from last to first, need with m kept states. */
const costs: number[][] = [];

function cost(n: number, m: number): number {
  if (n <= 1) return 0;
  if (m === 1) return (n * (n - 1)) / 2;
  costs[m] ??= [];
  const row = costs[m];
  row[n] ??= cheapest(n, m)[1];
  return row[n]!;
}

/** The number of segments before the next kept state, and its cost. */
function cheapest(n: number, m: number): [at: number, cost: number] {
  let at = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let j = 1; j < n; j++) {
    const sum = j + cost(n - j, m - 1) + cost(j, m);
    if (sum < least) [at, least] = [j, sum];
  }
  return [at, least];
}

/** For n segments, the state of the first one kept, and m states in all: segments to run before the next state is kept. */
export function splitAt(n: number, m: number): number {
  return m === 1 ? n - 1 : cheapest(n, m)[0];
}
