import type { Metric, MetricFunction, MetricValue } from '../../data/metrics/metric.ts';
import type { MetricDescription } from '../../data/metrics/table.ts';
import type { Given } from '../../ndarray.ts';
import type { GraphSteps } from '../graph/countedSteps.ts';
import type { Named } from '../graph/named.ts';
import type { StepOptions, StepResult } from '../trainerTypes.ts';
import type { BatchOptions } from '../training/fullTypes.ts';
import type { FitExample } from './fitExample.ts';

/** A batch, as `step` takes it. */
export interface Batch extends BatchOptions {
  /** Same as the argument of `step`. */
  readonly x: Named<Given>;
  /** Same as the argument of `step`. */
  readonly y: Named<Given>;
  /** Options of this step, instead of `stepOptions` of `fit`; also `lengths`, `mask`, `weights` next to x and y. */
  readonly options?: StepOptions | undefined;
}

/** Batches, read once per epoch. */
export type Batches = Iterable<Batch> | AsyncIterable<Batch>;

/** A whole data set of N examples, which `fit` cuts in batches. Time-major; vectors of a `Model` are [N, size]. */
export interface Arrays extends GraphSteps {
  /** [T, N] indices or [T, N, inputSize]; by name if the model's inputs are. */
  readonly x: Named<Given>;
  /** [T, N] indices or [T, N, outputSize]; by name if the model's outputs are. */
  readonly y: Named<Given>;
  /** [T, N] how much each target counts. */
  readonly weights?: BatchOptions['weights'] | undefined;
}

/**
 * Next-token training on a text. The batch's B rows start at evenly spaced positions and read one sequence per update,
 * wrapping around at the end. The position depends only on the number of updates made, so a restored trainer continues
 * where the saved one stopped. States that are carried go on from epoch to epoch.
 */
export interface Corpus {
  /** Indices; longer than one sequence. */
  readonly data: Int32Array | Uint8Array | Uint16Array;
  /** Sequence length T. */
  readonly stepsPerSequence: number;
  /** Batch size B. */
  readonly batch: number;
  /** Number of updates per epoch. */
  readonly updates: number;
}

/**
 * Data for `fit`: a whole data set; with `batchSize` a list of examples of different lengths; batches, or a function that
 * returns those of an epoch (from 1); or a text.
 */
export type FitData = Arrays | readonly FitExample[] | Batches | ((epoch: number) => Batches) | Corpus;

/** A metric by name, as `{ name, …options }`, as an object, or as a function over (output, target). */
export type AnyMetric = MetricDescription | Metric | MetricFunction;

/** Options that say how data are cut in batches. */
export interface BatchingOptions {
  /** Examples per batch, of arrays and lists of examples; the last batch may have fewer. Default 32. */
  readonly batchSize?: number | undefined;
}

/** Options of `validate`. */
export interface ValidationOptions extends BatchingOptions {
  /** Metrics of the outputs; for a `Model` with named outputs, lists by name. */
  readonly metrics?: readonly AnyMetric[] | Readonly<Record<string, readonly AnyMetric[]>> | undefined;
}

/** Options of `fit` that follow a metric of the validation. */
export interface MonitorOptions {
  /** What `patience`, `restoreBest` and a `plateau` follow: `'loss'` (default) or the name of a metric, on `validation`. */
  readonly monitor?: string | undefined;
  /** Whether the monitored value is to fall or to rise. Default: that of the metric, else `'min'`. */
  readonly mode?: 'min' | 'max' | undefined;
  /** Smallest change of the monitored value that is an improvement. Default 0. */
  readonly minDelta?: number | undefined;
  /** Epochs without improvement after which training stops. Default: none. */
  readonly patience?: number | undefined;
  /** Whether the parameters, buffers and averages of the best epoch are restored at the end. Default false. */
  readonly restoreBest?: boolean | undefined;
}

/** Options of `fit`. */
export interface FitOptions extends ValidationOptions, MonitorOptions {
  /** Number of times the data are read. Default 1. */
  readonly epochs?: number | undefined;
  /** Whether examples are drawn in another order in each epoch. Default true, with `carryState` false. */
  readonly shuffle?: boolean | undefined;
  /** Seed of the order. Default 0. */
  readonly seed?: number | undefined;
  /**
   * Data that the loss and the metrics are computed on after each epoch, without dropout and with the moving averages if the
   * trainer has them.
   */
  readonly validation?: FitData | undefined;
  /** Called with the progress; training waits for a promise that it returns, except in a worker. */
  readonly onProgress?: ((progress: Progress) => unknown) | undefined;
  /** Steps between calls of `onProgress`. Default: one call every 100 ms. There is one at the end of each epoch, too. */
  readonly progressEvery?: number | undefined;
  /** In Node: lines on stderr, or a bar if cli-progress is installed. Default false. */
  readonly progress?: boolean | undefined;
  /** Stops between two steps; `fit` returns what was reached. */
  readonly signal?: AbortSignal | undefined;
  /** Keeps checkpoints, from which `resume` continues. */
  readonly checkpoint?: Checkpointing | undefined;
  /** A checkpoint of `fit` with the same data and options: training continues from there. */
  readonly resume?: Uint8Array | ArrayBuffer | undefined;
  /** Options of every step, unless a batch has its own. */
  readonly stepOptions?: StepOptions | undefined;
  /** Number of batches per epoch, if the data don't tell it; used for `secondsLeft`. */
  readonly updates?: number | undefined;
}

/** How `fit` keeps checkpoints. */
export interface Checkpointing {
  /** Steps between checkpoints. Default: one at the end of each epoch. */
  readonly every?: number | undefined;
  /** Takes the bytes, also when `signal` stops a fit in the middle of an epoch that can be continued there; training waits for a promise that it returns, except in a worker. */
  readonly save: (bytes: Uint8Array<ArrayBuffer>) => unknown;
}

/** What was reached in an epoch. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Mean loss of the steps; NaN if there were none. */
  readonly loss: number;
  /** Mean loss of the validation data; undefined without them. */
  readonly validationLoss?: number | undefined;
  /** Of the validation data, by name; `output.name` for a `Model` with named outputs. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** Learning rate of the last step. */
  readonly lr: number;
  /** Duration in seconds, validation included, without pauses. */
  readonly seconds: number;
}

/** The progress of `fit`: the result of the last step and: */
export interface Progress extends StepResult {
  /** Total number of updates the trainer has made. */
  readonly step: number;
  /** Epoch, from 1. */
  readonly epoch: number;
  /** Number of epochs. */
  readonly epochs: number;
  /** Number of steps made in this epoch. */
  readonly batch: number;
  /** Number of steps per epoch, if known. */
  readonly batches: number | undefined;
  /** Losses of all steps since the last event, in order. */
  readonly losses: readonly number[];
  /** Tokens (T·B per step; with several inputs, of the largest) per second since `fit` started, without pauses. */
  readonly tokensPerSecond: number;
  /** Estimated time left in seconds; `undefined` if the number of steps is not known. */
  readonly secondsLeft: number | undefined;
  /** In the last event of an epoch: what was reached in it. */
  readonly record?: EpochRecord | undefined;
}

/** The result of `fit`. */
export interface FitResult {
  /** A record per epoch that was completed, also of those before `resume`. */
  readonly history: readonly EpochRecord[];
  /** Why it ended: all epochs were made, `patience` was exhausted, or the signal was aborted. */
  readonly stopped: 'epochs' | 'patience' | 'aborted';
  /** Epoch with the best monitored value, from 1; undefined without validation. */
  readonly bestEpoch: number | undefined;
  /** Updates made. */
  readonly updates: number;
  /** Mean loss over the steps; NaN if there were none. */
  readonly loss: number;
  /** Steps skipped with `nonFinite: 'skip'`. */
  readonly skipped: number;
  /** Duration in seconds, without pauses. */
  readonly seconds: number;
}

/** The result of `validate`. */
export interface ValidationResult {
  /** Mean loss over the targets that count. */
  readonly loss: number;
  /** By name; `output.name` for a `Model` with named outputs. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
}
