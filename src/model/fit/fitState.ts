import { isSize } from '../../check.ts';
import { ArgumentError, FormatError, show } from '../../errors.ts';
import { toBytes } from '../../io/parse.ts';
import type { Region } from '../../memory/layout.ts';
import { KEY } from '../core/save.ts';
import { FILES } from '../files.ts';
import type { FullTraining } from '../training/fullTraining.ts';
import { BestWeights } from './bestWeights.ts';
import type { EpochRecord } from './types.ts';

/** How far a fit is. */
export interface Position {
  /** The current epoch, from 1. */
  epoch: number;
  /** Steps made in it. */
  at: number;
  /** Sum of the losses of its steps that were not skipped, and their number. */
  sum: number;
  counted: number;
  /** Learning rate of the last step. */
  lr: number;
  history: EpochRecord[];
  /** The best monitored value. */
  best: { readonly epoch: number; readonly value: number } | undefined;
  /** Epochs since the best one. */
  waiting: number;
}

/** What must be the same for a fit that is continued. */
interface Setting {
  readonly restoreBest: boolean;
  /** Steps per epoch, if an epoch can be continued. */
  readonly batches: number | undefined;
  /** Of arrays and examples. */
  readonly batchSize: number | undefined;
  /** Seed of the order; undefined if it is that of the data. */
  readonly seed: number | undefined;
}

interface Saved extends Position, Setting {
  readonly buffers: readonly number[];
}

/** How far a fit is, and the best weights so far: what its checkpoints have besides those of a trainer. */
export class FitState implements Position {
  epoch = 1;
  at = 0;
  sum = 0;
  counted = 0;
  lr = 0;
  history: EpochRecord[] = [];
  best: Position['best'];
  waiting = 0;
  readonly weights: BestWeights | undefined;
  readonly #setting: Setting;
  /** While a file is read: what it has. */
  #file: Saved | undefined;

  constructor(training: FullTraining, setting: Setting) {
    this.#setting = setting;
    const { network, averages } = training;
    if (setting.restoreBest) this.weights = training.bestWeights ??= new BestWeights(network, averages);
  }

  kept(): (readonly [string, Region])[] {
    const { best } = this.#file ?? this;
    return best && this.weights ? this.weights.kept() : [];
  }

  /** As text: JSON has no NaN. */
  state(): string {
    const { epoch, at, sum, counted, lr, history, best, waiting } = this;
    const buffers = (best && this.weights?.buffers) ?? [];
    const saved: Saved = { ...this.#setting, epoch, at, sum, counted, lr, history, best, waiting, buffers };
    return JSON.stringify(saved, (_, value) =>
      typeof value === 'number' && !Number.isFinite(value) ? `${value}` : value,
    );
  }

  /**
   * Reads how far a checkpoint is, before the trainer reads it.
   * @throws {FormatError} if it is not a checkpoint of `fit`
   * @throws {ArgumentError} if it was made with other data or options
   */
  read(bytes: Uint8Array | ArrayBuffer): void {
    const saved = savedIn(bytes);
    for (const [name, value] of Object.entries(this.#setting)) {
      const before = saved[name as keyof Setting];
      if (before === value) continue;
      const [argument, what] = name === 'batches' ? ['data', ' steps per epoch'] : [name, ''];
      throw new ArgumentError(argument, `${before}${what}, as in the checkpoint`, value);
    }
    this.#file = saved;
  }

  /** Goes on from what was read. */
  resume(): () => void {
    const file = this.#file!;
    return () => {
      const { epoch, at, sum, counted, lr, history, best, waiting, buffers } = file;
      Object.assign(this, { epoch, at, sum, counted, lr, history, best, waiting });
      if (this.weights) this.weights.buffers = buffers;
      this.#file = undefined;
    };
  }

  /** Begins the current epoch again. */
  restartEpoch(): void {
    [this.at, this.sum, this.counted] = [0, 0, 0];
  }
}

function savedIn(bytes: Uint8Array | ArrayBuffer): Saved {
  const { metadata } = FILES.parse(toBytes(bytes, 'resume'));
  let text: unknown;
  try {
    text = (JSON.parse(metadata[KEY] ?? '{}') as { fit?: unknown }).fit;
    if (typeof text === 'string') {
      const numbers = ['NaN', 'Infinity', '-Infinity'];
      const saved = JSON.parse(text, (_, value) =>
        numbers.includes(value) ? Number(value) : value,
      ) as Saved;
      if (isSaved(saved)) return saved;
    }
  } catch (error) {
    throw new FormatError('resume: not a checkpoint of fit', { cause: error });
  }
  const got = text === undefined ? 'a file without one, for restore or load' : show(text);
  throw new FormatError(`resume: expected a checkpoint of fit, got ${got}`);
}

function isSaved(saved: Saved): boolean {
  const { epoch, at, sum, counted, lr, history, best, waiting, buffers, restoreBest } = saved;
  const whole = [epoch, at, counted, waiting].every(isSize);
  const numbers = [sum, lr, ...buffers].every((n) => typeof n === 'number');
  const isBest = best === undefined || (Number.isSafeInteger(best.epoch) && typeof best.value === 'number');
  const records = history.every(({ epoch, loss }) => Number.isSafeInteger(epoch) && typeof loss === 'number');
  return whole && epoch > 0 && numbers && isBest && records && typeof restoreBest === 'boolean';
}
