import { FormatError } from '../../errors.ts';
import type { Json, JsonObject } from './json.ts';
import type { Place, Stored, WeightSource } from './weights.ts';

/** A weight of a manifest: where its bytes lie, and how they become numbers. */
interface Entry {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly scale: number;
  readonly min: number;
  /** The bytes of its group, in parts. */
  readonly shards: readonly Uint8Array[];
  readonly at: number;
  readonly bytes: number;
}

/** Bytes of an element as it is stored. */
const SIZES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/** Last parts of names, in the order of each layer's weights. */
const ORDER = [
  'depthwise_kernel',
  'pointwise_kernel',
  'kernel',
  'recurrent_kernel',
  'bias',
  'gamma',
  'beta',
  'moving_mean',
  'moving_variance',
];

/**
 * Names of a layer's weights in its order: forward before backward, cell after cell as they are listed.
 * @param order of its parts
 */
function inOrder(names: readonly string[], order: readonly string[] = ['backward.*']): readonly string[] {
  /** Such as a direction or a cell: all of a name but its last part. */
  const partOf = (name: string) => name.slice(0, name.lastIndexOf('/'));
  const parts = names.map(partOf);
  // some converters sort names
  const place = (name: string) => {
    const part = partOf(name);
    const rank = order.findIndex((own) => new RegExp(`/_?${own}/`).test(name));
    const at = rank * names.length + parts.indexOf(part);
    return at * ORDER.length + ORDER.indexOf(name.slice(part.length + 1));
  };
  return [...names].sort((a, b) => place(a) - place(b));
}

/** Weights of TensorFlow.js: shards that a manifest describes. Made of .keras files, their names are the paths there. */
export class ManifestWeights implements WeightSource {
  readonly #entries = new Map<string, Entry>();

  /** @param shard the bytes of a path in the manifest @throws {FormatError} if sizes do not match */
  constructor(manifest: Json | undefined, shard: (path: string) => Uint8Array) {
    if (!Array.isArray(manifest)) throw new FormatError('keras: weightsManifest: expected a list');
    const listed = new Set<Uint8Array>();
    for (const [i, given] of (manifest as readonly Json[]).entries()) {
      const { paths, weights } = objectOf(given);
      if (!Array.isArray(paths) || !Array.isArray(weights))
        throw new FormatError(`keras: weightsManifest[${i}]: expected { paths, weights }`);
      const shards = (paths as readonly Json[]).map((path) => {
        const bytes = shard(String(path));
        if (listed.has(bytes))
          throw new FormatError(`keras: file ${String(path).slice(0, 80)} occurs twice in the manifest`);
        listed.add(bytes);
        return bytes;
      });
      const total = shards.reduce((sum, { length }) => sum + length, 0);
      let at = 0;
      for (const weight of weights as readonly Json[]) {
        const [name, entry] = readEntry(weight, shards, at);
        at += entry.bytes;
        if (at > total)
          throw new FormatError(
            `keras: weight ${name}: expected ${at} bytes or more in its shards, got ${total}`,
          );
        if (this.#entries.has(name))
          throw new FormatError(`keras: weight ${name} occurs twice in the manifest`);
        this.#entries.set(name, entry);
      }
    }
  }

  find({ names, path, order }: Place, within: Parameters<WeightSource['find']>[1]): readonly string[] {
    const all = [...this.#entries.keys()];
    const paths = all.filter((name) => /^layers\/.*vars\/\d+$/.test(name));
    if (!paths.length) return inOrder(within(all, names.at(-1)!));
    const own = paths.filter((name) => name.startsWith(`${path}/`));
    return inOrder(own, order);
  }

  shape(name: string): readonly number[] {
    return this.#entries.get(name)!.shape;
  }

  read(name: string): Stored {
    const { shape, dtype, scale, min, shards, at, bytes } = this.#entries.get(name)!;
    const raw = new Uint8Array(bytes);
    let start = -at;
    for (const shard of shards) {
      const part = shard.subarray(Math.max(-start, 0), Math.max(bytes - start, 0));
      if (part.length) raw.set(part, Math.max(start, 0));
      start += shard.length;
    }
    const { buffer } = raw;
    if (dtype === 'float32') return { shape, data: new Float32Array(buffer) };
    if (dtype === 'float16') return { shape, data: new Uint16Array(buffer), dtype: 'F16' };
    if (!dtype.startsWith('uint'))
      throw new FormatError(`keras: weight ${name}: expected floats, got ${dtype}`);
    const stored = dtype === 'uint8' ? raw : new Uint16Array(buffer);
    return { shape, data: Float32Array.from(stored, (value) => value * scale + min) };
  }
}

/** An object; one without the fields of a manifest for other values. */
function objectOf(given: Json | undefined): JsonObject {
  return Object(given) as JsonObject;
}

function readEntry(given: Json, shards: Entry['shards'], at: number): [string, Entry] {
  const { name, shape, dtype, quantization } = objectOf(given);
  const sizes = Array.isArray(shape) ? (shape as readonly Json[]) : undefined;
  if (
    typeof name !== 'string' ||
    !sizes?.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)
  )
    throw new FormatError(
      `keras: weightsManifest: expected { name, shape, dtype }, got ${JSON.stringify(given).slice(0, 80)}`,
    );
  const { scale = 1, min = 0, dtype: own } = objectOf(quantization);
  const stored = String(own ?? dtype);
  if (!Object.hasOwn(SIZES, stored) || typeof scale !== 'number' || typeof min !== 'number')
    throw new FormatError(`keras: weight ${name}: dtype ${stored} is not supported`);
  const count = (sizes as number[]).reduce((a, b) => a * b, 1);
  const bytes = count * SIZES[stored]!;
  return [name, { shape: sizes as number[], dtype: stored, scale, min, shards, at, bytes }];
}
