import { ArgumentError, reading } from '../../errors.ts';
import { type Tensor, toFloat32 } from '../../io/dtype.ts';
import type { NDArray } from '../../ndarray.ts';
import { joinParts, oldName } from './parametrized.ts';

/** Parameters by name, as `model.loadStateDict` takes them. */
export type StateDict = Record<string, NDArray>;

/**
 * Which tensors to take. A text: those whose names start with it, which is left out. An object: by a module's name in
 * the file, the name of the layer in the model, such as `{ lstm: 1, fc: 2 }` for layers 1 and 2 of a `Sequential`.
 */
export type Layers = string | Readonly<Record<string, string | number>>;

/**
 * Parameters of a model among the tensors of a file, as float32: for `model.loadStateDict`. Tensors of integers, such as
 * BatchNorm's num_batches_tracked, are left out; those of cells (`weight_ih`) are named as those of a layer
 * (`weight_ih_l0`); weights of weight_norm are computed from their lengths and directions.
 *
 * @param tensors by name, from `readTorch` or `parseSafetensors`
 * @param layers default: all tensors, under their names
 * @throws {ArgumentError} if `tensors` is no Map of tensors, or a prefix or a module has no tensors
 */
export function stateDictOf(tensors: ReadonlyMap<string, Tensor>, layers: Layers = ''): StateDict {
  const pairs = (): [string, string][] =>
    typeof layers === 'string'
      ? [[layers, '']]
      : Object.entries(layers).map(
          (pair) => pair.map((name) => (name === '' ? '' : `${name}.`)) as [string, string],
        );
  const rules = reading('layers', layers, pairs, 'a prefix or a table of them');
  const dict: [string, NDArray][] = [];
  for (const [from, to] of rules) {
    const take = () => {
      const own = [...tensors].filter(([name]) => name.startsWith(from));
      if (from && !own.length)
        throw new ArgumentError('layers', `names that ${tensors.size} tensors have`, from);
      const floats = new Map<string, NDArray>();
      for (const [name, tensor] of own)
        if (/^B?F/.test(tensor.dtype))
          floats.set(oldName(name), { data: toFloat32(tensor), shape: tensor.shape });
      joinParts(
        floats,
        own.map(([name]) => oldName(name)),
      );
      for (const [name, value] of floats)
        dict.push([to + name.slice(from.length).replace(/\b(weight|bias)_[ih]h$/, '$&_l0'), value]);
    };
    reading('tensors', tensors, take, 'a Map of tensors');
  }
  return Object.fromEntries(dict);
}
