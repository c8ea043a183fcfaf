import { options } from '../../check.ts';
import type { Tensor } from '../../io/dtype.ts';
import { toBytes } from '../../io/parse.ts';
import { decodeUtf8 } from '../../utf8.ts';
import { MAX_MORE, MAX_RATIO } from '../zip/limits.ts';
import { readZip } from '../zip/zip.ts';
import { bad, bytesOf } from './bytes.ts';
import { groupTensors, type TorchGroup } from './groups.ts';
import { MAX_COST, MAX_NESTED, PK } from './limits.ts';
import { nameTensors } from './names.ts';
import { torchPickles } from './rebuild.ts';
import { type Layers, type StateDict, stateDictOf } from './stateDict.ts';
import { readTensors } from './storage.ts';
import { findTensors, type TorchValue } from './values.ts';

/** What a file of torch.save holds. */
export interface TorchFile {
  /** `zip` since PyTorch 1.6, or `legacy`. */
  readonly form: 'zip' | 'legacy';
  /** Tensors by name, in the order of the file. F16 and BF16 are their raw 16 bits. */
  readonly tensors: Map<string, Tensor>;
  /** Layers that the tensors look like. A file has no more of a model's architecture than their names and shapes. */
  readonly groups: readonly TorchGroup[];
  /** Numbers, texts and short lists of them by path, such as `epoch`. */
  readonly values: Map<string, TorchValue>;
  /** Classes and functions that the file would call in Python. They were not called. */
  readonly ignored: readonly string[];
  /** Parameters for `model.loadStateDict`, as {@link stateDictOf}; by default those of the model, without an optimizer's. */
  stateDict(layers?: Layers): StateDict;
}

/** Options of `readTorch`. */
export interface TorchOptions {
  /**
   * Inflates raw deflate, such as fflate's `inflateSync`, for zip archives that were compressed; torch.save stores. What
   * it gives must have `size` bytes. Default: compressed archives are refused.
   */
  readonly inflate?: ((packed: Uint8Array, size: number) => Uint8Array | undefined) | undefined;
}

/**
 * 0x1950a86a20f9469cfc6c, rounded as integers are: torch.save of 0.1.11 to 1.5, and since then with
 * `_use_new_zipfile_serialization=False`.
 */
const MAGIC = 1.195470371460388e23;
const BIG_ENDIAN = 'a big-endian file, expected little-endian';

/**
 * Reads the tensors of a file written by torch.save: `.pt`, `.pth`, `.bin`, `.tar`, `.ckpt`; state dicts, checkpoints that
 * have some inside, and whole modules. Nothing in the file is executed: globals that are not known become data.
 * Needs no WebAssembly and no `init()`.
 *
 * Elements are copied. The copies are at most four times the file plus 8 MiB, and so is what is inflated.
 *
 * @param bytes the whole file
 * @throws {FormatError} if the file is not valid, or a TorchScript archive; the message says where
 * @throws {ArgumentError} if `bytes` is not a Uint8Array or ArrayBuffer, or an option is unknown
 */
export function readTorch(bytes: Uint8Array | ArrayBuffer, opts?: TorchOptions): TorchFile {
  const all = toBytes(bytes);
  const { inflate } = options('readTorch', opts, { inflate: true });
  const ignored = new Set<string>();
  const budget = { room: MAX_COST };
  /** What a file holds; files inside of pickles have a depth. */
  const contentsOf = (file: Uint8Array, depth = 0): unknown => {
    if (depth > MAX_NESTED) throw bad(`files more than ${MAX_NESTED} deep`);
    if (decodeUtf8(file.subarray(257, 262)) === 'ustar')
      throw bad('a tar archive of PyTorch 0.1.10 or older');
    budget.room += (depth ? 8 : 3) * file.length;
    const { memories, read } = torchPickles(ignored, (part) => contentsOf(part, depth + 1), budget);
    if (file[0] === PK) {
      const entries = readZip(file, { format: 'torch', inflate: depth ? undefined : inflate });
      const pickle = [...entries.keys()].find((name) => /^([^/]*\/)?data\.pkl$/.test(name));
      if (!pickle) throw bad('no data.pkl: not a file of torch.save');
      const entry = (name: string) => entries.get(pickle.slice(0, -8) + name)?.read();
      if (entry('constants.pkl'))
        throw bad('a TorchScript archive: in Python, torch.save(torch.jit.load(file).state_dict(), other)');
      // b of big
      if (entry('byteorder')?.[0] === 0x62) throw bad(BIG_ENDIAN);
      const value = read(bytesOf(entries.get(pickle)!.read(), 'data.pkl'));
      for (const [key, memory] of memories) memory.bytes = entry(`data/${key}`);
      return value;
    }
    // pickles one after the other: magic number, protocol, system, the value, keys of storages; then the storages
    const source = bytesOf(file, 'file');
    const next = () => read(source);
    const first = next();
    // a pickle of pickle.dump, whose storages are files inside
    if (typeof first !== 'number') return first;
    if (first !== MAGIC || next() !== 1001) throw source.bad('a wrong magic number, or not of protocol 1001');
    const system = next() as Map<unknown, unknown> | undefined;
    if (system?.get?.('little_endian') === false) throw bad(BIG_ENDIAN);
    const value = next();
    for (const key of [next()].flat()) {
      const length = source.u(8);
      const memory = memories.get(key);
      if (!memory?.width) throw source.bad('a storage of an unknown type');
      memory.bytes = source.take(length * memory.width);
    }
    return value;
  };
  const { found, values } = findTensors(contentsOf(all));
  const model = nameTensors(found);
  const tensors = readTensors(found, MAX_RATIO * all.length + MAX_MORE);
  const own = new Map(model.map(({ path }) => [path, tensors.get(path)!]));
  return {
    form: all[0] === PK ? 'zip' : 'legacy',
    tensors,
    groups: groupTensors(own),
    values,
    ignored: [...ignored].sort(),
    stateDict: (layers) => stateDictOf(layers === undefined ? own : tensors, layers),
  };
}
