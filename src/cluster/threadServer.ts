import { StateError } from '../errors.ts';
import type { TrainerOptions } from '../model/trainer.ts';
import { init } from '../wasm/inlined.ts';
import { type Exposed, loadModel, madeOptions } from '../worker/exposed.ts';
import { identityOf } from './identity.ts';
import { pack, packed, type Spec, type TaskSpec, unpack } from './jobs.ts';
import { runFit, runTask, type SweepTask } from './runFit.ts';
import { type Local, type Shard, ShardTrainer } from './shardTrainer.ts';
import { bytesOf, floatsOf, type Result } from './values.ts';

/** Answers the calls of a worker in its thread. */
export class ThreadServer {
  readonly exposed: Exposed = {};
  readonly tasks: Record<string, SweepTask> = {};
  #trainer: ShardTrainer | undefined;
  #isLocal = false;
  /** Where local steps start. */
  #checkpoint: Uint8Array | undefined;
  /** Memory that the worker reads, too. */
  #gradients: Float32Array | undefined;

  // biome-ignore lint/suspicious/noExplicitAny: arguments are those of this package's own calls
  readonly #methods: Record<string, (...args: any[]) => unknown> = {
    load: (spec: Uint8Array) => this.#load(unpack(spec)),
    weights: (bytes: Uint8Array) => {
      if (this.#isLocal) this.#checkpoint = bytes.slice();
      else this.#ready.parameters = floatsOf(bytes);
    },
    shard: (bytes: Uint8Array) => this.#compute(bytes),
    fit: async (spec: Uint8Array, data: Uint8Array) =>
      pack(await runFit(unpack(spec), unpack(data), this.exposed)),
    task: async (bytes: Uint8Array) => {
      const spec = unpack<TaskSpec>(bytes);
      return packed(`${spec.task}()`, await runTask(spec, this.tasks));
    },
  };

  call(name: string, args: readonly unknown[]): unknown {
    const method = this.#methods[name];
    if (!method) throw new StateError(`the thread has no method ${name}: it is of another version`);
    return method(...args);
  }

  get #ready(): ShardTrainer {
    if (!this.#trainer) throw new StateError('the thread has no model yet');
    return this.#trainer;
  }

  #compute(bytes: Uint8Array): Result {
    const trainer = this.#ready;
    if (this.#isLocal) {
      const { checkpoint, ...rest } = trainer.local(this.#checkpoint!, unpack<Local>(bytes));
      return { large: checkpoint, rest: pack(rest) };
    }
    const { gradients, ...rest } = trainer.compute(unpack<Shard>(bytes), this.#gradients);
    return { large: bytesOf(gradients), rest: pack(rest) };
  }

  /** Makes a replica. Gives its identity. */
  async #load({ kernels, model, options, every }: Spec): Promise<string> {
    await init({ kernels });
    this.#trainer?.model.dispose();
    const loaded = loadModel(model, this.exposed.layers);
    const made = madeOptions(loaded, options, this.exposed);
    this.#trainer = new ShardTrainer(loaded, every ? made : replicaOptions(made));
    this.#isLocal = every > 0;
    this.#gradients = new Float32Array(new SharedArrayBuffer(4 * this.#trainer.gradientCount));
    return identityOf(kernels, loaded.save());
  }
}

/** Options of a replica that only computes gradients: no optimizer state, and no opinion on numbers. */
export function replicaOptions(options: TrainerOptions): TrainerOptions {
  const { loss, lossWeights, memoryBudget, truncation, warmup, frozen, batch } = options;
  // the states between the windows of a sequence go back to the coordinator
  const carryState = truncation ? true : options.carryState;
  const kept = { loss, lossWeights, memoryBudget, carryState, warmup, frozen, batch };
  const given = Object.entries(kept).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), loss, optimizer: { name: 'sgd', lr: 0 }, nonFinite: 'allow' };
}
