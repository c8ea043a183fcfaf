import { FormatError } from '../../errors.ts';
import type { Hdf5Dataset } from '../hdf5/dataset.ts';
import type { Hdf5Object } from '../hdf5/object.ts';
import type { Place, Stored, WeightSource } from './weights.ts';

/** Datasets by name. */
class Datasets {
  protected readonly datasets: Map<string, Hdf5Dataset>;

  constructor(datasets?: Iterable<readonly [string, Hdf5Dataset]>) {
    this.datasets = new Map(datasets);
  }

  shape(name: string): readonly number[] {
    return this.datasets.get(name)!.shape;
  }

  read(name: string): Stored {
    return this.datasets.get(name)!.read();
  }
}

/** Weights of .h5 files: a group for each layer of the outermost model, whose attribute lists their names. */
export class LayerWeights extends Datasets implements WeightSource {
  readonly #root: Hdf5Object;
  readonly #names = new Map<string, readonly string[]>();

  constructor(root: Hdf5Object) {
    super();
    this.#root = root;
  }

  find({ names }: Place, within: Parameters<WeightSource['find']>[1]): readonly string[] {
    const outer = names[0]!;
    const all = this.#of(outer);
    if (names.length === 1) return all;
    const inner = all.map((name) => name.slice(outer.length + 1));
    return within(inner, names.at(-1)!).map((name) => `${outer}/${name}`);
  }

  /** All weights in a layer's group: the group's name, a slash, and their own. */
  #of(layer: string): readonly string[] {
    let known = this.#names.get(layer);
    if (known) return known;
    const group = this.#root.get(layer);
    const names = group ? listOf(group, 'weight_names') : [];
    for (const name of names) {
      const dataset = group!.get(name)?.dataset;
      if (!dataset) throw new FormatError(`keras: layer ${layer}: weight ${name} is not in the file`);
      this.datasets.set(`${layer}/${name}`, dataset);
    }
    this.#names.set(layer, (known = names.map((name) => `${layer}/${name}`)));
    return known;
  }
}

/** Weights of .keras files, or of .weights.h5: `layers/lstm_1/cell/vars/0`. */
export class PathWeights extends Datasets implements WeightSource {
  constructor(root: Hdf5Object) {
    // of Windows
    const all = [...root.datasets()].map(([path, dataset]) => [path.replaceAll('\\', '/'), dataset] as const);
    super(
      all
        .filter(([path]) => !/(^|\/)(seed_generator|optimizer)\//.test(path))
        .map(([path, dataset]) => [path.replaceAll('_layer_checkpoint_dependencies/', 'layers/'), dataset]),
    );
  }

  find({ path, order = [] }: Place): readonly string[] {
    const exact = this.#within(path);
    const found = exact.length ? exact : this.#within(this.#byRank(path));
    // Keras 2 calls it _query_dense
    const rank = (name: string) => order.findIndex((part) => new RegExp(`/_?${part}/`).test(name));
    return order.length ? [...found].sort((a, b) => rank(a) - rank(b)) : found;
  }

  #within(path: string): readonly string[] {
    const own = [...this.datasets.keys()].filter(
      (name) => name.startsWith(`${path}/`) && /\/vars\/\d+$/.test(name),
    );
    return own.sort((a, b) => inOrder(a).localeCompare(inOrder(b), 'en', { numeric: true }));
  }

  /** In files of tf.keras 2.12 numbers of a class's layers have gaps: the n-th of those that there are. */
  #byRank(path: string): string {
    const [, base, number = '0'] = /^(.*?)(?:_(\d+))?$/.exec(path)!;
    const numbers = new Set<number>();
    for (const name of this.datasets.keys()) {
      const rest = name.startsWith(base!) ? /^(?:_(\d+))?\//.exec(name.slice(base!.length)) : null;
      if (rest) numbers.add(Number(rest[1] ?? 0));
    }
    const found = [...numbers].sort((a, b) => a - b)[Number(number)];
    return found ? `${base}_${found}` : base!;
  }
}

/** Key of the order of a layer's weights: forward before backward, cells and variables by number. */
function inOrder(path: string): string {
  return path.replace('/forward_layer', '/0').replace('/backward_layer', '/1');
}

/** A list of names, which Keras cuts into several attributes if it is long: weight_names0, weight_names1, … */
export function listOf(object: Hdf5Object, attribute: string): string[] {
  const whole = textsOf(object, attribute);
  if (whole) return whole;
  const parts: string[][] = [];
  for (let i = 0; ; i++) {
    const part = textsOf(object, `${attribute}${i}`);
    if (!part) return parts.flat();
    parts.push(part);
  }
}

/** The texts of an attribute; undefined if there is none. */
export function textsOf(object: Hdf5Object, attribute: string): string[] | undefined {
  const value = object.attribute(attribute);
  if (!value) return undefined;
  const { data } = value;
  // an empty list has no type of its own
  if (data.length === 0) return [];
  if (Array.isArray(data)) return data;
  throw new FormatError(`keras: attribute ${attribute} of ${object.path || '/'}: expected text`);
}
