import { boolean, callable, finite, integer, type Names, oneOf, options, reading } from '../../check.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import type { FullTraining } from '../training/fullTraining.ts';
import { batchSizeOf } from './arraySource.ts';
import type { FitHost, FitRequest } from './fitRun.ts';
import { FitRun } from './fitRun.ts';
import { FitState } from './fitState.ts';
import { Metrics } from './metrics.ts';
import { portsOf } from './ports.ts';
import { progressLines } from './progressLines.ts';
import type { Source } from './source.ts';
import { sourceOf } from './sources.ts';
import type { Checkpointing, FitData, FitOptions, ValidationOptions } from './types.ts';

export const VALIDATION: Names<ValidationOptions> = { batchSize: true, metrics: true };

export const FIT: Names<FitOptions> = {
  ...VALIDATION,
  epochs: true,
  shuffle: true,
  seed: true,
  validation: true,
  monitor: true,
  mode: true,
  minDelta: true,
  patience: true,
  restoreBest: true,
  onProgress: true,
  progressEvery: true,
  progress: true,
  signal: true,
  checkpoint: true,
  resume: true,
  stepOptions: true,
  updates: true,
};

/** Data of a caller, or a source of batches. */
type Data = FitData | Source;

/** Options of a caller, whose validation may be a source of batches. */
export type PreparedOptions = Omit<FitOptions, 'validation'> & { readonly validation?: Data | undefined };

/**
 * Checks the data and options of `fit`, and reads a checkpoint to continue from.
 * @param restore reads a checkpoint into the trainer and the state of the fit
 * @throws {ArgumentError | ShapeError} if an option is unknown or invalid
 * @throws {FormatError} if the checkpoint is not valid
 */
export function prepareFit(
  host: FitHost & { restore(bytes: Uint8Array | ArrayBuffer, state: FitState): void },
  data: Data,
  opts: PreparedOptions | undefined,
  paused = false,
): FitRun {
  const given = options<PreparedOptions>('fit', opts, FIT);
  const { training } = host;
  const ports = portsOf(training);
  const epochs = integer('epochs', given.epochs ?? 1, 1);
  const { batchSize, updates } = given;
  const seed = integer('seed', given.seed ?? 0, 0);
  const shuffles = boolean('shuffle', given.shuffle ?? !training.carries);
  if (shuffles && training.carries)
    throw new ArgumentError(
      'shuffle',
      'false with carryState, which continues the rows of the last batch',
      true,
    );
  if (updates !== undefined) integer('updates', updates, 0);
  const read = { batchSize, epochs, updates };
  const source = sourceOf(training, ports, data, 'data', { ...read, seed: shuffles ? seed : undefined });
  const validation =
    given.validation === undefined
      ? undefined
      : sourceOf(training, ports, given.validation, 'validation', { batchSize, epochs, seed: undefined });
  const restoreBest = boolean('restoreBest', given.restoreBest ?? false);
  const request: FitRequest = {
    ...{ source, ports, epochs, validation },
    ...watched(given, new Metrics(ports, given.metrics), validation !== undefined),
    ...told(given),
    stepOptions: given.stepOptions,
  };
  const isCut = source.seekable && !source.wraps;
  const state = new FitState(training, {
    restoreBest,
    batchSize: isCut ? batchSizeOf(batchSize) : undefined,
    seed: isCut && shuffles ? seed : undefined,
    batches: source.seekable ? source.batches : undefined,
  });
  if (given.resume !== undefined) {
    state.read(given.resume);
    host.restore(given.resume, state);
    if (!source.seekable) state.restartEpoch();
  }
  return new FitRun(host, request, state, paused);
}

/** The data and metrics of `validate`. */
export function prepareValidation(
  training: FullTraining,
  data: FitData | Source,
  opts: ValidationOptions | undefined,
): { readonly source: Source; readonly metrics: Metrics } {
  const { batchSize, metrics } = options('validate', opts, VALIDATION);
  const ports = portsOf(training);
  return {
    source: sourceOf(training, ports, data, 'data', { batchSize, epochs: 1, seed: undefined }),
    metrics: new Metrics(ports, metrics),
  };
}

/** What is monitored, and what for. */
function watched(
  { monitor = 'loss', mode, minDelta = 0, patience, restoreBest }: PreparedOptions,
  metrics: Metrics,
  hasValidation: boolean,
): Pick<FitRequest, 'metrics' | 'monitor' | 'mode' | 'minDelta' | 'patience'> {
  if (patience !== undefined) integer('patience', patience, 1);
  finite('minDelta', minDelta, 0);
  if (mode !== undefined) oneOf('mode', mode, ['min', 'max']);
  const metric = metrics.find(monitor);
  if (monitor !== 'loss' && !metric) {
    throw new ArgumentError('monitor', `one of ${['loss', ...metrics.keys].join(', ')}`, monitor);
  }
  const needs = { patience, restoreBest, metrics: !metrics.isEmpty, monitor: metric };
  for (const [name, value] of Object.entries(needs)) {
    if (value && !hasValidation)
      throw new ArgumentError('validation', `data, which ${name} needs`, new Verbatim('none'));
  }
  return {
    metrics,
    monitor: metric && monitor,
    mode: mode ?? metric?.mode ?? 'min',
    minDelta,
    patience,
  };
}

/** Whom progress and checkpoints are told. */
function told({
  onProgress,
  progress = false,
  progressEvery,
  checkpoint,
}: PreparedOptions): Pick<FitRequest, 'progress' | 'progressEvery' | 'save' | 'saveEvery'> {
  if (onProgress !== undefined) callable('onProgress', onProgress);
  if (progressEvery !== undefined) integer('progressEvery', progressEvery, 1);
  const lines = boolean('progress', progress) ? progressLines() : undefined;
  const { every, save } = checkpointOf(checkpoint);
  return {
    progress:
      (lines &&
        ((event) => {
          lines(event);
          return onProgress?.(event);
        })) ||
      onProgress,
    progressEvery,
    save,
    saveEvery: save && every,
  };
}

/** @throws {ArgumentError} unless it has a function `save` */
export function checkpointOf(given: Checkpointing | undefined): Partial<Checkpointing> {
  if (given === undefined) return {};
  const { every, save } = options('checkpoint', given, { every: true, save: true });
  if (every !== undefined) integer('checkpoint.every', every, 1);
  callable('checkpoint.save', save);
  return { every, save };
}

/** @throws {ArgumentError} unless it is an AbortSignal */
export function signalOf(signal: AbortSignal | undefined): AbortSignal | undefined {
  const isSignal = reading('signal', signal, () => typeof signal?.throwIfAborted === 'function');
  if (signal === undefined || isSignal) return signal;
  throw new ArgumentError('signal', 'an AbortSignal', signal);
}
