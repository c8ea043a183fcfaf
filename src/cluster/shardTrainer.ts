import { floats } from '../allocate.ts';
import { NonFiniteError } from '../errors.ts';
import type { SegmentedBptt } from '../model/bptt/segmentedBptt.ts';
import { type Batch, emptyBatch } from '../model/core/batch.ts';
import type { SavedStates } from '../model/core/save.ts';
import { type Ports, portsOf } from '../model/fit/ports.ts';
import { GraphObjective } from '../model/graph/graphObjective.ts';
import { Model } from '../model/graph/model.ts';
import type { Sequential } from '../model/sequential.ts';
import { type StepResult, Trainer } from '../model/trainer.ts';
import type { FullTraining } from '../model/training/fullTraining.ts';
import { GradientSum } from '../model/training/gradientSum.ts';
import { outputsOf, PartOfBatch, type WholeBatch, wholeOf } from '../model/training/partOfBatch.ts';
import type { WeightedObjective } from '../model/training/weightedObjective.ts';
import type { Given } from '../ndarray.ts';
import type { Piece } from './cut.ts';

/** What a step needs to know of a whole batch before it is cut. */
export interface Survey {
  readonly whole: WholeBatch;
  /** Divisor of the mean of each output's loss. */
  readonly divisors: readonly number[];
  /** Of the steps that are counted on their own. */
  readonly counts: readonly number[];
}

/** Steps from `from` to before `end`. */
interface Span {
  readonly from: number;
  readonly end: number;
}

/** Rows of a batch. */
interface Rows extends Piece {
  /** The batch that they are a part of, and the first of them in it: they draw random numbers as they would there. */
  readonly whole: WholeBatch;
  readonly first: number;
  /** Carried states of its rows; undefined where the step starts from zeros. */
  readonly states: SavedStates | undefined;
}

/** A shard of a batch, as it is computed anywhere. */
export interface Shard extends Rows {
  /** Its number. */
  readonly shard: number;
  readonly divisors: readonly number[];
  /** State of the generator at the start of the step, the same for all shards. */
  readonly generator: readonly number[];
}

/** Its part of the gradients and of the loss. */
export interface ShardResult {
  readonly gradients: Float32Array;
  readonly loss: number;
  readonly penalty: number;
  /** State of the generator at the end. */
  readonly generator: readonly number[];
  /** Last states of its rows, where states are carried. */
  readonly states: SavedStates | undefined;
}

/** Batches for the local steps of a shard. */
export interface Local {
  /** Number of the shard. */
  readonly shard: number;
  readonly batches: readonly Rows[];
}

/** A checkpoint after local steps, without carried states. */
export interface LocalResult {
  readonly checkpoint: Uint8Array;
  /** What each step gave, and the states that it ended in. */
  readonly steps: readonly { readonly result: StepResult; readonly states: SavedStates | undefined }[];
}

/** A trainer whose steps can be made in shards. */
export class ShardTrainer extends Trainer<Sequential | Model> {
  readonly #batch = emptyBatch();

  get #parts(): readonly Pick<WeightedObjective, 'count' | 'counted' | 'divisor'>[] {
    const { objective } = this.training;
    return objective instanceof GraphObjective ? objective.parts : [objective as WeightedObjective];
  }

  /** What a batch consists of. */
  get ports(): Ports {
    return portsOf(this.training);
  }

  /** What `fit` updates. */
  get trained(): FullTraining {
    return this.training;
  }

  /** All parameters as one block, in the memory of the model. */
  get parameters(): Float32Array {
    const { arena, block } = this.training.network;
    return arena.f32.subarray(block.ptr / 4, block.ptr / 4 + block.length);
  }

  set parameters(values: Float32Array) {
    const { network } = this.training;
    network.arena.write(network.block, values);
    network.version++;
  }

  /** Number of parameters that have a gradient. */
  get gradientCount(): number {
    return this.training.trainedCount;
  }

  /** Memory for the sum of the gradients of shards. */
  gradientSum(): GradientSum {
    return new GradientSum(this.training.network, this.gradientCount);
  }

  get generator(): readonly number[] {
    return this.training.network.generator.state;
  }

  set generator(state: readonly number[]) {
    this.training.network.generator.state = [...state];
  }

  /** The carried states. */
  get carried(): SavedStates | undefined {
    return this.training.savedStates();
  }

  set carried(given: SavedStates | undefined) {
    const states = new Map(given?.states.map(({ data }, i) => [`carried.${i}`, data]));
    const file = this.training.readStates(given?.batch, (name) => states.get(name)!);
    file.reserve();
    file.write();
  }

  /**
   * Checks a batch as a step does, and counts its targets.
   * @param spans steps that are counted on their own
   */
  survey({ x, y, options }: Piece, spans: (steps: number) => readonly Span[] = () => []): Survey {
    const { training } = this;
    const { network, parts } = training;
    if (options) this.checkStep(options);
    training.averages?.swappedOut('step');
    return network.during('step', () => {
      const batch = training.read(this.#batch, x as Given, y as Given, options);
      // checks the batch of the carried states
      training.roomNow(batch);
      return parts ? this.#surveyParts(batch, parts as SegmentedBptt, spans) : this.#surveyWhole(batch);
    });
  }

  #surveyWhole(batch: Batch): Survey {
    const { training } = this;
    const { objective } = training;
    const plan = training.written(batch, false);
    const outputs = (objective instanceof GraphObjective && objective.batches.get(batch)) || [batch];
    const plans = outputsOf(plan);
    return {
      whole: wholeOf(plan),
      divisors: this.#parts.map((part, i) => part.count(outputs[i]!, plans[i]!)),
      counts: [],
    };
  }

  /** Of a sequence that is taken in parts: without memory for it as a whole. */
  #surveyParts(batch: Batch, parts: SegmentedBptt, spans: (steps: number) => readonly Span[]): Survey {
    parts.check(batch);
    const { steps, batch: rows } = batch.x;
    const count = ({ from, end }: Span) =>
      this.#parts[0]!.counted(batch, (end - from) * rows, from * rows, batch.y.data);
    return {
      whole: { rows, axes: [{ steps, counts: undefined }] },
      divisors: [count({ from: 0, end: steps })],
      counts: spans(steps).map(count),
    };
  }

  /** Computes a shard with the parameters as they are. gradients: where its gradients go. */
  compute(given: Shard, gradients: Float32Array = floats(this.gradientCount)): ShardResult {
    const { x, y, options, shard, divisors, generator, states, whole, first } = given;
    const { training } = this;
    this.carried = states;
    this.generator = generator;
    const parts = this.#parts;
    for (const [i, part] of parts.entries()) part.divisor = divisors[i];
    try {
      return this.#asPartOf(whole, first, shard === 0, () => {
        const { loss, penalty } = training.gradientsOf(gradients, x as Given, y as Given, options);
        return { gradients, loss, penalty, generator: this.generator, states: this.carried };
      });
    } finally {
      for (const part of parts) part.divisor = undefined;
    }
  }

  /** Makes local steps from the state of a checkpoint. */
  local(checkpoint: Uint8Array, { batches }: Local): LocalResult {
    this.restore(checkpoint);
    const steps = batches.map(({ x, y, options, states, whole, first }) => {
      this.carried = states;
      const result = this.#asPartOf(whole, first, true, () => this.step(x, y, options));
      return { result, states: this.carried };
    });
    this.carried = undefined;
    return { checkpoint: this.save(), steps };
  }

  #asPartOf<T>(whole: WholeBatch, first: number, isFirst: boolean, run: () => T): T {
    const { arena, generator } = this.training.network;
    generator.part = new PartOfBatch(arena, whole, first, isFirst, this.model instanceof Model);
    try {
      return run();
    } finally {
      generator.part = undefined;
    }
  }

  /** Makes the update of a step with the sum of its shards. With `nonFinite: 'skip'` the result says whether it was left out. */
  finish({ gradients, loss, penalty, generator, states }: ShardResult): StepResult {
    const { training } = this;
    try {
      const result = this.safely('step', () => training.applyGradients(gradients, loss, penalty), []);
      this.generator = generator;
      if (states) this.carried = states;
      return result;
    } catch (error) {
      if (!(error instanceof NonFiniteError && training.skips)) throw error;
      training.skipped++;
      const { gradNorm = Number.NaN } = error;
      return { loss, gradNorm, lr: training.optimizer.lr, penalty: 0, skipped: true };
    }
  }
}
