import { FormatError } from '../../errors.ts';
import type { Hdf5Storage } from '../hdf5/file.ts';
import { type Hdf5Object, openHdf5 } from '../hdf5/object.ts';
import { readZip, type ZipOptions } from '../zip/zip.ts';
import { LayerWeights, listOf, PathWeights, textsOf } from './h5Weights.ts';
import type { WeightSource } from './weights.ts';

/** Readers of compressed data. */
export interface Compressed extends Hdf5Storage {
  /** Inflates raw deflate to `size` bytes; undefined if they are more or less. */
  readonly inflate: NonNullable<ZipOptions['inflate']>;
}

/** Bytes of a description in an archive, besides the size of the archive. */
const LONGEST_JSON = 2 ** 22;

/** What is in a .keras or .h5 file: its weights, and JSON by name. */
export interface Binary {
  readonly architecture: readonly [text: string, name: string] | undefined;
  /** Contains the version. */
  readonly metadata?: readonly [text: string, name: string] | undefined;
  readonly version?: string | undefined;
  readonly weights: WeightSource;
}

/** Reads a .keras or .h5 file. @throws what `storage` does, if it is compressed */
export function readBinary(bytes: Uint8Array, storage: Compressed): Binary {
  return bytes[0] === 0x50 ? readArchive(bytes, storage) : readHdf5(openHdf5(bytes, storage));
}

/** A .keras file. */
function readArchive(bytes: Uint8Array, storage: Compressed): Binary {
  const members = readZip(bytes, { format: 'keras', inflate: storage.inflate });
  const text = (name: string) => {
    const member = members.get(name);
    if (member && member.size > LONGEST_JSON + bytes.length)
      throw new FormatError(
        `keras: ${name}: ${member.size} bytes are too many for an archive of ${bytes.length}`,
      );
    return member && ([new TextDecoder().decode(member.read()), name] as const);
  };
  const config = text('config.json');
  const weights = members.get('model.weights.h5');
  if (!config || !weights) throw new FormatError('keras: the archive lacks config.json or model.weights.h5');
  return {
    architecture: config,
    metadata: text('metadata.json'),
    weights: new PathWeights(openHdf5(weights.read(), storage)),
  };
}

/** A whole model or weights only, by layer or, as Keras 3, by path. */
function readHdf5(root: Hdf5Object): Binary {
  const [config] = textsOf(root, 'model_config') ?? [];
  const group = root.get('model_weights') ?? root;
  const isByLayer = listOf(group, 'layer_names').length > 0;
  return {
    architecture: config === undefined ? undefined : [config, 'model_config'],
    version: textsOf(root, 'keras_version')?.[0],
    weights: isByLayer ? new LayerWeights(group) : new PathWeights(root),
  };
}
