import type { SequentialBase } from '../model/core/sequentialBase.ts';
import type {
  ExposedDescription,
  LossDescription,
  OptimizerDescription,
  ScheduleDescription,
} from '../model/fromDescription.ts';
import type { StepOptions, StepResult, TrainerOptions } from '../model/trainer.ts';
import type { Given } from '../ndarray.ts';
import type { KernelBuild } from '../wasm/runtime.ts';

/** What a trainer in a worker is made of: TrainerOptions, its functions and classes described by plain data. */
export interface WorkerTrainerOptions extends Omit<TrainerOptions, 'loss' | 'optimizer' | 'schedule'> {
  /** `'crossEntropy'`, or with its options `{ name: 'crossEntropy', ignoreIndex: 0 }`; likewise mse, bceWithLogits. */
  readonly loss: LossDescription | ExposedDescription;
  /** `{ name: 'adamw', lr: 1e-3 }`; likewise sgd, adam, rmsprop, adagrad. */
  readonly optimizer: OptimizerDescription | ExposedDescription;
  /** `{ name: 'cosineLR', steps: 1000 }`; likewise stepLR, warmup. */
  readonly schedule?: ScheduleDescription | undefined;
  /** As `init` takes it, in the worker. */
  readonly kernels?: 'auto' | KernelBuild | undefined;
  /** As `init` takes it, in the worker. */
  readonly revectorize?: boolean | undefined;
  /** The kernels' binary for the worker: bytes, or a Module compiled already. */
  readonly wasm?: BufferSource | WebAssembly.Module | undefined;
}

/** A model, or the file that `Sequential.save` or `Trainer.save` gave. */
export type ModelSource = SequentialBase | Uint8Array | ArrayBuffer;

/** A Worker of node:worker_threads. */
export interface NodeWorker {
  /** Sends a message. */
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Listens. */
  // biome-ignore lint/suspicious/noExplicitAny: events have arguments of their own
  on(event: string, listener: (value: any) => void): unknown;
  /** Ends the worker. */
  terminate(): Promise<number>;
  /** Keeps the process alive. */
  ref(): void;
  /** Lets the process end. */
  unref(): void;
}

/** How `WorkerTrainer.create` makes its worker. */
export interface WorkerOptions {
  /**
   * Makes the worker, where a bundler does not find this package's own: a module worker whose script imports
   * unrolled/worker/host. It serves one trainer, which ends it.
   */
  readonly worker?: (() => Worker | NodeWorker) | undefined;
  /** Ends a creation that is under way. */
  readonly signal?: AbortSignal | undefined;
}

/** What a step in a worker takes beside x and y. */
export interface WorkerStepOptions extends StepOptions {
  /** Move the buffers of x, y and the options to the worker rather than copy them: they are empty afterwards. */
  readonly transfer?: boolean | undefined;
}

/** What one update of `fit` is made on. */
export interface Batch {
  /** As `step` takes it. */
  readonly x: Given;
  /** As `step` takes it. */
  readonly y: Given;
  /** Of this step, instead of those of `fit`. */
  readonly options?: StepOptions | undefined;
}

/**
 * Next-token training on a text that lies in the worker: B lanes, evenly spread over it, one sequence a lane and update;
 * after the end comes the beginning. What an update reads depends on the number of updates made before, so a restored
 * trainer goes on where the saved one was.
 */
export interface Corpus {
  /** Indices, more than one sequence. */
  readonly data: Int32Array | Uint8Array | Uint16Array;
  /** T. */
  readonly stepsPerSequence: number;
  /** B. */
  readonly batch: number;
  /** Updates to make. */
  readonly updates: number;
}

/** Batches, taken as the worker needs them, two ahead. */
export type Batches = Iterable<Batch> | AsyncIterable<Batch>;

/** How far `fit` is: the result of the last step, and: */
export interface Progress extends StepResult {
  /** Updates the trainer has made in its life. */
  readonly step: number;
  /** Of every update since the last event, in order. */
  readonly losses: readonly number[];
  /** Rows of steps, T·B an update, over the time since `fit` began, pauses left out. */
  readonly tokensPerSecond: number;
  /** `undefined` where the number of updates is not known. */
  readonly secondsLeft: number | undefined;
}

/** What `fit` takes beside the data. */
export interface FitOptions {
  /** Hears how far it is. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Updates between two progress events. Default: one every 100 ms. */
  readonly progressEvery?: number | undefined;
  /** Stops between two updates: the promise rejects with the signal's reason, and the trainer stays usable. */
  readonly signal?: AbortSignal | undefined;
  /** Updates in all, where batches are given: for `secondsLeft`. */
  readonly updates?: number | undefined;
  /** Move the buffers of the data to the worker rather than copy them: they are empty afterwards. Default false. */
  readonly transfer?: boolean | undefined;
  /** Of every step, but where a batch has its own. */
  readonly stepOptions?: StepOptions | undefined;
}

/** What `fit` has done. */
export interface FitResult {
  /** Updates made. */
  readonly updates: number;
  /** Mean over them; NaN where there were none. */
  readonly loss: number;
  /** Updates left out with `nonFinite: 'skip'`. */
  readonly skipped: number;
  /** Pauses left out. */
  readonly seconds: number;
}

/** What `sample` takes. */
export interface SampleOptions {
  /** Indices the model reads first, at least one. */
  readonly prompt: ArrayLike<number>;
  /** Indices to write. */
  readonly length: number;
  /** 0 always takes the likeliest. Default 1. */
  readonly temperature?: number | undefined;
  /** The same one gives the same indices on every engine, with the same weights and kernels. Default 0. */
  readonly seed?: number | undefined;
}

/** What a model wrote. */
export interface Sample {
  /** Those after the prompt. */
  readonly indices: Int32Array<ArrayBuffer>;
  /** softmax(output) of each, whatever the temperature: how likely the model held it. */
  readonly probabilities: Float32Array<ArrayBuffer>;
}
