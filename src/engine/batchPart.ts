import type { Generator } from '../init/generator.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';
import type { Rows } from './rows.ts';

/** By what number rows draw: row i of step t draws as row firsts[t] + places[i] of a sequence. */
export interface RowNumbers {
  /** Number of the first row of each step. */
  readonly firsts: Int32Array;
  /** Of each row of the first step, in the order of the kernels. */
  readonly places: Int32Array;
}

/** Rows that are a part of a larger batch: they draw random numbers as they would there. */
export interface BatchPart {
  /** Whether it is the part that penalties on parameters are counted in. */
  readonly isFirst: boolean;
  /** Kernels that drop what is dropped of these rows in the larger batch; they read no counter. */
  kernels(rows: Rows): Pick<KernelCalls, 'dropout' | 'dropout_steps'>;
  /** Numbers of these rows in the larger batch. */
  numbers(rows: Rows): RowNumbers;
}

/** The generator of a network, and what the batch at hand is a part of, if it is one. */
export interface StepGenerator extends Generator {
  part?: BatchPart | undefined;
}
