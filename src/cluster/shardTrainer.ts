import { floats } from '../allocate.ts';
import { NonFiniteError } from '../errors.ts';
import { emptyBatch } from '../model/core/batch.ts';
import type { SavedStates } from '../model/core/save.ts';
import { type Ports, portsOf } from '../model/fit/ports.ts';
import { GraphObjective } from '../model/graph/graphObjective.ts';
import type { Model } from '../model/graph/model.ts';
import type { Named } from '../model/graph/named.ts';
import type { Sequential } from '../model/sequential.ts';
import { type BatchOptions, type StepResult, Trainer } from '../model/trainer.ts';
import type { FullTraining } from '../model/training/fullTraining.ts';
import type { WeightedObjective } from '../model/training/weightedObjective.ts';
import type { Given } from '../ndarray.ts';

/** What a step needs to know of a whole batch before it is cut. */
export interface Survey {
  readonly rows: number;
  /** Divisor of the mean of each output's loss. */
  readonly divisors: readonly number[];
}

/** A shard of a batch, as it is computed anywhere. */
export interface Shard {
  /** Its number. */
  readonly shard: number;
  readonly x: Named<Given>;
  readonly y: Named<Given>;
  readonly options: BatchOptions | undefined;
  readonly divisors: readonly number[];
  /** State of the generator at the start of the step, the same for all shards. */
  readonly generator: readonly number[];
  /** Carried states of its rows; undefined where the step starts from zeros. */
  readonly states: SavedStates | undefined;
}

/** Its part of the gradients and of the loss. */
export interface ShardResult {
  readonly gradients: Float32Array<ArrayBuffer>;
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
  readonly batches: readonly Pick<Shard, 'x' | 'y' | 'options' | 'states'>[];
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

  get #parts(): readonly Pick<WeightedObjective, 'count' | 'divisor'>[] {
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

  /** All parameters as one block. */
  get parameters(): Float32Array<ArrayBuffer> {
    const { arena, block } = this.training.network;
    return arena.read(block);
  }

  set parameters(values: Float32Array) {
    const { network } = this.training;
    network.arena.write(network.block, values);
    network.version++;
  }

  get generator(): readonly number[] {
    return this.training.network.generator.state;
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

  /** Checks a batch as a step does, and counts its targets. */
  survey(x: Named<Given>, y: Named<Given>, options: BatchOptions | undefined): Survey {
    const { training } = this;
    const { network, objective } = training;
    network.enter('step');
    try {
      const batch = training.read(this.#batch, x as Given, y as Given, options);
      const outputs = (objective instanceof GraphObjective && objective.batches.get(batch)) || [batch];
      const rows = outputs[0]!.x.batch;
      // checks the batch of the carried states
      training.roomNow(batch);
      const plan = training.written(batch, false);
      const plans = 'planOutputs' in plan ? (plan.planOutputs as (typeof plan)[]) : [plan];
      return { rows, divisors: this.#parts.map((part, i) => part.count(outputs[i]!, plans[i]!)) };
    } finally {
      network.leave();
    }
  }

  /** Computes a shard with the parameters as they are. */
  compute({ x, y, options, shard, divisors, generator, states }: Shard): ShardResult {
    const { training } = this;
    this.carried = states;
    training.network.generator.state = drawing(generator, shard);
    const parts = this.#parts;
    const gradients = floats(training.trainedCount);
    for (const [i, part] of parts.entries()) part.divisor = divisors[i];
    try {
      const { loss, penalty } = training.gradientsOf(gradients, x as Given, y as Given, options);
      return { gradients, loss, penalty, generator: this.generator, states: this.carried };
    } finally {
      for (const part of parts) part.divisor = undefined;
    }
  }

  /** Makes local steps from the state of a checkpoint. */
  local(checkpoint: Uint8Array, { shard, batches }: Local): LocalResult {
    this.restore(checkpoint);
    const { generator } = this.training.network;
    generator.state = drawing(generator.state, shard);
    const steps = batches.map(({ x, y, options, states }) => {
      this.carried = states;
      return { result: this.step(x, y, options), states: this.carried };
    });
    this.carried = undefined;
    return { checkpoint: this.save(), steps };
  }

  /** Makes the update of a step with the sum of its shards. With `nonFinite: 'skip'` the result says whether it was left out. */
  finish({ gradients, loss, penalty, generator, states }: ShardResult): StepResult {
    const { training } = this;
    try {
      const result = training.applyGradients(gradients, loss, penalty);
      training.network.generator.state = generator;
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

/** The state from which a shard draws: its rows get masks of their own. Those of the first shard are the trainer's. */
function drawing(state: readonly number[], shard: number): number[] {
  return [...state.slice(0, 3), (state[3]! ^ Math.imul(shard, 0x9e3779b9)) >>> 0];
}
