import { isSize } from '../../check.ts';
import { type Bytes, bad } from './bytes.ts';
import { type Budget, Global, Inert, latin1, readPickle } from './pickle.ts';
import { type Memory, type Storage, type TensorView, typeNamed } from './storage.ts';

/** What a map has of a key, or what is made of it. */
function once<K, V>(map: Map<K, V>, key: K, make: (key: never) => V): V {
  const value = map.get(key) ?? make(key as never);
  map.set(key, value);
  return value;
}

/** Reads a file inside a pickle, as torch.load would. */
export type ReadNested = (bytes: Uint8Array) => unknown;

/**
 * Reads pickles of torch.save: what is in them, and the memory of storages by key; where that is in the file the pickle does not say.
 * @param ignored gets the names of globals and element types that are not known; nothing is called
 * @param budget of all pickles of the file
 */
export function torchPickles(ignored: Set<string>, nested: ReadNested, budget: Budget) {
  const memories = new Map<unknown, Memory>();
  /** What was made of texts and bytes: each is read once. */
  const read = new Map<unknown, unknown>();
  const reduce = (global: unknown, args: unknown): unknown => {
    if (!(global instanceof Global)) return global instanceof Inert && new Inert();
    const call = known[global.name];
    if (call) return call(args as unknown[]);
    ignored.add(global.name);
    return new Inert();
  };
  /** (storage, offset, shape, strides, requires_grad, hooks, dtype of v3, bits of a negative view); undefined for others. */
  const view = ([given, offset, shape, strides, , , type, bits = type]: readonly unknown[]) => {
    const storage = given as Storage | null;
    const isView = storage?.memory && isSize(offset) && isSizes(shape) && isSizes(strides);
    if (!isView || shape.length !== strides.length) return undefined;
    const { name } = type instanceof Global ? type : storage;
    const { dtype, width } = typeNamed(name);
    if (dtype && !(bits instanceof Map))
      return { storage, dtype, width: width!, offset, shape, strides } satisfies TensorView;
    ignored.add(dtype ? 'torch._neg_view' : name);
    return {};
  };
  /** The only globals that are known, as `module.name`; what they make is data, undefined if they do not take the arguments. */
  const known: Readonly<Record<string, (args: readonly unknown[]) => unknown>> = {
    'collections.OrderedDict': ([pairs]) => {
      const made = new Map(pairs as [unknown, unknown][]);
      budget.room -= 128 * made.size;
      return made;
    },
    'torch._utils._rebuild_tensor': view,
    'torch._utils._rebuild_tensor_v2': view,
    'torch._utils._rebuild_tensor_v3': view,
    'torch._utils._rebuild_parameter': ([tensor]) => tensor,
    'torch._utils._rebuild_parameter_with_state': ([tensor]) => tensor,
    'torch._tensor._rebuild_from_type_v2': ([global, , args]) => reduce(global, args),
    'torch.storage._load_from_bytes': ([bytes]) => {
      const value = once(read, bytes, nested) as Storage | null;
      return value?.memory && value;
    },
    // how bytes are pickled by protocol 2
    '_codecs.encode': ([text, encoding]) =>
      encoding === 'latin1' && typeof text === 'string' && once(read, text, latin1),
  };
  /** ('storage', class, key, device, elements) and in the legacy form a view: (key, offset, elements), or None. */
  const persistent = (id: unknown): unknown => {
    const [kind, type, key, , elements, part] = (id as unknown[] | null) ?? [];
    // ('module', class, source file, source), of the legacy form
    if (kind === 'module') return type;
    const [, offset = 0, length = elements as number] = (part ?? []) as number[];
    if (kind !== 'storage' || !(type instanceof Global) || ![offset, length].every(isSize))
      throw bad('a persistent id that is no storage');
    const { name } = type;
    const { width } = typeNamed(name);
    const memory = once(memories, key, () => ({ width, tensors: new Map() }));
    return { memory, name, from: offset * width!, to: (offset + length) * width! } satisfies Storage;
  };
  return { memories, read: (bytes: Bytes) => readPickle(bytes, reduce, persistent, budget) };
}

/** Whether they are sizes of at most 64 dimensions, as many as torch has. */
function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 64 && value.every(isSize);
}
