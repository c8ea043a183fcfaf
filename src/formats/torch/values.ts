import { bad } from './bytes.ts';
import { MAX_DEPTH, MAX_KEPT_DEPTH, MAX_LIST, MAX_TEXT, MAX_VALUES } from './limits.ts';
import type { Inert } from './pickle.ts';
import type { TensorView } from './storage.ts';

/** A tensor and where it was found. */
export interface FoundTensor {
  /** Its name in its dictionary or module, such as `lstm.weight_ih_l0`. */
  name: string;
  /** Path of that dictionary in the file; empty for the file's own value. */
  readonly container: string;
  /** Both together. */
  path: string;
  readonly view: TensorView;
}

/** A value of a checkpoint besides its tensors. */
export type TorchValue = string | number | boolean | readonly (string | number | boolean)[];

/** Finds the tensors in what a file holds: dictionaries, lists, modules, objects of other classes. */
export function findTensors(root: unknown): { found: FoundTensor[]; values: Map<string, TorchValue> } {
  const found: FoundTensor[] = [];
  const values = new Map<string, TorchValue>();
  const above = new Set<unknown>();
  let visited = 0;

  const walk = (value: unknown, container: string, name: string, ofModule?: boolean): void => {
    const path = join(container, name);
    const kept = plain(value);
    const view = value as TensorView | undefined;
    visited += [kept, view?.strides ?? []].flat().length + (path.length >> 6);
    if (visited > MAX_VALUES || above.size > MAX_DEPTH)
      throw bad(`more than ${MAX_VALUES} values, or ${MAX_DEPTH} deep, at ${path.slice(0, 80)}`);
    if (view?.strides) found.push({ name: name || 'tensor', container, path: path || 'tensor', view });
    if (kept !== undefined) {
      if (path && above.size <= MAX_KEPT_DEPTH) values.set(path, kept);
    } else if (value instanceof Object && !above.has(value)) {
      above.add(value);
      const parts = modulePartsOf(value);
      // the names of a module's tensors go on through its modules; a module by itself is its own dictionary
      const [first, inside] = parts && ofModule ? [container, name] : [path, ''];
      for (const [key, part] of parts ?? partsOf(value)) walk(part, first, join(inside, key), !!parts);
      above.delete(value);
    }
  };

  walk(root, '', '');
  return { found, values };
}

/** Members of an nn.Module by name: parameters, buffers, modules. */
function modulePartsOf({ state }: Partial<Inert>): [string, unknown][] | undefined {
  const of = ['_parameters', '_buffers', '_modules'].map((key) => state instanceof Map && state.get(key));
  return of.every((part) => part instanceof Map) ? of.flatMap(pairsOf) : undefined;
}

/** Values inside another one, by name. */
function partsOf(value: object): [string, unknown][] {
  if (Array.isArray(value)) return value.map((part, i) => [`${i}`, part]);
  // a state may be a list of several
  const parts: unknown[] = [value, (value as Inert).state].flat();
  return parts.filter((part) => part instanceof Map).flatMap(pairsOf);
}

function pairsOf(map: ReadonlyMap<unknown, unknown>): [string, unknown][] {
  // keys that are tuples, None or objects have no text: their position
  return [...map].map(([key, value], i) => [`${typeof key === 'object' ? i : key}`, value]);
}

function plain(value: unknown): TorchValue | undefined {
  if (typeof value === 'string') return value.slice(0, MAX_TEXT);
  if (typeof value !== 'object') return value as TorchValue;
  const isList = Array.isArray(value) && value.length && value.length <= MAX_LIST;
  return isList && value.every((one) => typeof one !== 'object')
    ? (value.map(plain) as TorchValue)
    : undefined;
}

/** A path and a name inside it. */
function join(path: string, name: string): string {
  return path && name ? `${path}.${name}` : path || name;
}
