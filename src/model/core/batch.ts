import { type KeptSteps, readSteps, type Steps } from '../../engine/batchIO.ts';
import type { Valid } from '../../engine/rows.ts';
import { BATCH_FIRST, ShapeError } from '../../errors.ts';
import { type Given, type Numbers, readSequence, type Sequence, type Signal } from '../../ndarray.ts';

/** A checked batch that can't be changed from outside. The record is reused by the next call. */
export interface Batch {
  readonly x: Sequence;
  readonly y: Sequence;
  /** Steps that count; undefined for all. */
  valid: Valid | undefined;
  /** Memory for those. */
  readonly kept: KeptSteps;
  /** Factors of the learning rate, one per update. */
  readonly factors: number[];
  /** [T·B] how much each target counts; undefined: all the same. In the whole package. */
  weights?: Float32Array | undefined;
  /** First steps that don't count. In the whole package. */
  warmup?: number | undefined;
  /** Labels [S, B] without times, and how many each row has. In the whole package. */
  labels?: { readonly data: Numbers; readonly lengths: Int32Array; readonly longest: number } | undefined;
  /** Given states to start from, in the order in which they are carried. In the whole package. */
  states?: readonly (Numbers | undefined)[] | undefined;
}

export function emptyBatch(): Batch {
  const sequence = (): Sequence => ({ data: [], steps: 0, batch: 0 });
  return { x: sequence(), y: sequence(), valid: undefined, kept: {}, factors: [] };
}

/** Input of a model and targets of its loss. */
export interface BatchShape {
  readonly input: Signal;
  readonly target: Signal;
  /** Batch size of sequences given as bare arrays. */
  readonly rows: number | undefined;
  /** Steps of the output for T steps of the input, ragged: with lengths or a mask. */
  outputSteps(steps: number, ragged: boolean): number;
}

/** Checks x, y and which steps count. @throws {ArgumentError | ShapeError} as `Trainer.step` */
export function readBatch(
  into: Batch,
  { input, target, rows, outputSteps }: BatchShape,
  givenX: Given,
  givenY: Given,
  given: Steps | undefined,
): Batch {
  const x = readSequence('x', givenX, input, rows, into.x);
  const y = readSequence('y', givenY, target, rows, into.y);
  into.valid = given === undefined ? undefined : readSteps(given, x.steps, x.batch, false, into.kept);
  const steps = outputSteps(x.steps, into.valid !== undefined);
  checkTargets('y', y, steps, x.batch, steps === x.steps ? 'x' : 'the output');
  return into;
}

/** Checks that targets have the steps and the batch of `other`. */
export function checkTargets(
  label: string,
  { steps, batch }: Sequence,
  wanted: number,
  rows: number,
  other: string,
): void {
  if (steps === wanted && batch === rows) return;
  const hint = batch === wanted && steps === rows ? BATCH_FIRST : '';
  throw new ShapeError(
    label,
    `${wanted} ${wanted === 1 ? 'step' : 'steps'} of ${rows} rows, as ${other}`,
    `${steps} of ${batch}${hint}`,
  );
}
