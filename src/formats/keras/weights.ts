import { toFloat32 } from '../../io/dtype.ts';
import { fail } from './config.ts';
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

/** Numbers as a file has them; F16: their bits. */
export interface Stored {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint | string>;
  readonly dtype?: 'F16' | undefined;
}

/** The weights of a file. */
export interface WeightSource {
  /** Names of a layer's weights, in Keras's order; within: as `namesWithin`. */
  find(place: Place, within: typeof namesWithin): readonly string[];
  shape(name: string): readonly number[];
  read(name: string): Stored;
}

/** The numbers of a file, which layers take. */
export class Weights {
  readonly #source: WeightSource;
  readonly #taken = new Set<string>();

  constructor(source: WeightSource) {
    this.#source = source;
  }

  /**
   * The weights of a layer, in Keras's order.
   * @throws {FormatError} if there are fewer or more, they have other shapes, or another layer has taken them
   */
  take(place: Place, layer: string, shapes: readonly (readonly number[])[]): Tensor[] {
    const count = shapes.length;
    if (count === 0) return [];
    const names = this.#find(place);
    const refuse = (what: string) => fail(`layer ${layer}: ${what}`);
    if (names.length !== count) refuse(`expected ${count} weights, got ${names.length} in the file`);
    return names.map((name, i) => {
      if (this.#taken.has(name)) refuse(`${name} belongs to another layer, too`);
      this.#taken.add(name);
      const tensor = floatsOf(this.#source.read(name), name);
      const expected = shapes[i]!;
      if (`${tensor.shape}` !== `${expected}`)
        refuse(`weight ${i}: expected shape [${expected}], got [${tensor.shape}]`);
      return tensor;
    });
  }

  /** The shapes of a layer's weights, which tell what it is where a file does not say so. */
  shapes(place: Place): readonly (readonly number[])[] {
    return this.#find(place).map((name) => this.#source.shape(name));
  }

  #find(place: Place): readonly string[] {
    return this.#source.find(place, namesWithin);
  }
}

/** Numbers as 32-bit floats. @throws {FormatError} if it is text */
function floatsOf({ shape, data, dtype }: Stored, name: string): Tensor {
  if (dtype) return { shape, data: toFloat32({ dtype, data: data as Uint16Array<ArrayBuffer> }) };
  if (data instanceof Float32Array) return { shape, data: data as Float32Array<ArrayBuffer> };
  if (data instanceof Float64Array)
    return { shape, data: toFloat32({ dtype: 'F64', data: data as Float64Array<ArrayBuffer> }) };
  // such as the count of Normalization
  if (ArrayBuffer.isView(data))
    return { shape, data: Float32Array.from(data as ArrayLike<number | bigint>, Number) };
  return fail(`weight ${name}: expected floats, got another type`);
}

/** Names with the layer's as one of their parts; of weights that are not in a group of the layer's own. */
function namesWithin(names: readonly string[], layer: string): readonly string[] {
  const first = names.filter((name) => name.startsWith(`${layer}/`));
  return first.length ? first : names.filter((name) => name.split('/').includes(layer));
}
