import { ArgumentError, reading } from '../../errors.ts';
import { type Tensor, toFloat32 } from '../../io/dtype.ts';
import type { NDArray } from '../../ndarray.ts';

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
  const rules = reading('layers', layers, (): [string, string][] =>
    typeof layers === 'string'
      ? [[layers, '']]
      : Object.entries(layers).map(([from, to]) => [from && `${from}.`, to === '' ? '' : `${to}.`]),
  );
  const dict: [string, NDArray][] = [];
  for (const [from, to] of rules) {
    const own = reading('tensors', tensors, () => [...tensors].filter(([name]) => name.startsWith(from)));
    if (!own.length) throw new ArgumentError('layers', `names that ${tensors.size} tensors have`, from);
    const floats = new Map<string, NDArray>();
    for (const [name, tensor] of own)
      reading(`tensors.${name}`, tensor, () => {
        if (tensor.dtype.match(/^B?F/)) floats.set(name, { data: toFloat32(tensor), shape: tensor.shape });
      });
    for (const [name, value] of floats) {
      const other = name.slice(0, -1) + (/g$/.test(name) ? 'v' : 1);
      const directions = LENGTHS.test(name) && floats.get(other);
      if (directions && stretch(directions, value)) {
        floats.delete(other);
        floats.set(name.replace(LENGTHS, '$2'), directions);
      } else dict.push([to + name.slice(from.length).replace(/\b(weight|bias)_[ih]h$/, '$&_l0'), value]);
    }
  }
  return Object.fromEntries(dict);
}

/** Names of the lengths of weight_norm, in its new and its old form. */
const LENGTHS = /(parametrizations\.)?([^.]+)(\.original0|_g)$/;

/** Gives each row, or all elements together, its length; false where these are of something else. */
function stretch({ data, shape }: NDArray, lengths: NDArray): boolean {
  const [rows, width] = shape;
  const count = lengths.data.length;
  if (!width || (count !== 1 && (count !== rows || count !== lengths.shape[0]))) return false;
  const size = data.length / count;
  lengths.data.forEach((length, i) => {
    const row = data.subarray(i * size, i * size + size);
    const factor = length / Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    row.set(row.map((value) => value * factor));
  });
  return true;
}
