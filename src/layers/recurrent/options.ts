import { boolean, type Filled, integer, type Names, number, oneOf } from '../../check.ts';
import { MAX_LAYERS } from '../../engine/layer.ts';
import { ArgumentError, MemoryError } from '../../errors.ts';
import type { Initializer } from '../../init/initializers.ts';
import { mapped } from './mapped.ts';

/** How the outputs of both directions are merged: concatenated, or Keras's other modes. */
export type MergeMode = 'concat' | 'sum' | 'mul' | 'ave';
const MERGE_MODES: readonly MergeMode[] = ['concat', 'sum', 'mul', 'ave'];

/** Options of all recurrent layers; defaults are torch.nn's. */
export interface RecurrentOptions {
  /** Number of stacked layers. Default 1. */
  readonly numLayers?: number | undefined;
  /** Whether to use biases. Default true. */
  readonly bias?: boolean | undefined;
  /**
   * Add a reverse direction, from each row's last step to its first; its parameters end in `_reverse`. Default false.
   */
  readonly bidirectional?: boolean | undefined;
  /** How a bidirectional layer merges its outputs: `concat` (default, as torch.nn), or Keras's `sum`, `mul`, `ave`. */
  readonly mergeMode?: MergeMode | undefined;
  /** `forward` and `backward` of a standalone layer use [B, T, ·] instead of [T, B, ·]. Default false. */
  readonly batchFirst?: boolean | undefined;
  /** Dropout probability of the outputs of all stacked layers except the last (torch.nn). Default 0. */
  readonly dropout?: number | undefined;
  /** Dropout probability of the inputs of each stacked layer, with the same mask at all steps (Keras's `dropout`). */
  readonly inputDropout?: number | undefined;
  /** Maximum 2-norm of dL/dh (for an SRU dL/dc) per step and row in backpropagation. Default: no limit. */
  readonly clipStepNorm?: number | undefined;
  /** Initializers by kind of parameter, such as `weight_hh`. Default: as documented for the layer, or torch.nn's. */
  readonly init?: Readonly<Record<string, Initializer>> | undefined;
  /** Seed of the parameters of a standalone layer; a model uses its own seed. Default 0. */
  readonly seed?: number | undefined;
}

/** Checked options with defaults filled in. */
export type Common = Filled<Omit<RecurrentOptions, 'init' | 'seed'>>;

const DEFAULTS: Common = {
  numLayers: 1,
  bias: true,
  bidirectional: false,
  mergeMode: 'concat',
  batchFirst: false,
  dropout: 0,
  inputDropout: 0,
  clipStepNorm: 0,
};

export const RECURRENT_OPTIONS: Names<RecurrentOptions> = {
  ...(mapped(DEFAULTS, () => true) as Names<Common>),
  init: true,
  seed: true,
};

/** @throws {ArgumentError} if a value is out of range or options conflict */
export function commonOptions(given: RecurrentOptions): Common {
  const common = mapped(DEFAULTS, (name, value) => given[name] ?? value) as Common;
  integer('numLayers', common.numLayers, 1);
  for (const name of ['bias', 'bidirectional', 'batchFirst'] as const) boolean(name, common[name]);
  for (const name of ['dropout', 'inputDropout'] as const) number(name, common[name], 0, 1, true);
  number('clipStepNorm', common.clipStepNorm, 0);
  if (common.numLayers > MAX_LAYERS)
    throw new MemoryError(`numLayers: expected at most ${MAX_LAYERS}, got ${common.numLayers}`);
  oneOf('mergeMode', common.mergeMode, MERGE_MODES);
  if (given.mergeMode !== undefined && !common.bidirectional) {
    throw new ArgumentError('mergeMode', 'undefined without bidirectional: true', given.mergeMode);
  }
  if (common.dropout > 0 && common.numLayers === 1) {
    throw new ArgumentError('dropout', 'undefined with numLayers 1', given.dropout);
  }
  return common;
}

/** The options that differ from their defaults. */
export function changed<T extends object>(values: T, defaults: Partial<T>): Partial<T> {
  const entries = Object.entries(values).filter(([key, value]) => defaults[key as keyof T] !== value);
  return Object.fromEntries(entries) as Partial<T>;
}

/** As they are saved: the number of layers, whether there are biases, and what differs from the defaults. */
export function savedOptions(common: Common): Partial<Common> {
  const { numLayers, bias } = common;
  return { numLayers, bias, ...changed(common, DEFAULTS) };
}
