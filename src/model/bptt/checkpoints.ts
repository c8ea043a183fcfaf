import { MemoryError } from '../../errors.ts';

/** How an update of a long sequence keeps within a memory budget. */
export interface CheckpointReport {
  /** Steps whose activations are in memory at a time. */
  readonly segmentSteps: number;
  /** Parts into which the sequence is cut. */
  readonly segments: number;
  /** States that are kept at once, each at the start of a segment. */
  readonly checkpoints: number;
  /** Their bytes. */
  readonly stateBytes: number;
  /** Bytes of the plan of one segment and of the states. */
  readonly bytes: number;
  /** Bytes of the plan without checkpoints. */
  readonly fullBytes: number;
  /** Forward passes over the whole sequence beside the one that is always made. */
  readonly extraForward: number;
  /** Time over that without checkpoints, a forward pass taken as a third of an update. */
  readonly extraTime: number;
}

/** What the planner needs to know. */
export interface Costs {
  readonly steps: number;
  readonly budget: number;
  /** Bytes of the plan of so many steps. */
  planBytes(steps: number): number;
  /** Bytes of all recurrent states at one step. */
  readonly stateBytes: number;
}

/** Segments at most: the tables have segments² · checkpoints entries. */
const MOST_SEGMENTS = 128;
/** Share of a forward pass in the products of an update: one of three. */
const FORWARD_SHARE = 1 / 3;

/**
 * Splits a sequence into segments so that the least is computed again within the budget (Gruslys et al. 2016: states
 * at the start of segments, activations inside the segment at hand).
 * @throws {MemoryError} a budget below what any split takes
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

/** costs[m][n]: forward passes over a segment to reach all n of them from the last to the first with m kept states. */
const costs: number[][] = [];

function cost(n: number, m: number): number {
  if (n <= 1) return 0;
  if (m === 1) return (n * (n - 1)) / 2;
  costs[m] ??= [];
  const row = costs[m];
  row[n] ??= cheapest(n, m)[1];
  return row[n]!;
}

/** Where to keep the next state, and what it costs. */
function cheapest(n: number, m: number): [at: number, cost: number] {
  let at = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let j = 1; j < n; j++) {
    const sum = j + cost(n - j, m - 1) + cost(j, m);
    if (sum < least) [at, least] = [j, sum];
  }
  return [at, least];
}

/** Of n segments whose first one's state is kept, with m states in all: how many to run ahead before keeping another. */
export function splitAt(n: number, m: number): number {
  return m === 1 ? n - 1 : cheapest(n, m)[0];
}
