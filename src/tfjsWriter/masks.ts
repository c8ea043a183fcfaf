import { FormatError } from '../errors.ts';
import type { View } from '../onnxWriter/modelView.ts';
import type { KerasLayer } from './layerCall.ts';

/** Inputs whose masks a value has in Keras. */
type Mask = ReadonlySet<number>;

const NONE: Mask = new Set();
/** Layers that do the same at each step, and pass masks on. */
const PER_STEP = ['Embedding', 'Linear', 'Activation', 'Dropout', 'Dropout1d', 'LayerNorm', 'BatchNorm'];
const JOINS = ['Concat', 'Add', 'Multiply'];
/** Layers that skip steps that a mask excludes. */
const RECURRENT = ['LSTM', 'GRU', 'RNN'];
/** Layers of Keras that lose masks in TensorFlow.js. */
const UNMASKED = ['LeakyReLU', 'ELU'];

/**
 * Follows masks: here they are of a time axis, of all inputs on it with a `maskValue`; in Keras each value has its own, from
 * an Embedding or a Masking layer on.
 */
export class Masks {
  readonly #view: View;
  readonly #keras: boolean;
  /** By value. */
  readonly #masks: Mask[] = [];

  /** @throws {FormatError} if an input has a `maskValue` that Keras can't say */
  constructor(view: View, keras: boolean) {
    this.#view = view;
    this.#keras = keras;
    for (const { name, value, maskValue } of view.inputs) {
      if (maskValue === undefined) continue;
      if (maskValue && view.shapes[value]!.kind === 'indices')
        throw new FormatError(
          `tfjs: input ${name}: indices of maskValue ${maskValue}, which Keras masks only with 0`,
        );
      this.#masks[value] = new Set([value]);
    }
  }

  /** Whether a value has a mask in Keras. */
  has(value: number): boolean {
    return this.#maskOf(value).size > 0;
  }

  /** @throws {FormatError} by `refuse`, if the layer of a use would see another mask in Keras than here */
  check({ layer, inputs }: View['uses'][number], refuse: (what: string) => FormatError): void {
    const { type } = layer;
    // Merge.computeMask of tfjs-layers 4.22 gives [1, B, T]
    if (!this.#keras && ['Add', 'Multiply'].includes(type) && inputs.some((value) => this.has(value)))
      throw refuse(
        'a sum or product of steps that maskValue excludes in TensorFlow.js (the option keras writes it for Keras)',
      );
    const masked = inputs.filter((value) => this.#wanted(value).size);
    if (!masked.length || [...PER_STEP, ...JOINS, 'LastStep'].includes(type)) return;
    const isMean = type === 'Pool' && (layer as unknown as { readonly kind: string }).kind === 'mean';
    if (isMean && !this.#keras)
      throw refuse(
        'a mean without steps of maskValue in TensorFlow.js (the option keras writes it for Keras)',
      );
    if (!isMean && ![...RECURRENT, 'Attention'].includes(type))
      throw refuse('steps before it that maskValue excludes');
    for (const value of masked)
      if (!isSame(this.#maskOf(value), this.#wanted(value)))
        throw refuse(
          'the mask that it has here: maskValue of an input that it does not follow, or that a layer before it loses',
        );
  }

  /** Notes the mask of what a use gives. */
  pass({ layer: { type }, inputs, output }: View['uses'][number], made: readonly KerasLayer[]): void {
    const given = inputs.map((value) => this.#maskOf(value));
    const [first] = given as [Mask];
    const isLost = !this.#keras && made.some(({ className }) => UNMASKED.includes(className));
    if (isLost || !this.#wanted(output).size) return;
    if (type === 'Concat') this.#masks[output] = new Set(given.flatMap((mask) => [...mask]));
    // versions of Keras differ in the mask of a sum of others
    else if (given.every((mask) => isSame(mask, first)) || !JOINS.includes(type)) this.#masks[output] = first;
  }

  #maskOf(value: number): Mask {
    return this.#masks[value] ?? NONE;
  }

  /** The mask that a value has here. */
  #wanted(value: number): Mask {
    const { inputs, shapes } = this.#view;
    const { axis } = shapes[value]!;
    const own = inputs.filter(
      ({ maskValue, value }) => maskValue !== undefined && shapes[value]!.axis === axis,
    );
    return new Set(axis ? own.map(({ value }) => value) : []);
  }
}

function isSame(a: Mask, b: Mask): boolean {
  return a.size === b.size && [...a].every((value) => b.has(value));
}
