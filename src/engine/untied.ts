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
    const { [name]: own, ...rest } = dict;
    if (!tied || !own) continue;
    const saved = `${prefixes[layers.indexOf(tied)]}weight`;
    dict = { [saved]: own, ...rest };
    const { shape } = tensors.get(saved)!;
    const table = readShaped(saved, dict[saved]!, shape);
    // both are arrays
    if (!(readShaped(name, own, shape) as number[]).every((value, k) => Object.is(value, table[k])))
      throw new ArgumentError(name, `the values of ${saved}, as it is tied`, own);
  }
  return dict;
}
