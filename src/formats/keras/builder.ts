import { Missing } from '../missing.ts';
import type { Activation } from './activations.ts';
import { fail, type LayerConfig } from './config.ts';
import type { InputDescription, LayerDescription, Reference, UseDescription } from './description.ts';
import type { Json, JsonObject } from './json.ts';
import type { Tensor } from './tensor.ts';
import type { Place, Weights } from './weights.ts';

/** Most layers, and most calls of layers, of a model. */
export const MOST = 10_000;

/** Options whose effect is in training only. */
const TRAINING_ONLY = /_(regularizer|constraint)$/;

/** What a Keras tensor is here. */
export interface Value {
  readonly ref: Reference;
  /**
   * Sizes without the batch: [F] features or [] an index of a vector, [T, F] or [T] of a sequence. A tensor [a, b, F] is a
   * sequence of a · b steps.
   */
  readonly shape: readonly (number | null)[];
  /** Index of the input whose time axis it has. */
  readonly axis?: number | undefined;
  /** What layers have made of the number of steps of that axis, such as a convolution; none by default. */
  readonly derived?: string | undefined;
  /** Of an input of indices: those from one on. */
  readonly part?: { readonly of: Value; readonly offset: number } | undefined;
  /** Index of the input that says which of its steps count in Keras. */
  readonly mask?: number | undefined;
  /** Makes it with the steps that do not count, as Keras has them, if that can be said. */
  readonly whole?: (() => Value) | undefined;
}

/** Layers that do the same at each step, whether it counts or not. */
const PER_STEP =
  /^(Linear|Activation|LayerNorm|BatchNorm|Dropout|Dropout1d|Concat|Add|Multiply|Affine|Combine|ElementMap|PReLU|Strided)$/;

/** Features of an input, once a layer has read them. */
interface Input {
  readonly name: string;
  readonly shape: readonly (number | null)[];
  kind?: 'features' | 'indices';
  /** Size of the vocabulary. */
  limit: number;
  maskValue?: number;
  /** Whether a layer looks at the mask. */
  masked: boolean;
  /** The first input on the same time axis. */
  like: number;
}

/** Collects layers and their calls. */
export class Builder {
  readonly weights: Weights;
  readonly more: MoreLayers | undefined;
  readonly layers: LayerDescription[] = [];
  readonly uses: UseDescription[] = [];
  readonly ignored = new Set<string>();
  readonly #inputs: Input[] = [];
  /** Layers that see all steps of a sequence, masked or not. */
  readonly #unmasked: { readonly axis: number; readonly layer: LayerConfig }[] = [];

  readonly #names = new Set<string>();
  #calls = 0;

  constructor(weights: Weights, more: MoreLayers | undefined) {
    this.weights = weights;
    this.more = more;
  }

  /** Counts a call of a Keras layer. @throws {FormatError} if there are too many, such as of models in models */
  count(): void {
    if (++this.#calls > 4 * MOST) fail('too many calls of layers');
  }

  /** Notes options of a layer that change training in Keras but not here. */
  noteIgnored({ name, options }: LayerConfig): void {
    for (const [option, value] of Object.entries(options)) {
      if (value !== null && value !== undefined && TRAINING_ONLY.test(option))
        this.ignored.add(`${name}: ${option}`);
    }
  }

  /** A new input. */
  input(name: string, shape: readonly (number | null)[]): Value {
    const like = this.#inputs.length;
    this.#inputs.push({ name, shape, limit: Number.MAX_SAFE_INTEGER, masked: false, like });
    return { ref: like, shape, axis: shape.length > 1 ? like : undefined };
  }

  /** Adds a layer and returns its index. */
  layer(
    name: string,
    type: string,
    options: Readonly<Record<string, unknown>> = {},
    weights: Readonly<Record<string, Tensor>> = {},
  ): number {
    if (this.layers.length >= MOST) fail(`more than ${MOST} layers`);
    const own = Object.keys(weights).length ? this.#nameOf(name) : {};
    return this.layers.push({ name, config: { type, ...options, ...own }, weights }) - 1;
  }

  /** The name of a layer with weights, if it can be one here; another one where it can't, or is taken. */
  #nameOf(name: string): { name: string } {
    const base = /^(?!\d+$|optimizer$|carried$)[^.]{1,180}$/.test(name) ? name : 'layer';
    let own = base;
    for (let i = 1; this.#names.has(own); i++) own = `${base}_${i}`;
    this.#names.add(own);
    return { name: own };
  }

  /** Adds a call of a layer. */
  use(
    layer: number,
    inputs: readonly Value[],
    shape: Value['shape'],
    of: Partial<Value> = inputs[0]!,
    initial?: Readonly<Record<string, Reference>>,
  ): Value {
    if (this.uses.length >= MOST) fail(`more than ${MOST} calls of layers`);
    const { name, config } = this.layers[layer]!;
    for (const value of inputs)
      this.reads(value, name, config.type === 'Embedding' ? (config.numEmbeddings as number) : 0);
    const call = { layer, inputs: inputs.map(({ ref }) => ref), initial };
    const ref = [this.uses.push(call) - 1] as const;
    if (shape.length < 2) return { ref, shape };
    const whole =
      of.mask !== undefined && PER_STEP.test(config.type) && inputs.every((value) => value.whole)
        ? once(() =>
            this.use(
              layer,
              inputs.map((value) => value.whole!()),
              shape,
              {},
            ),
          )
        : undefined;
    return { ref, shape, axis: of.axis, derived: of.derived, mask: of.mask, whole };
  }

  /** A sequence of a layer that gives something at steps that do not count, too: the last before them, or numbers. */
  filled(name: string, sequence: Value, fill: 'last' | 'zero' | number | readonly number[]): Value {
    if (sequence.mask === undefined) return sequence;
    const options = fill === 'last' ? {} : { fill };
    const whole = once(() => {
      if (!this.more?.prepare) throw new Missing('layers');
      return this.apply(name, 'AllSteps', options, [sequence], sequence.shape, {});
    });
    return { ...sequence, whole };
  }

  /** Adds a layer without weights, and its only call. */
  apply(
    name: string,
    type: string,
    options: Readonly<Record<string, unknown>>,
    inputs: readonly Value[],
    shape: Value['shape'] = inputs[0]!.shape,
    of: Partial<Value> = inputs[0]!,
  ): Value {
    return this.use(this.layer(name, type, options), inputs, shape, of);
  }

  /** A layer reads a value; if that is an input, it now has features, or indices below a limit. */
  reads({ ref }: Value, layer: string, limit = 0): void {
    if (typeof ref !== 'number') return;
    const input = this.#inputs[ref]!;
    const kind = limit ? 'indices' : 'features';
    if (input.kind && input.kind !== kind)
      fail(`layer ${layer}: input ${input.name} is read both as features and as indices`);
    input.kind = kind;
    if (limit) input.limit = Math.min(input.limit, limit);
  }

  /** Steps that do not count in an input, if the value is one. Returns whether it is. */
  maskInput({ ref }: Value, maskValue: number): boolean {
    if (typeof ref !== 'number') return false;
    const input = this.#inputs[ref]!;
    if (input.maskValue !== undefined && input.maskValue !== maskValue) return false;
    input.maskValue = maskValue;
    return true;
  }

  /** A layer looks at which steps of a value count: all of them if it has no mask. */
  usesMask(layer: LayerConfig, value: Value): void {
    if (value.mask === undefined) this.allSteps(layer, value);
    else this.#inputs[value.mask]!.masked = true;
  }

  /** The value that a layer reads which in Keras sees all steps of it. */
  allSteps(layer: LayerConfig, value: Value): Value {
    const { axis, mask, whole } = value;
    if (mask !== undefined && whole) return whole();
    if (axis !== undefined) this.#unmasked.push({ axis, layer });
    return value;
  }

  /** A value whose mask a layer does not see. */
  unmasked(layer: LayerConfig, value: Value): Value {
    if (value.mask === undefined) return value;
    return { ...this.allSteps(layer, value), mask: undefined, whole: undefined };
  }

  /** What is made of all steps of a sequence, with its mask. */
  masked({ name }: LayerConfig, made: Value, of: Value): Value {
    if (of.mask === undefined || made.shape.length < 2) return made;
    return { ...this.apply(name, 'SameSteps', {}, [made, of], made.shape, of), whole: () => made };
  }

  /** Two sequences are joined step by step, so that their inputs must have the same lengths. */
  sameAxis(a: Value, b: Value): void {
    if (a.axis === undefined || b.axis === undefined) return;
    const [x, y] = [this.#root(a.axis), this.#root(b.axis)];
    this.#inputs[Math.max(x, y)]!.like = Math.min(x, y);
  }

  #root(input: number): number {
    let root = input;
    while (this.#inputs[root]!.like !== root) root = this.#inputs[root]!.like;
    return root;
  }

  /**
   * The inputs, once all layers are known.
   * @throws {FormatError} if a layer must see steps that are skipped here
   */
  inputs(single: boolean): (InputDescription & { readonly indices?: number | undefined })[] {
    const masked = new Set(this.#inputs.flatMap(({ masked }, i) => (masked ? [this.#root(i)] : [])));
    for (const { axis, layer } of this.#unmasked) {
      if (!masked.has(this.#root(axis))) continue;
      layer.fail('it sees steps that a mask (mask_zero, Masking) excludes, which is not supported');
    }
    return this.#inputs.map(({ name, shape, kind = 'features', limit, maskValue, masked }, i) => {
      const size = shape.at(-1);
      // dimensions of a step
      const rank = kind === 'features' ? 1 : 0;
      const steps = shape.length > rank;
      if (shape.length > rank + 1 && shape.includes(null))
        fail(`input ${name}: sizes of [batch, ${shape}] are not fixed`);
      if (rank && !size) fail(`input ${name}: the number of features is not fixed`);
      const like = this.#root(i);
      return {
        ...(single ? {} : { name }),
        [kind]: rank ? size : limit,
        steps,
        ...(like < i ? { like } : {}),
        ...(masked ? { maskValue } : {}),
      };
    });
  }
}

/** Gives what the first call made. */
function once(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => (made ??= make());
}

/** What describes the calls of a layer. */
export interface Context {
  readonly builder: Builder;
  readonly layer: LayerConfig;
  readonly place: Place;
  /** What `make` gave at the layer's first call. */
  once<T>(make: () => T): T;
  /** The layer's weights, of these shapes. @throws {FormatError} if the file has others */
  weights(...shapes: readonly (readonly number[])[]): Tensor[];
  /** The activation of an option, as `activationOf`. */
  activation(option: string): Activation;
  /** Index of this call among those of the layer. */
  readonly call: number;
  /** What the layer is with an option that it seldom has. @throws {Missing} if that is in no table */
  rare(what: string): readonly Value[];
  /** Runs the layer or model that an option contains. options: in place of its own. */
  nested(option: string, inputs: readonly Value[], options?: JsonObject): readonly Value[];
}

/** Layers that are not in `LAYERS`. */
export interface MoreLayers {
  /** By class. */
  readonly layers: Readonly<Record<string, Describe>>;
  /** What layers are with options that they seldom have, by class. */
  readonly forms?: Readonly<Record<string, Describe>> | undefined;
  /** Makes layers of the operations of a model. */
  readonly prepare?: ((model: Json) => Json) | undefined;
}

/** The results of a layer for its inputs. */
export type Describe = (context: Context, inputs: readonly Value[]) => readonly Value[];
