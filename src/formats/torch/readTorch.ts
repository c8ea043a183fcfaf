import { options } from '../../check.ts';
import { FormatError } from '../../errors.ts';
import type { Tensor } from '../../io/dtype.ts';
import { toBytes } from '../../io/parse.ts';
import { readZip } from '../zip/zip.ts';
import { Bytes, bad } from './bytes.ts';
import { groupTensors, type TorchGroup } from './groups.ts';
import { namesOf } from './names.ts';
import { readPickle } from './pickle.ts';
import { isStorage, type TorchHost, torchHost } from './rebuild.ts';
import { type Layers, type StateDict, stateDictOf } from './stateDict.ts';
import { tensorReader } from './storage.ts';
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

/** torch.save of 0.1.11 to 1.5, and since then with `_use_new_zipfile_serialization=False`. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;
/** First character of `big` in the file `byteorder`. */
const BIG = 0x62;
const BIG_ENDIAN = 'a big-endian file, expected little-endian';
/** Maximum nesting of files inside of pickles. */
const MAX_NESTED = 8;

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
  const contentsOf = (bytes: Uint8Array, depth: number): unknown => {
    if (depth > MAX_NESTED) throw bad(`files more than ${MAX_NESTED} deep`);
    if (String.fromCharCode(...bytes.subarray(257, 262)) === 'ustar')
      throw bad('a tar archive of PyTorch 0.1.10 or older');
    const host = torchHost(ignored, (part) => {
      const value = contentsOf(part, depth + 1);
      return isStorage(value) ? value : undefined;
    });
    return isZip(bytes) ? readArchive(bytes, host, inflate) : readLegacy(bytes, host);
  };
  let found: ReturnType<typeof findTensors>;
  try {
    found = findTensors(contentsOf(all, 0));
  } catch (error) {
    throw error instanceof FormatError ? error : bad((error as Error).message);
  }
  const read = tensorReader(4 * all.length + 2 ** 23);
  const readable = found.tensors.filter(({ view: { dtype, type } }) => {
    if (!dtype) ignored.add(type);
    return dtype;
  });
  const { names, isModel } = namesOf(readable);
  const tensors = new Map(readable.map(({ view }, i) => [names[i]!, read(names[i]!, view)]));
  const own = new Map([...tensors].filter((_, i) => isModel(i)));
  return {
    form: isZip(all) ? 'zip' : 'legacy',
    tensors,
    groups: groupTensors(own),
    values: found.values,
    ignored: [...ignored].sort(),
    stateDict: (layers) => stateDictOf(layers === undefined ? own : tensors, layers),
  };
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

function readArchive(bytes: Uint8Array, host: TorchHost, inflate: TorchOptions['inflate']): unknown {
  const entries = readZip(bytes, { format: 'torch', inflate });
  const pickle = [...entries.keys()].find((name) => /^([^/]*\/)?data\.pkl$/.test(name));
  if (pickle === undefined) throw bad('no data.pkl: not a file of torch.save');
  // without data.pkl
  const folder = pickle.slice(0, -8);
  if (entries.has(`${folder}constants.pkl`))
    throw bad('a TorchScript archive: in Python, torch.save(torch.jit.load(file).state_dict(), other)');
  if (entries.get(`${folder}byteorder`)?.read()[0] === BIG) throw bad(BIG_ENDIAN);
  const value = readPickle(new Bytes(entries.get(pickle)!.read(), 'data.pkl'), host);
  for (const [key, memory] of host.memories) memory.bytes = entries.get(`${folder}data/${key}`)?.read();
  return value;
}

/** Pickles one after the other: magic number, protocol, system, the value, keys of storages; then the storages. */
function readLegacy(file: Uint8Array, host: TorchHost): unknown {
  const bytes = new Bytes(file, 'file');
  const next = () => readPickle(bytes, host);
  const first = next();
  // a pickle of pickle.dump, whose storages are files inside
  if (first !== MAGIC) return first;
  if (next() !== LEGACY_PROTOCOL) throw bytes.bad(`not of protocol ${LEGACY_PROTOCOL}`);
  const system = next();
  if (system instanceof Map && system.get('little_endian') === false) throw bad(BIG_ENDIAN);
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw bytes.bad('no list of storages');
  for (const key of keys) {
    const length = bytes.u64();
    const memory = host.memories.get(key);
    if (!memory?.width) throw bytes.bad('a storage of an unknown type');
    memory.bytes = bytes.take(length * memory.width);
  }
  return value;
}
