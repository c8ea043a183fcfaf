import { integer, options } from '../../check.ts';
import { ArgumentError } from '../../errors.ts';
import type { NameOption } from '../../layers/layerName.ts';
import { BlockLayer, type Move } from './blockLayer.ts';

/** Options of `TakeSteps`. */
export interface TakeStepsOptions extends NameOption {
  /** Steps of a block. */
  readonly size: number;
  /** Steps of a block that are taken, in order, some maybe several times; −1 for zeros. */
  readonly take: readonly number[];
}

/**
 * Of each block of `size` steps those with the given indices: [n · size, B, F] to [n · take.length, B, F]. Keras's
 * Cropping1D, ZeroPadding1D, UpSampling1D, and slices.
 */
export class TakeSteps extends BlockLayer {
  /** Class name, as in saved models. */
  readonly type = 'TakeSteps';
  readonly size: number;
  readonly #take: readonly number[];
  protected readonly count: number;
  protected readonly moves: readonly Move[];

  /** @throws {ArgumentError} if size is below 1, an index is outside the block, or an option is unknown */
  constructor(opts: TakeStepsOptions) {
    super(opts);
    const { size, take } = options('TakeSteps', opts, { size: true, take: true, name: true });
    this.size = integer('size', size, 1);
    if (!Array.isArray(take) || take.length === 0) throw new ArgumentError('take', 'a list of indices', take);
    this.#take = take.map((at, i) => integer(`take[${i}]`, at, -1, this.size - 1));
    this.count = take.length;
    this.moves = this.#take.flatMap((from, to) => (from < 0 ? [] : [{ from, to, feature: 0 }]));
  }

  /** @internal */
  override get timeAxis() {
    return { ...super.timeAxis, key: `${this.#take} of ${this.size}` };
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { size: this.size, take: this.#take };
  }
}

/** Options of `FoldSteps`. */
export interface FoldStepsOptions extends NameOption {
  /** Steps that become one. */
  readonly size: number;
}

/** The features of each `size` steps one after the other: [n · size, B, F] to [n, B, size · F]; Flatten of each block. */
export class FoldSteps extends BlockLayer {
  /** Class name, as in saved models. */
  readonly type = 'FoldSteps';
  readonly size: number;
  protected readonly count = 1;
  protected readonly moves: readonly Move[];

  /** @throws {ArgumentError} if size is below 1, or an option is unknown */
  constructor(opts: FoldStepsOptions) {
    super(opts);
    this.size = integer('size', options('FoldSteps', opts, { size: true, name: true }).size, 1);
    this.moves = Array.from({ length: this.size }, (_, from) => ({ from, to: 0, feature: from }));
  }

  /** Output features for the given input features. */
  override outputSize(inputSize: number): number {
    return this.size * inputSize;
  }

  /** The constructor's arguments as JSON, for saved models. */
  config(): Record<string, unknown> {
    return { size: this.size };
  }
}
