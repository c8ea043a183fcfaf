import { ArgumentError } from '../errors.ts';
import { type Given, readShaped } from '../ndarray.ts';
import type { Planned } from './plan.ts';

type StateDict = Readonly<Record<string, Given>>;

/**
 * A state dict with one name per parameter. The `weight` of a tied layer of torch.nn has its own name there, that of the layer
 * it is tied to, or both.
 * @throws {ArgumentError} if both are there and differ
 */
export function untied(given: StateDict, { layers, prefixes, tensors }: Planned): StateDict {
  let dict = given;
  for (const [i, { tied }] of layers.entries()) {
    const name = `${prefixes[i]}weight`;
    if (!tied || !dict[name]) continue;
    const { [name]: own, ...rest } = dict;
    const saved = `${prefixes[layers.indexOf(tied)]}weight`;
    const { shape } = tensors.get(saved)!;
    // float32, as they are loaded
    const values = Float32Array.from(readShaped(name, own!, shape));
    dict = { [saved]: values, ...rest };
    const table = Float32Array.from(readShaped(saved, dict[saved]!, shape));
    if (!values.every((value, k) => Object.is(value, table[k])))
      throw new ArgumentError(name, `the values of ${saved}, as it is tied`, own);
  }
  return dict;
}
