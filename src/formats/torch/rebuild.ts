import { bad } from './bytes.ts';
import { Global, type PickleHost } from './pickle.ts';
import { type Memory, type Storage, type TensorView, typeNamed } from './storage.ts';

/** Reads a file inside a pickle, as torch.load would. */
export type ReadNested = (bytes: Uint8Array) => unknown;

type Rebuild = (args: readonly unknown[], host: TorchHost) => unknown;

/** The only globals that are known; what they make is data. Names as `module.name`. */
const KNOWN = new Map<string, Rebuild>(
  Object.entries({
    'collections.OrderedDict': ([pairs]) =>
      new Map(Array.isArray(pairs) ? (pairs as [unknown, unknown][]) : []),
    'torch._utils._rebuild_tensor': view,
    'torch._utils._rebuild_tensor_v2': view,
    'torch._utils._rebuild_tensor_v3': view,
    'torch._utils._rebuild_parameter': ([tensor]) => tensor,
    'torch._utils._rebuild_parameter_with_state': ([tensor]) => tensor,
    'torch._tensor._rebuild_from_type_v2': ([global, , args], host) => host.reduce(global, args),
    'torch.storage._load_from_bytes': ([bytes], host) =>
      bytes instanceof Uint8Array ? host.nested(bytes) : undefined,
    // how bytes are pickled by protocol 2
    '_codecs.encode': ([text]) =>
      typeof text === 'string' ? Uint8Array.from(text, (char) => char.charCodeAt(0)) : undefined,
  }),
);

/** Makes of a pickle of torch.save its tensors. */
export interface TorchHost extends PickleHost {
  /** Memory of storages by key; where it is in the file is not said by the pickle. */
  readonly memories: Map<unknown, Memory>;
  readonly nested: ReadNested;
}

/** @param ignored gets the names of globals that are not known; they are never called */
export function torchHost(ignored: Set<string>, nested: ReadNested): TorchHost {
  const memories = new Map<unknown, Memory>();
  const reduce = (global: unknown, args: unknown): unknown => {
    if (!(global instanceof Global && Array.isArray(args))) return undefined;
    const made = KNOWN.get(global.name)?.(args, host);
    if (made === undefined) ignored.add(global.name);
    return made;
  };
  /** ('storage', class, key, device, elements) and in the legacy form a view: (key, offset, elements), or None. */
  const persistent = (id: unknown): unknown => {
    const [kind, type, key, , elements, part] = Array.isArray(id) ? id : [];
    // ('module', class, source file, source), of the legacy form
    if (kind === 'module') return type;
    const [, offset, length] = Array.isArray(part) ? part : [key, 0, elements];
    if (kind !== 'storage' || !(type instanceof Global) || !isSize(offset) || !isSize(length))
      throw bad('a persistent id that is no storage');
    const { dtype, width } = typeNamed(type.name);
    const memory = memories.get(key) ?? { width, tensors: new Map() };
    memories.set(key, memory);
    return { memory, type: type.name, dtype, offset, length } satisfies Storage;
  };
  const host = { memories, nested, reduce, persistent };
  return host;
}

/** (storage, offset, shape, strides, requires_grad, hooks, dtype); undefined if torch would not save it like that. */
function view([storage, offset, shape, strides, , , dtype]: readonly unknown[]): TensorView | undefined {
  if (!isStorage(storage) || !isSize(offset) || !isSizes(shape) || !isSizes(strides)) return undefined;
  if (shape.length !== strides.length || shape.length > 64) return undefined;
  const type = dtype instanceof Global ? dtype.name : storage.type;
  return { storage, offset, shape, strides, type, dtype: typeNamed(type).dtype };
}

export function isView(value: unknown): value is TensorView {
  return value instanceof Object && 'strides' in value;
}

export function isStorage(value: unknown): value is Storage {
  return value instanceof Object && 'memory' in value;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}
