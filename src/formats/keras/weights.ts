import { FormatError } from '../../errors.ts';
import type { Tensor } from './tensor.ts';

/** Where a layer stands in a model. */
export interface Place {
  /** Names of the models that it is in, below the outermost one, and its own. */
  readonly names: readonly string[];
  /** Path in .keras files, such as `layers/lstm_1`. */
  readonly path: string;
  /** Parts of the layer in the order of its weights, as .keras files name them: `query_dense`. Default: by name. */
  readonly order?: readonly string[] | undefined;
}

/** The numbers of a file. */
export abstract class Weights {
  readonly #taken = new Set<string>();

  /**
   * The weights of a layer, in Keras's order.
   * @throws {FormatError} if there are fewer or more than `count`, or another layer has taken them
   */
  take(place: Place, count: number): Tensor[] {
    if (count === 0) return [];
    const names = this.find(place);
    const own = place.names.at(-1);
    if (names.length !== count)
      throw new FormatError(
        `keras: layer ${own}: expected ${count} weights, got ${names.length} in the file`,
      );
    return names.map((name) => {
      if (this.#taken.has(name))
        throw new FormatError(`keras: layer ${own}: ${name} belongs to another layer, too`);
      this.#taken.add(name);
      return this.read(name);
    });
  }

  /** The shapes of a layer's weights, which tell what it is where a file does not say so. */
  shapes(place: Place): readonly (readonly number[])[] {
    return this.find(place).map((name) => this.shape(name));
  }

  /** Names of a layer's weights, in Keras's order. */
  protected abstract find(place: Place): readonly string[];
  protected abstract shape(name: string): readonly number[];
  protected abstract read(name: string): Tensor;
}

/** Names with the layer's as one of their parts; of weights that are not in a group of the layer's own. */
export function namesWithin(names: readonly string[], layer: string): readonly string[] {
  const first = names.filter((name) => name.startsWith(`${layer}/`));
  return first.length ? first : names.filter((name) => name.split('/').includes(layer));
}
