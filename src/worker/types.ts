import type { ModelBase } from '../model/core/modelBase.ts';
import type {
  ExposedDescription,
  LossDescription,
  OptimizerDescription,
  ScheduleDescription,
} from '../model/fromDescription.ts';
import type { Named } from '../model/graph/named.ts';
import type {
  BatchOptions,
  EvaluationOptions,
  StepOptions,
  StepResult,
  TrainerOptions,
} from '../model/trainer.ts';
import type { Given } from '../ndarray.ts';
import type { KernelBuild } from '../wasm/runtime.ts';

/** Options of `WorkerTrainer.create`: TrainerOptions with functions and classes described by plain data. */
export interface WorkerTrainerOptions extends Omit<TrainerOptions, 'loss' | 'optimizer' | 'schedule'> {
  /**
   * `'crossEntropy'` or, with options, `{ name: 'crossEntropy', ignoreIndex: 0 }`; also mse, bceWithLogits and
   * others. For a `Model` whose outputs have names, by output: `{ next: 'crossEntropy' }`.
   */
  readonly loss:
    | LossDescription
    | ExposedDescription
    | Readonly<Record<string, LossDescription | ExposedDescription>>;
  /** `{ name: 'adamw', lr: 1e-3 }`; also sgd, adam, rmsprop, adagrad and others. */
  readonly optimizer: OptimizerDescription | ExposedDescription;
  /** `{ name: 'cosineLR', steps: 1000 }`; also stepLR, warmup. */
  readonly schedule?: ScheduleDescription | ExposedDescription | undefined;
  /** Same as the option of `init`, in the worker. */
  readonly kernels?: 'auto' | KernelBuild | undefined;
  /** Same as the option of `init`, in the worker. */
  readonly revectorize?: boolean | undefined;
  /** The kernels' binary for the worker: bytes or a compiled Module. */
  readonly wasm?: BufferSource | WebAssembly.Module | undefined;
}

/** A model, or a file saved by `Sequential.save`, `Model.save` or `Trainer.save`. */
export type ModelSource = ModelBase | Uint8Array | ArrayBuffer;

/** The interface used of a node:worker_threads Worker. */
export interface NodeWorker {
  /** Sends a message. */
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Adds a listener. */
  // biome-ignore lint/suspicious/noExplicitAny: events have arguments of their own
  on(event: string, listener: (value: any) => void): unknown;
  /** Ends the worker. */
  terminate(): Promise<number>;
  /** Keeps the process alive. */
  ref(): void;
  /** Lets the process end. */
  unref(): void;
}

/** How `WorkerTrainer.create` starts its worker. */
export interface WorkerOptions {
  /**
   * Creates the worker if the bundler does not find this package's own: a module worker whose script imports
   * unrolled/worker/host. It belongs to one trainer, which ends it.
   */
  readonly worker?: (() => Worker | NodeWorker) | undefined;
  /** Aborts the creation. */
  readonly signal?: AbortSignal | undefined;
}

/** How a batch is sent to a worker. */
export interface Transfer {
  /**
   * Transfer the buffers of x, y and the options to the worker instead of copying them; they are detached afterwards.
   */
  readonly transfer?: boolean | undefined;
}

/** Options of a batch in a worker. */
export interface WorkerBatchOptions extends BatchOptions, Transfer {}

/** Options of an evaluation in a worker. */
export interface WorkerEvaluationOptions extends EvaluationOptions, Transfer {}

/** Options of a step in a worker. */
export interface WorkerStepOptions extends StepOptions, Transfer {}

/** The data of one update of `fit`. */
export interface Batch {
  /** Same as the argument of `step`. */
  readonly x: Named<Given>;
  /** Same as the argument of `step`. */
  readonly y: Named<Given>;
  /** Options of this step, instead of `stepOptions` of `fit`. */
  readonly options?: StepOptions | undefined;
}

/**
 * Next-token training on a text that is copied to the worker. The batch's B rows start at evenly spaced positions and
 * read one sequence per update, wrapping around at the end. The position depends only on the number of updates made,
 * so a restored trainer continues where the saved one stopped.
 */
export interface Corpus {
  /** Indices; longer than one sequence. */
  readonly data: Int32Array | Uint8Array | Uint16Array;
  /** Sequence length T. */
  readonly stepsPerSequence: number;
  /** Batch size B. */
  readonly batch: number;
  /** Number of updates. */
  readonly updates: number;
}

/** Batches, requested by the worker as needed, two in advance. */
export type Batches = Iterable<Batch> | AsyncIterable<Batch>;

/** The progress of `fit`: the result of the last step and: */
export interface Progress extends StepResult {
  /** Total number of updates the trainer has made. */
  readonly step: number;
  /** Losses of all updates since the last event, in order. */
  readonly losses: readonly number[];
  /** Tokens (T·B per update; with several inputs, of the largest) per second since `fit` started, without pauses. */
  readonly tokensPerSecond: number;
  /** Estimated time left in seconds; `undefined` if the number of updates is not known. */
  readonly secondsLeft: number | undefined;
}

/** Options of `fit`. */
export interface FitOptions {
  /** Called with the progress. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Updates between progress events. Default: one event every 100 ms. */
  readonly progressEvery?: number | undefined;
  /** Stops between two updates: the promise rejects with the signal's reason; the trainer stays usable. */
  readonly signal?: AbortSignal | undefined;
  /** Total number of batches, if known; used for `secondsLeft`. */
  readonly updates?: number | undefined;
  /**
   * Transfer the buffers of the data to the worker instead of copying them; they are detached afterwards. Default
   * false.
   */
  readonly transfer?: boolean | undefined;
  /** Options of every step, unless a batch has its own. */
  readonly stepOptions?: StepOptions | undefined;
}

/** The result of `fit`. */
export interface FitResult {
  /** Updates made. */
  readonly updates: number;
  /** Mean loss over the updates; NaN if there were none. */
  readonly loss: number;
  /** Updates skipped with `nonFinite: 'skip'`. */
  readonly skipped: number;
  /** Duration in seconds, without pauses. */
  readonly seconds: number;
}

/** Options of `sample`. */
export interface SampleOptions {
  /** Indices the model reads first, at least one. */
  readonly prompt: ArrayLike<number>;
  /** Number of indices to generate. */
  readonly length: number;
  /** 0 always picks the most likely index. Default 1. */
  readonly temperature?: number | undefined;
  /** With the same weights and kernels, the same seed gives the same indices on every engine. Default 0. */
  readonly seed?: number | undefined;
}

/** Indices generated by a model. */
export interface Sample {
  /** The indices after the prompt. */
  readonly indices: Int32Array<ArrayBuffer>;
  /** softmax(output) of each generated index, at temperature 1. */
  readonly probabilities: Float32Array<ArrayBuffer>;
}
