import { boolean, type Filled, integer, type Names, number } from '../../check.ts';
import { MAX_LAYERS } from '../../engine/layer.ts';
import { ArgumentError, MemoryError } from '../../errors.ts';
import type { Initializer } from '../../init/initializers.ts';

/** How the outputs of both directions become one: side by side, or Keras's other modes. */
export type MergeMode = 'concat' | 'sum' | 'mul' | 'ave';
const MERGE_MODES: readonly MergeMode[] = ['concat', 'sum', 'mul', 'ave'];

/** Options every recurrent layer has; defaults are torch.nn's. */
export interface RecurrentOptions {
  /** Layers on top of each other. Default 1. */
  readonly numLayers?: number | undefined;
  /** Whether there are biases. Default true. */
  readonly bias?: boolean | undefined;
  /** A second direction, from each row's own last step to its first; its parameters end in `_reverse`. Default false. */
  readonly bidirectional?: boolean | undefined;
  /** Of a bidirectional layer: `concat` (default, as torch.nn), or Keras's `sum`, `mul`, `ave`. */
  readonly mergeMode?: MergeMode | undefined;
  /** `forward` and `backward` of the layer alone take and give [B, T, ·] instead of [T, B, ·]. Default false. */
  readonly batchFirst?: boolean | undefined;
  /** While training, zeros outputs of all stacked layers but the last, each element on its own (torch.nn). Default 0. */
  readonly dropout?: number | undefined;
  /** While training, zeros features of the input of every stacked layer, the same at all steps (Keras's `dropout`). */
  readonly inputDropout?: number | undefined;
  /** Backpropagation scales dL/dh (of an SRU dL/dc) of each step and row down to this 2-norm. Default: no limit. */
  readonly clipStepNorm?: number | undefined;
  /** By kind of parameter, such as `weight_hh`; those left out start as the layer says, or as torch.nn's. */
  readonly init?: Readonly<Record<string, Initializer>> | undefined;
  /** Of the parameters when the layer is used alone; in a model it is the model's. Default 0. */
  readonly seed?: number | undefined;
}

export const RECURRENT_OPTIONS: Names<RecurrentOptions> = {
  numLayers: true,
  bias: true,
  bidirectional: true,
  mergeMode: true,
  batchFirst: true,
  dropout: true,
  inputDropout: true,
  clipStepNorm: true,
  init: true,
  seed: true,
};

/** Checked, and what was left out filled in. */
export type Common = Filled<Omit<RecurrentOptions, 'init' | 'seed'>>;

/** @throws {ArgumentError} a value out of range, options that contradict each other */
export function commonOptions(given: RecurrentOptions): Common {
  const common: Common = {
    numLayers: integer('numLayers', given.numLayers ?? 1, 1),
    bias: boolean('bias', given.bias ?? true),
    bidirectional: boolean('bidirectional', given.bidirectional ?? false),
    mergeMode: given.mergeMode ?? 'concat',
    batchFirst: boolean('batchFirst', given.batchFirst ?? false),
    dropout: number('dropout', given.dropout ?? 0, 0, 1, true),
    inputDropout: number('inputDropout', given.inputDropout ?? 0, 0, 1, true),
    clipStepNorm: number('clipStepNorm', given.clipStepNorm ?? 0, 0),
  };
  if (common.numLayers > MAX_LAYERS) {
    throw new MemoryError(`numLayers: ${common.numLayers} stacked layers, where ${MAX_LAYERS} are the most`);
  }
  if (!MERGE_MODES.includes(common.mergeMode)) {
    throw new ArgumentError('mergeMode', `one of ${MERGE_MODES.join(', ')}`, given.mergeMode);
  }
  if (given.mergeMode !== undefined && !common.bidirectional) {
    throw new ArgumentError('mergeMode', 'none without bidirectional: true', given.mergeMode);
  }
  if (common.dropout > 0 && common.numLayers === 1) {
    throw new ArgumentError(
      'dropout',
      'none with one layer, since it acts between stacked layers: numLayers of at least 2, inputDropout, or a Dropout layer',
      given.dropout,
    );
  }
  return common;
}

/** Those that are not at their default. */
export function changed<T extends object>(values: T, defaults: Partial<T>): Partial<T> {
  const entries = Object.entries(values).filter(([key, value]) => defaults[key as keyof T] !== value);
  return Object.fromEntries(entries) as Partial<T>;
}

export const COMMON_DEFAULTS: Partial<Common> = {
  bidirectional: false,
  mergeMode: 'concat',
  batchFirst: false,
  dropout: 0,
  inputDropout: 0,
  clipStepNorm: 0,
};
