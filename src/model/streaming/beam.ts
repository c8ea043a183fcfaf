import { finite, instance, integer, options, reading } from '../../check.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import { isNumbers, type Signal } from '../../ndarray.ts';
import { settledList } from '../../settled.ts';
import { ModelBase } from '../core/modelBase.ts';
import { checkFinite } from '../core/runner.ts';
import { StreamPool, type StreamSession } from './pool.ts';
import { power } from './power.ts';
import type { StreamState } from './state.ts';

/** Options of `beamSearch`. */
export interface BeamOptions {
  /** Indices that the model reads first, at least one. */
  readonly start: ArrayLike<number>;
  /** State before `start`: a snapshot of one row. Default: zero states. */
  readonly state?: StreamState | undefined;
  /** Maximum number of indices to generate. */
  readonly length: number;
  /** Beam width. 1 is greedy search. */
  readonly beams: number;
  /**
   * Length penalty α of the score: log-probability / (number of indices)^α. Default 0, which favors short sequences.
   */
  readonly lengthPenalty?: number | undefined;
  /** An index that ends a sequence. Default: none. */
  readonly end?: number | undefined;
}

/** A sequence found by beam search. */
export interface Beam {
  /** The indices after `start`, including `end` if it was reached. */
  readonly indices: number[];
  /** Log-probability given `start`. */
  readonly logProbability: number;
  /** Score used to rank sequences. */
  readonly score: number;
  /** Whether it ended with `end`, not at `length`. */
  readonly ended: boolean;
}

/** What a stream starts from, besides zero states. */
export interface StreamFrom {
  /** What a step reads. */
  readonly signal: Signal;
}

/** A sequence as its last index and what comes before. */
interface Path {
  readonly before: Path | undefined;
  readonly index: number;
  readonly logProbability: number;
  readonly score: number;
  readonly ended: boolean;
  session: StreamSession | undefined;
}

/**
 * The likeliest sequences that follow `start`, the best first, of a model of indices whose outputs are logits: at
 * each step all continuations of the `beams` best sequences compete, and those that have ended (Graves 2012;
 * Sutskever, Vinyals and Le 2014). All beams step as one batch. On a tie the sequence of the better beam wins, then
 * the lower index: with `simd` kernels the result is the same on every engine.
 *
 * @throws {ArgumentError} if the model's input is features or smaller than its output, or an option is out of range
 * @throws {StateError} if the model is bidirectional
 * @throws {NonFiniteError} if an output is NaN or infinite; the row is the rank of the beam
 */
export function beamSearch(model: ModelBase, opts: BeamOptions, from?: StreamFrom): Beam[] {
  const given = options('beamSearch', opts, {
    start: true,
    state: true,
    length: true,
    beams: true,
    lengthPenalty: true,
    end: true,
  });
  const { state, end } = given;
  instance('model', model, ModelBase, 'a model such as a Sequential');
  const { outputSize } = model.network;
  const input = from?.signal ?? model.network.input;
  if (input.kind !== 'indices' || outputSize > input.size) {
    const wanted = 'one of indices that gives a logit for each of them';
    const takes = input.kind === 'indices' ? `${input.size} indices` : `${input.size} features`;
    throw new ArgumentError('model', wanted, new Verbatim(`one that takes ${takes} and gives ${outputSize}`));
  }
  const start = reading('start', given.start, () => settledList(given.start));
  if (!isNumbers(start) || start.length < 1) {
    throw new ArgumentError('start', 'at least one index', start);
  }
  for (let i = 0; i < start.length; i++) checkIndex(`start[${i}]`, start[i]!, input.size);
  if (end !== undefined) checkIndex('end', end, outputSize);
  const length = integer('length', given.length, 1);
  const beams = integer('beams', given.beams, 1);
  const alpha = finite('lengthPenalty', given.lengthPenalty ?? 0, 0, 10);
  const pool = new StreamPool(model, { capacity: beams }, from);
  try {
    const session = pool.open();
    if (state) session.restore(state);
    for (let i = 0; i + 1 < start.length; i++) pool.step([session], start[i]!);
    const index = start[start.length - 1]!;
    const first = { before: undefined, index, logProbability: 0, score: 0, ended: false };
    let paths: Path[] = [{ ...first, session }];
    for (let n = 1; n <= length && paths.some(({ session }) => session); n++) {
      const divisor = alpha === 0 ? 1 : power(n, alpha);
      const best = grow(model, pool, paths, new Best(beams), divisor, n === length, end);
      paths = best;
    }
    return paths.map((path) => ({
      indices: indicesOf(path),
      logProbability: path.logProbability,
      score: path.score,
      ended: path.ended,
    }));
  } finally {
    pool.dispose();
  }
}

/** One step of all paths that have not ended; gives the best of what they become, and of those that have. */
function grow(
  model: ModelBase,
  pool: StreamPool,
  paths: readonly Path[],
  best: Best,
  divisor: number,
  isLast: boolean,
  end: number | undefined,
): Path[] {
  const { arena, outputSize } = model.network;
  const live = paths.filter(({ session }) => session);
  const outputs = pool.step(
    live.map(({ session }) => session!),
    live.map(({ index }) => index),
  );
  for (const path of paths) {
    const row = live.indexOf(path);
    if (row < 0) {
      if (best.takes(path.score)) best.add(path);
      continue;
    }
    const from = row * outputSize;
    const logSum = arena.kernels.log_sum_exp(outputSize, outputs.byteOffset + from * 4);
    // NaN or +Infinity among them, or only -Infinity (an output of -Infinity has no probability)
    if (!Number.isFinite(logSum)) checkFinite('beamSearch', outputs, from, outputSize, row);
    for (let index = 0; index < outputSize; index++) {
      const logProbability = path.logProbability + (outputs[from + index]! - logSum);
      const score = logProbability / divisor;
      if (!best.takes(score)) continue;
      const ended = index === end;
      best.add({ before: path, index, logProbability, score, ended, session: undefined });
    }
  }
  if (!isLast) seat(live, best.paths);
  return best.paths;
}

/** Gives each path that goes on a session: the first one that of the path before it, the others a fork. */
function seat(before: readonly Path[], paths: readonly Path[]): void {
  const going = paths.filter((path) => !path.ended);
  for (const path of before) if (!going.some((next) => next.before === path)) path.session!.close();
  for (const path of going) {
    const { session } = path.before!;
    const isTaken = going.some((other) => other.session === session);
    path.session = isTaken ? session!.fork() : session;
  }
}

/** The best paths so far, the best first; of equals the one that was offered first. */
class Best {
  readonly paths: Path[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether a path of this score is among them: none that can not be, none whose score is NaN. */
  takes(score: number): boolean {
    const { paths } = this;
    return score > -Infinity && (paths.length < this.#most || score > paths[paths.length - 1]!.score);
  }

  /** Adds one that it takes. */
  add(path: Path): void {
    const { paths } = this;
    if (paths.length === this.#most) paths.pop();
    let at = paths.length;
    while (at > 0 && path.score > paths[at - 1]!.score) at--;
    paths.splice(at, 0, path);
  }
}

function indicesOf(path: Path): number[] {
  const indices: number[] = [];
  for (let at = path; at.before; at = at.before) indices.push(at.index);
  return indices.reverse();
}

function checkIndex(name: string, index: number, size: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= size) {
    throw new ArgumentError(name, `an index in 0..${size - 1}`, index);
  }
}
