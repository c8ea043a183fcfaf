import type { Slot } from '../engine/slots.ts';
import type { TensorData } from '../formats/onnx/tensor.ts';
import type { KernelCalls } from '../wasm/generated/kernelCalls.ts';

/** A tensor while a plan is made: a constant, or something a step computes. */
export interface Value {
  /** Number of its element type in ONNX. */
  readonly dtype: number;
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly size: number;
  /** Of a constant. */
  readonly data?: TensorData | undefined;
  /** Of a sequence: its tensors. */
  readonly items?: readonly Value[] | undefined;
  /** The value whose memory it shares; same number of elements. */
  readonly of?: Value | undefined;
  /** The end of a chain of these. */
  readonly root?: Value | undefined;
  /** In a plan, of what is no constant: the last step that reads or writes it, and where it lies. */
  last?: number | undefined;
  slot?: Slot | undefined;
}

/** The value whose memory it is. */
export function rootOf(value: Value): Value {
  let root = value;
  while (root.of) root = root.root ?? root.of;
  return root;
}

/** What a step reads and writes. */
export interface Io {
  readonly kernels: KernelCalls;
  /** All of the memory. */
  readonly f32: Float32Array;
  /** Inputs, empty where one is left out. */
  readonly x: readonly TensorData[];
  readonly px: readonly number[];
  readonly y: readonly TensorData[];
  readonly py: readonly number[];
  /** Pointer to the scratch memory that the step asked for. */
  readonly work: number;
}

/** Memory that stays from run to run, such as packed weights: `ready` once a step has filled it. */
export interface Kept {
  readonly bytes: number;
  ptr: number;
  ready: number;
}

/** What a step does. */
export type Run = (io: Io) => void;

/** One call of an operator. */
export interface Step {
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  /** Bytes. */
  readonly scratch: number;
  readonly kept: readonly Kept[];
  readonly run: Run;
}
