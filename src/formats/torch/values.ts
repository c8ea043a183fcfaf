import { bad } from './bytes.ts';
import { Inert } from './pickle.ts';
import { isView } from './rebuild.ts';
import type { TensorView } from './storage.ts';

/** A tensor and where it was found. */
export interface FoundTensor {
  /** Its name in its dictionary or module, such as `lstm.weight_ih_l0`. */
  readonly name: string;
  /** Path of that dictionary in the file; empty for the file's own value. */
  readonly container: string;
  readonly view: TensorView;
}

/** A value of a checkpoint besides its tensors. */
export type TorchValue = string | number | boolean | readonly (string | number | boolean)[];

/** Limits of what is walked: values that contain others many times over, or each other. */
const MAX_DEPTH = 200;
const MAX_VALUES = 2 ** 20;
/** Limits of what is kept of other values: the depth leaves out an optimizer's state. */
const MAX_KEPT_DEPTH = 3;
const MAX_LIST = 64;
const MAX_TEXT = 4096;

/** Finds the tensors in what a file holds: dictionaries, lists, modules, objects of other classes. */
export function findTensors(root: unknown): { tensors: FoundTensor[]; values: Map<string, TorchValue> } {
  const tensors: FoundTensor[] = [];
  const values = new Map<string, TorchValue>();
  const above = new Set<unknown>();
  let visited = 0;

  const walk = (value: unknown, container: string, name: string): void => {
    const path = join(container, name);
    if (++visited > MAX_VALUES || above.size > MAX_DEPTH)
      throw bad(`more than ${MAX_VALUES} values, or ${MAX_DEPTH} deep, at ${path.slice(0, 80)}`);
    if (isView(value)) {
      tensors.push({ name: name || 'tensor', container, view: value });
      return;
    }
    const kept = plain(value);
    if (kept !== undefined && path && above.size <= MAX_KEPT_DEPTH) values.set(path, kept);
    if (kept !== undefined || !(value instanceof Object) || above.has(value)) return;
    above.add(value);
    const parts = modulePartsOf(value);
    // the names of a module's own tensors go on through its modules
    if (parts) for (const [key, part] of parts) walkInside(part, container, join(name, key));
    // a module by itself is its own dictionary
    else
      for (const [key, part] of partsOf(value))
        modulePartsOf(part) ? walk(part, join(path, key), '') : walk(part, path, key);
    above.delete(value);
  };

  const walkInside = (value: unknown, container: string, name: string): void => {
    if (isView(value) || modulePartsOf(value)) walk(value, container, name);
  };

  walk(root, '', '');
  return { tensors, values };
}

/** Members of an nn.Module by name: parameters, buffers, modules. */
function modulePartsOf(value: unknown): [string, unknown][] | undefined {
  if (!(value instanceof Inert) || !(value.state instanceof Map)) return undefined;
  const { state } = value;
  const of = ['_parameters', '_buffers', '_modules'].map((key) => state.get(key));
  if (!of.every((part) => part instanceof Map)) return undefined;
  return of.flatMap(pairsOf);
}

/** Values inside another one, by name. */
function partsOf(value: object): [string, unknown][] {
  if (value instanceof Map) return pairsOf(value);
  if (Array.isArray(value)) return value.map((part, i) => [String(i), part]);
  if (!(value instanceof Inert)) return [];
  // a state may be a list of several
  const parts: unknown[] = [value.items, value.state].flat();
  return parts.filter((part) => part instanceof Map).flatMap(pairsOf);
}

function pairsOf(map: ReadonlyMap<unknown, unknown>): [string, unknown][] {
  return [...map].flatMap(([key, value]) =>
    typeof key === 'string' || typeof key === 'number' ? [[String(key), value]] : [],
  );
}

function plain(value: unknown): TorchValue | undefined {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return value.slice(0, MAX_TEXT);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (!Array.isArray(value) || !value.length || value.length > MAX_LIST) return undefined;
  const list = value.map((one) => (Array.isArray(one) ? undefined : plain(one)));
  return list.includes(undefined) ? undefined : (list as TorchValue);
}

/** A path and a name inside it. */
export function join(path: string, name: string): string {
  return path && name ? `${path}.${name}` : path || name;
}
