import { FormatError } from '../../errors.ts';
import type { Json, JsonObject } from './json.ts';
import type { Place, Stored, WeightSource } from './weights.ts';

/** A weight of a manifest: where its bytes lie, and how they become numbers. */
interface Entry {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly scale: number;
  readonly min: number;
  /** The bytes of its group of shards. */
  readonly group: Group;
  readonly at: number;
  readonly bytes: number;
}

interface Group {
  /** The parts of the group's bytes, in order. */
  readonly shards: readonly Uint8Array[];
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
  ...['depthwise_kernel', 'pointwise_kernel', 'kernel', 'recurrent_kernel', 'bias'],
  ...['gamma', 'beta', 'moving_mean', 'moving_variance'],
];

/** A part of a layer, such as a direction or a cell: all of a weight's name but its last part. */
function partOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/'));
}

/** Names of a layer's weights in its order: forward before backward, cell after cell as they are listed. */
function inOrder(names: readonly string[]): readonly string[] {
  const isBackward = (part: string) => Number(/\/backward/.test(part));
  const parts = [...new Set(names.map(partOf))].sort((a, b) => isBackward(a) - isBackward(b));
  // some converters sort names
  const place = (name: string) =>
    parts.indexOf(partOf(name)) * ORDER.length + ORDER.indexOf(name.split('/').at(-1)!);
  return [...names].sort((a, b) => place(a) - place(b));
}

/** Weights of TensorFlow.js: shards that a manifest describes. */
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
        const [name, entry] = readEntry(weight, { shards }, at);
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

  find({ names }: Place, within: Parameters<WeightSource['find']>[1]): readonly string[] {
    return inOrder(within([...this.#entries.keys()], names.at(-1)!));
  }

  shape(name: string): readonly number[] {
    return this.#entries.get(name)!.shape;
  }

  read(name: string): Stored {
    const { shape, dtype, scale, min, group, at, bytes } = this.#entries.get(name)!;
    const raw = new Uint8Array(bytes);
    let start = 0;
    for (const shard of group.shards) {
      const from = Math.max(at - start, 0);
      const to = Math.min(at + bytes - start, shard.length);
      if (to > from) raw.set(shard.subarray(from, to), start + from - at);
      start += shard.length;
    }
    const { buffer } = raw;
    if (dtype === 'float32') return { shape, data: new Float32Array(buffer) };
    if (dtype === 'float16') return { shape, data: new Uint16Array(buffer), dtype: 'F16' };
    const stored = dtype === 'uint8' ? raw : dtype === 'uint16' ? new Uint16Array(buffer) : undefined;
    if (!stored) throw new FormatError(`keras: weight ${name}: expected floats, got ${dtype}`);
    return { shape, data: Float32Array.from(stored, (value) => value * scale + min) };
  }
}

/** An object; an empty one for other values. */
function objectOf(given: Json | undefined): JsonObject {
  return typeof given === 'object' && given !== null && !Array.isArray(given) ? (given as JsonObject) : {};
}

function readEntry(given: Json, group: Group, at: number): [string, Entry] {
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
  return [
    name,
    { shape: sizes as number[], dtype: stored, scale, min, group, at, bytes: count * SIZES[stored]! },
  ];
}
