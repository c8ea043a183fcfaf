import { floats } from '../../allocate.ts';
import { show, showShape } from '../../errors.ts';
import type { Numbers } from '../amp/description.ts';
import { transposed } from '../amp/numbers.ts';

/** A layer as data: its class here with the options of its constructor, and its parameters by torch.nn's names. */
export interface TextLayer {
  readonly config: { readonly type: 'Embedding' | 'LSTM' | 'Linear'; readonly [option: string]: unknown };
  readonly weights: Readonly<Record<string, Numbers>>;
}

/** Gates of a kernel [inputs, 4H] by their place here: i f g o. */
export interface LstmKernel {
  readonly input: Numbers;
  readonly hidden: Numbers;
  readonly bias: Float32Array<ArrayBuffer>;
  /** Where the gates i f g o are in the file. */
  readonly gates: readonly [number, number, number, number];
  /** Added to the bias of the forget gate. */
  readonly forgetBias: number;
}

/** Parameters of one direction of an LSTM by torch.nn's names. */
export function lstmParameters(kernel: LstmKernel, suffix: string): Record<string, Numbers> {
  const { input, hidden, bias, gates, forgetBias } = kernel;
  const { shape, data } = transposed({ shape: [1, bias.length], data: bias }, gates);
  const size = bias.length / 4;
  for (let i = size; i < 2 * size; i++) data[i]! += forgetBias;
  return {
    [`weight_ih_l0${suffix}`]: transposed(input, gates),
    [`weight_hh_l0${suffix}`]: transposed(hidden, gates),
    [`bias_ih_l0${suffix}`]: { shape: shape.slice(0, 1), data },
    [`bias_hh_l0${suffix}`]: { shape: shape.slice(0, 1), data: floats(bias.length) },
  };
}

/** @throws what `bad` makes unless the tensor has the shape */
export function checkShape(
  name: string,
  { shape }: { readonly shape: readonly number[] },
  expected: readonly number[],
  bad: (message: string) => Error,
): void {
  if (`${shape}` !== `${expected}`)
    throw bad(`${name}: expected ${showShape(expected)}, got ${showShape(shape)}`);
}

/** @throws what `bad` makes unless it is a list of sizes */
export function shapeOf(name: string, value: unknown, bad: (message: string) => Error): number[] {
  const isShape = Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 1);
  if (!isShape) throw bad(`${name}: expected a list of sizes, got ${show(value)}`);
  return value;
}

/** Entries of a dictionary, variables of a manifest, at most. */
export const MOST_ENTRIES = 65_536;

/** @throws what `bad` makes if an object has more entries than are read */
export function checkCount(name: string, json: object, bad: (message: string) => Error): void {
  const count = Object.keys(json).length;
  if (count > MOST_ENTRIES) throw bad(`${name}: ${count} entries, expected at most ${MOST_ENTRIES}`);
}

/** Number of elements. */
export function lengthOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
