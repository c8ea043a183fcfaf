import { elements, integers } from '../allocate.ts';
import { options } from '../check.ts';
import { transpose } from '../engine/batchIO.ts';
import { ArgumentError, reading, ShapeError } from '../errors.ts';
import type { KerasDescription, KerasTensor } from '../formats/keras/description.ts';
import { modelOf } from '../model/graph/described.ts';
import type { GraphForwardOptions } from '../model/graph/model.ts';
import { Model } from '../model/graph/model.ts';
import type { LayerClasses } from '../model/registry.ts';
import type { Given, NDArray } from '../ndarray.ts';
import { settled } from '../settled.ts';

/** Values by the name of an input or output; a single one has no name. */
export type KerasValues<T> = T | Readonly<Record<string, T>>;

/**
 * A model that was read from files of Keras. It trains, streams and saves as any `Model`, time-major; `predict` has the
 * layout of Keras, batch first, and gives what Keras does at steps that a mask excludes, where `forward` gives zeros.
 */
export class KerasModel extends Model {
  /** Inputs as Keras has them, batch first; null for a size that is not fixed. */
  readonly kerasInputs: readonly KerasTensor[];
  /** Outputs as Keras has them, batch first. */
  readonly kerasOutputs: readonly KerasTensor[];
  /** Options of the file without effect here, which matter in training only, such as `dense: kernel_regularizer`. */
  readonly ignored: readonly string[];
  readonly #description: KerasDescription;
  readonly #classes: LayerClasses | undefined;
  /** With outputs at all steps. */
  #whole: Model | undefined;

  /** @internal */
  constructor(
    nodes: ConstructorParameters<typeof Model>[0],
    opts: object,
    description: KerasDescription,
    classes: LayerClasses | undefined,
  ) {
    super(nodes, opts);
    this.kerasInputs = description.inputs;
    this.kerasOutputs = description.outputs;
    this.ignored = description.ignored;
    this.#description = description;
    this.#classes = classes;
  }

  /** Frees the memory. */
  override dispose(): void {
    this.#whole?.dispose();
    super.dispose();
  }

  /** The model that computes what Keras does for these inputs. */
  #runner(given: unknown, lengths: unknown): Model {
    const description = this.#description;
    if (!description.whole || (lengths === undefined && !hasExcluded(description, given))) return this;
    const { layers, whole } = description;
    this.#whole ??= modelOf(
      { layers, graph: whole },
      (nodes, opts) => new Model(nodes, opts),
      'keras',
      this.#classes,
    );
    this.#whole.loadStateDict(this.stateDict());
    return this.#whole;
  }

  /**
   * Runs the model as Keras's `predict`, batch first: x is [B, T, F], [B, T] indices, or [B, F]; by name for several
   * inputs. Returns [B, T, F] or [B, F], by name for several outputs. A bare array is one row.
   *
   * @throws {ArgumentError | ShapeError} as `forward`
   */
  predict(x: KerasValues<Given>, opts?: Pick<GraphForwardOptions, 'lengths'>): KerasValues<NDArray> {
    const { lengths } = options('predict', opts, { lengths: true });
    const { kerasInputs: inputs, kerasOutputs: outputs } = this;
    const given =
      inputs.length === 1
        ? timeMajor('x', x as Given, inputs[0]!)
        : Object.fromEntries(
            inputs.map((input) => {
              const value = (x as Readonly<Record<string, Given>> | null)?.[input.name];
              return [input.name, timeMajor(`x.${input.name}`, value!, input)];
            }),
          );
    const result = this.#runner(given, lengths).forward(given as never, { lengths });
    if (outputs.length === 1) return batchFirst(result as NDArray, outputs[0]!);
    const named = result as Readonly<Record<string, NDArray>>;
    return Object.fromEntries(
      outputs.map((output) => [output.name, batchFirst(named[output.name]!, output)]),
    );
  }
}

/** Whether steps of an input are excluded by their value. */
function hasExcluded({ graph: { inputs } }: KerasDescription, given: unknown): boolean {
  return inputs.some(({ name, features = 1, maskValue }) => {
    if (maskValue === undefined) return false;
    const { data } = (name === undefined ? given : (given as Record<string, unknown>)[name]) as Shaped;
    for (let at = 0; at < data.length; at += features) {
      let k = 0;
      while (k < features && data[at + k] === maskValue) k++;
      if (k === features) return true;
    }
    return false;
  });
}

/** An input of Keras's layout in ours. */
function timeMajor(name: string, given: Given, { shape, indices }: KerasTensor): Given {
  const rank = shape.length;
  const features = indices ? 1 : 2;
  const { data, shape: own } = shaped(name, given, shape);
  const sizes = own.slice(1, indices ? rank : -1);
  // a tensor is a sequence of all but its features, whose sizes are fixed
  const isTensor = rank > features + 1;
  if (own.length !== rank || (isTensor && sizes.some((size, i) => size !== shape[i + 1])))
    throw new ShapeError(name, `[${shape.map((size) => size ?? 'any')}]`, own);
  const value = { data: indices ? indicesOf(name, data) : data, shape: own };
  if (rank === features) return value;
  return swapped(name, {
    ...value,
    shape: [own[0]!, elements(sizes as number[]), ...(indices ? [] : [own.at(-1)!])],
  });
}

/** Numbers and their shape. */
interface Shaped {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** Indices, which Keras takes as floats, too. @throws {ArgumentError} if one is not an integer */
function indicesOf(name: string, data: ArrayLike<number>): Int32Array {
  const out = integers(data.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = data[i]!;
    if (out[i] !== data[i]) throw new ArgumentError(`${name}[${i}]`, 'a 32-bit integer', data[i]);
  }
  return out;
}

/** The numbers and the shape of what is given; a bare array is one row. */
function shaped(name: string, given: Given, expected: KerasTensor['shape']): Shaped {
  const isBare = Array.isArray(given) || ArrayBuffer.isView(given);
  const { data, shape } = reading(name, given, () =>
    settled(isBare ? { data: given } : (given ?? {})),
  ) as Partial<NDArray>;
  const length = typeof data === 'object' ? data?.length : undefined;
  if (length === undefined) throw new ArgumentError(name, '{ data, shape } or a list of numbers', given);
  if (Array.isArray(shape)) return { data: data!, shape };
  const row = expected.slice(1);
  const known = elements(row.map((size) => size ?? 1));
  return { data: data!, shape: [1, ...row.map((size) => size ?? length / known)] };
}

/** The first two dimensions change places. */
function swapped(name: string, { data, shape }: Shaped) {
  const [a, b, ...rest] = shape as [number, number, ...number[]];
  const n = elements(rest);
  if (data.length !== a * b * n)
    throw new ShapeError(name, `${a * b * n} numbers, as its shape says`, `${data.length}`);
  // indices may be above 2^24
  const out = data instanceof Int32Array ? (integers(data.length) as never) : undefined;
  return { data: transpose(data, a, b, n, out), shape: [b, a, ...rest] };
}

/** An output of ours in Keras's layout. */
function batchFirst(value: NDArray, { shape }: KerasTensor): NDArray {
  if (value.shape.length < 3) return { ...value, shape: value.shape.slice(0, shape.length) };
  const own = swapped('output', value) as NDArray;
  return shape.length > 3 ? { ...own, shape: [own.shape[0]!, ...(shape.slice(1) as number[])] } : own;
}

/** Makes a model from what files describe. */
export function kerasModelOf(description: KerasDescription, classes: LayerClasses | undefined): KerasModel {
  return modelOf(
    description,
    (nodes, opts) => new KerasModel(nodes, opts, description, classes),
    'keras',
    classes,
  );
}
