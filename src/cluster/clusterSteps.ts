import { floats } from '../allocate.ts';
import type { SavedStates } from '../model/core/save.ts';
import type { StepResult, Truncation } from '../model/trainer.ts';
import type { GradientSum } from '../model/training/gradientSum.ts';
import type { WholeBatch } from '../model/training/partOfBatch.ts';
import { averaged } from './average.ts';
import { cut, cutStates, cutSteps, joinStates, type Piece, type Range, ranges, withSteps } from './cut.ts';
import { withLengths } from './excluded.ts';
import { unpack, unreadable } from './jobs.ts';
import type { LocalResult, ShardResult, ShardTrainer, Survey } from './shardTrainer.ts';
import { bytesOf, floatsOf, type Result } from './values.ts';
import { type Window, windowsOf } from './windows.ts';

/** How steps are shared out. */
export interface ShareOptions {
  readonly shards: number;
  readonly every: number | undefined;
  readonly truncation: Truncation | undefined;
  /** First steps of each row that don't count. */
  readonly warmup: number | undefined;
}

/** Takes the result of a piece. Its memory is used again for the next one. */
export type Take = (result: Result, piece: number) => void;

/** Has pieces computed with the given weights; hands over the results in the order of the pieces. */
export type Compute = (weights: Buffer, pieces: readonly unknown[], take: Take) => Promise<void>;

/** Makes the steps of a trainer, whose rows others compute in shards. */
export class ClusterSteps {
  readonly #trainer: ShardTrainer;
  readonly #options: ShareOptions;
  readonly #compute: Compute;
  /** What workers compute with, and the sum of what they give; used again in each step. */
  #weights: Float32Array | undefined;
  #sum: GradientSum | undefined;

  constructor(trainer: ShardTrainer, options: ShareOptions, compute: Compute) {
    this.#trainer = trainer;
    this.#options = options;
    this.#compute = compute;
  }

  make(batch: Piece): Promise<StepResult> {
    const { every, truncation } = this.#options;
    if (every !== undefined) return this.#averaged(batch, every);
    return truncation ? this.#truncated(batch, truncation) : this.#summed(batch);
  }

  /** A step with the sum of the gradients of all shards. */
  async #summed(batch: Piece): Promise<StepResult> {
    const trainer = this.#trainer;
    const survey = trainer.survey(batch);
    return trainer.finish(await this.#gradients(batch, survey, trainer.carried));
  }

  /** The sum of what all shards give. */
  async #gradients(
    batch: Piece,
    { whole, divisors }: Pick<Survey, 'whole' | 'divisors'>,
    carried: SavedStates | undefined,
  ): Promise<ShardResult> {
    const trainer = this.#trainer;
    const { generator } = trainer;
    const { rows, axes } = whole;
    const cuts = ranges({ first: 0, last: rows }, this.#options.shards);
    // with several time axes each row has steps
    const shards = (axes.length === 1 ? withSteps(cuts, axes[0]!.counts) : cuts).map((range, shard) => ({
      ...this.#cut(batch, whole, range),
      ...{ shard, divisors, generator, whole, first: range.first, states: cutStates(carried, range) },
    }));
    this.#weights ??= floats(trainer.parameters.length);
    this.#weights.set(trainer.parameters);
    const sum = (this.#sum ??= trainer.gradientSum());
    const results: Omit<ShardResult, 'gradients'>[] = [];
    await this.#compute(bytesOf(this.#weights), shards, ({ large, rest }, shard) => {
      results.push(unpack(rest));
      if (large.length !== 4 * trainer.gradientCount) throw unreadable();
      if (shard === 0) sum.set(floatsOf(large));
      else sum.add(floatsOf(large));
    });
    return {
      gradients: sum.values,
      loss: results.reduce((sum, { loss }) => sum + loss, 0),
      penalty: results.reduce((sum, { penalty }) => sum + penalty, 0),
      generator: results[0]!.generator,
      states: joinStates(results.map(({ states }) => states)),
    };
  }

  #cut(batch: Piece, whole: WholeBatch, range: Range): Piece {
    const { ports, model } = this.#trainer;
    const piece = cut(batch, ports, whole.rows, range);
    return { ...piece, options: withLengths(model, piece.options, whole, range) };
  }

  /** An update per window of steps. If one throws, all are undone. */
  async #truncated(batch: Piece, truncation: Truncation): Promise<StepResult> {
    const trainer = this.#trainer;
    const { generator, carried } = trainer;
    let windows: readonly Window[] = [];
    const survey = trainer.survey(batch, (steps) => {
      windows = windowsOf(steps, truncation);
      return windows;
    });
    const before = trainer.save();
    try {
      const results: StepResult[] = [];
      // states after each update
      const states: (SavedStates | undefined)[] = [carried];
      for (const [i, window] of windows.entries()) {
        const found = await this.#window(batch, survey, window, survey.counts[i]!, states[window.after]);
        states.push(found.states);
        const result = trainer.finish({ ...found, states: undefined });
        if (result.skipped) {
          trainer.generator = generator;
          return result;
        }
        results.push(result);
      }
      trainer.carried = states.at(-1);
      const worst = results.reduce((a, b) => (b.gradNorm > a.gradNorm ? b : a));
      const sum = results.reduce((all, { loss }, i) => all + loss * survey.counts[i]!, 0);
      return { ...worst, loss: sum / survey.divisors[0]! };
    } catch (error) {
      trainer.restore(before);
      throw error;
    }
  }

  /** What the shards of a window of steps give. */
  async #window(
    batch: Piece,
    { whole }: Survey,
    { start, from, end }: Window,
    count: number,
    carried: SavedStates | undefined,
  ): Promise<ShardResult> {
    const trainer = this.#trainer;
    const { options } = batch;
    const steps = cutSteps(batch, trainer.ports, whole.rows, { first: start, last: end });
    const counted = Math.max(from, options?.warmup ?? this.#options.warmup ?? 0) - start;
    const piece = {
      ...steps,
      options: {
        ...steps.options,
        warmup: Math.min(counted, end - start),
        ...(start === 0 && options?.states ? { states: options.states } : {}),
      },
    };
    const axes = [{ steps: end - start, counts: undefined }];
    const { loss, ...rest } = await this.#gradients(
      piece,
      { whole: { rows: whole.rows, axes }, divisors: [Math.max(count, 1)] },
      carried,
    );
    return { ...rest, loss: count ? loss : 0 };
  }

  /** Local steps of all shards, then the mean of their parameters. */
  async #averaged(batch: Piece, every: number): Promise<StepResult> {
    const trainer = this.#trainer;
    const { shards } = this.#options;
    const { whole } = trainer.survey(batch);
    const { rows } = whole;
    const { carried } = trainer;
    const batches = ranges({ first: 0, last: rows }, every).map((range) => ({
      whole: rowsOf(whole, range.first, range.last),
      first: range.first,
      cuts: ranges(range, shards),
    }));
    const pieces = Array.from({ length: shards }, (_, shard) => ({
      shard,
      batches: batches.map(({ cuts, first, whole: own }) => ({
        ...this.#cut(batch, whole, cuts[shard]!),
        ...{ whole: own, first: cuts[shard]!.first - first, states: cutStates(carried, cuts[shard]!) },
      })),
    }));
    const given = trainer.save();
    const checkpoints: Uint8Array[] = [];
    const results: Omit<LocalResult, 'checkpoint'>[] = [];
    await this.#compute(bytesOf(given), pieces, ({ large, rest }) => {
      checkpoints.push(new Uint8Array(large));
      results.push(unpack(rest));
    });
    trainer.restore(averaged(checkpoints));
    trainer.carried = joinStates(batches.flatMap((_, k) => results.map(({ steps }) => steps[k]!.states)));
    const made = results.flatMap(({ steps }) => steps.map(({ result }) => result));
    const mean = (of: (result: StepResult) => number) =>
      made.reduce((sum, it) => sum + of(it), 0) / made.length;
    return {
      loss: mean(({ loss }) => loss),
      gradNorm: mean(({ gradNorm }) => gradNorm),
      lr: made.at(-1)!.lr,
      penalty: mean(({ penalty }) => penalty),
      ...(made.at(-1)!.accumulated === undefined ? {} : { accumulated: made.at(-1)!.accumulated }),
    };
  }
}

/** Rows of a batch as one of their own. */
function rowsOf({ axes }: WholeBatch, first: number, last: number): WholeBatch {
  return {
    rows: last - first,
    axes: axes.map(({ steps, counts }) => ({ steps, counts: counts?.subarray(first, last) })),
  };
}
