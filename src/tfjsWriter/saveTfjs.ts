import { byteArray } from '../allocate.ts';
import { boolean, options } from '../check.ts';
import type { Layer } from '../engine/layer.ts';
import { ArgumentError, FormatError } from '../errors.ts';
import type { Model } from '../model/graph/model.ts';
import { ownModel } from '../model/ownModel.ts';
import type { Sequential } from '../model/sequential.ts';
import { type Shape, type View, viewOf } from '../onnxWriter/modelView.ts';
import { type KerasLayer, plain, type Weight } from './layerCall.ts';
import { WRITERS } from './layers.ts';
import { Masks } from './masks.ts';

/** Options of `saveTfjs`. */
export interface SaveTfjsOptions {
  /** Name of the file with the weights. Default `weights.bin`. */
  readonly weights?: string | undefined;
  /**
   * Whether it may have what Keras and this package load and TensorFlow.js does not: a GRU with `reset_after`, which it loads with
   * `install` of `unrolled/tfjs`, causal padding, and attention. Default false: they are refused.
   */
  readonly keras?: boolean | undefined;
}

/** A layer of the model's description. */
interface Described {
  readonly class_name: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inbound_nodes: unknown[];
}

/** A tensor of the description: a layer, which of its calls, and which of its outputs. */
type Place = readonly [layer: string, call: number, output: 0];

/** Keras 2, whose descriptions TensorFlow.js reads. */
const KERAS_VERSION = '2.15.0';

/**
 * Writes a model as `model.json` of TensorFlow.js, which Keras 2 reads, too, and the file with its weights: bytes by name.
 * Sequences are [B, T, F] there; numbers of steps and rows are free. Lengths and states are not part of it; `maskValue`
 * of an input is, and steps that it excludes have the outputs that Keras gives there.
 *
 * @throws {FormatError} if a layer or option can't be said with layers of Keras 2; the message names the layer
 * @throws {ArgumentError} if it is not a model, or an option is unknown
 */
export function saveTfjs(
  model: Sequential | Model,
  opts?: SaveTfjsOptions,
): Record<string, Uint8Array<ArrayBuffer>> {
  ownModel(model);
  const given = options('saveTfjs', opts, { weights: true, keras: true });
  const { weights: file = 'weights.bin' } = given;
  const keras = boolean('keras', given.keras ?? false);
  if (typeof file !== 'string' || !file || file === 'model.json')
    throw new ArgumentError('weights', 'the name of a file', file);
  const { layers, weights, inputs, outputs } = describe(model, keras);
  const config = { name: 'model', layers, input_layers: inputs, output_layers: outputs };
  const json = {
    format: 'layers-model',
    generatedBy: 'unrolled',
    modelTopology: {
      keras_version: KERAS_VERSION,
      backend: 'tensorflow',
      model_config: { class_name: 'Model', config },
    },
    weightsManifest: [
      {
        paths: [file],
        weights: weights.map(([name, { shape }]) => ({ name, shape, dtype: 'float32' })),
      },
    ],
  };
  const bytes = byteArray(weights.reduce((sum, [, { data }]) => sum + data.byteLength, 0));
  let at = 0;
  for (const [, { data }] of weights) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return { 'model.json': new TextEncoder().encode(JSON.stringify(json)), [file]: bytes };
}

function describe(model: Sequential | Model, keras: boolean) {
  const view = viewOf(model);
  const parameters = model.stateDict() as Readonly<Record<string, Weight>>;
  const layers = new Map<string, Described>();
  const weights: [string, Weight][] = [];
  const places: Place[] = [];
  /** Calls a layer, which is described where it is called first. */
  const call = (name: string, { className, config, weights: own }: KerasLayer, from: readonly Place[]) => {
    let layer = layers.get(name);
    if (!layer) {
      const all = { name, trainable: true, dtype: 'float32', ...config };
      layer = { class_name: className, name, config: all, inbound_nodes: [] };
      layers.set(name, layer);
      for (const [key, weight] of Object.entries(own)) weights.push([`${name}/${key}`, weight]);
    }
    const place = [name, layer.inbound_nodes.push(from.map((at) => [...at, {}])) - 1, 0] as const;
    return place;
  };
  const taken = new Set(view.inputs.map(({ name }) => name));
  const names = new Map<string, string>();
  /** The name of what a key stands for, which nothing else has. */
  const nameOf = (key: string, wanted: string): string => {
    let name = names.get(key);
    if (name !== undefined) return name;
    name = wanted;
    while (taken.has(name)) name += '_';
    taken.add(name);
    names.set(key, name);
    return name;
  };
  const fixed = fixedSteps(view);
  const masks = new Masks(view, keras);
  for (const { name, value, maskValue } of view.inputs) {
    const { kind } = view.shapes[value]!;
    const shape = { batch_input_shape: dims(view.shapes[value]!, fixed), sparse: false };
    const config = { ...shape, name, dtype: 'float32' };
    layers.set(name, { class_name: 'InputLayer', name, config, inbound_nodes: [] });
    const place: Place = [name, 0, 0];
    places[value] =
      maskValue === undefined || kind === 'indices'
        ? place
        : call(nameOf(`masking ${name}`, `masking_${name}`), plain('Masking', { mask_value: maskValue }), [
            place,
          ]);
  }
  for (const use of view.uses) {
    const { layer, place, inputs, initial, output, final } = use;
    const refuse = (what: string) =>
      new FormatError(`tfjs: layers[${place}] (${layer.type}): layers of Keras 2 have not ${what}`);
    if (initial.length || final.length) throw refuse('initial and last states as values');
    if (Object.keys(view.initialStates).some((name) => name.startsWith(model.network.prefixes[place]!)))
      throw refuse('initialStates, which were learned');
    masks.check(use, refuse);
    const from = inputs.map((value) => places[value]!);
    if (layer.type === 'LastStep') {
      if (!isLastOnly(view, inputs[0]!)) throw refuse('a last step that is not behind a recurrent layer');
      places[output] = from[0]!;
      continue;
    }
    if (!Object.hasOwn(WRITERS, layer.type)) throw refuse('it');
    const prefix = model.network.prefixes[place]!;
    const lastOnly = isLastOnly(view, output);
    const made = WRITERS[layer.type]!({
      type: layer.type,
      config: (layer as Layer).config(model.layers as readonly Layer[]),
      shapes: inputs.map((value) => view.shapes[value]!),
      isMasked: masks.has(inputs[0]!),
      lastOnly,
      keras,
      parameters: (name) => {
        const found = parameters[`${prefix}${name}`];
        if (found && !(found.data instanceof Float32Array)) throw refuse('int8 weights');
        return found;
      },
      refuse,
    });
    masks.pass(use, made);
    let at = from;
    for (const [i, one] of made.entries()) {
      // the layer's name or index; a layer may be used with all of its steps and with the last one
      const wanted = `${layer.type.toLowerCase()}_${prefix.slice(0, -1)}${i ? `_${i}` : ''}`;
      const name = nameOf(`${place} ${i}`, wanted);
      const known = layers.get(name);
      if (known && givesSteps(known.config) !== givesSteps(one.config))
        throw refuse('a layer that is used with all steps and with the last one');
      if (known && known.config.mask_zero !== one.config.mask_zero)
        throw refuse('a layer that is used with and without maskValue');
      at = [call(name, one, at)];
    }
    places[output] = at[0]!;
  }
  return {
    layers: [...layers.values()],
    weights,
    inputs: view.inputs.map(({ name }) => [name, 0, 0]),
    outputs: view.outputs.map(({ value }) => places[value]),
  };
}

/** Whether a recurrent layer, or the one inside of a Bidirectional, gives all steps. */
function givesSteps(config: Readonly<Record<string, unknown>>): unknown {
  const { return_sequences: all, layer } = config;
  return layer ? givesSteps((layer as { config: Record<string, unknown> }).config) : all;
}

/** Numbers of steps by time axis, where a Flatten tells them. */
function fixedSteps({ shapes, uses }: View): ReadonlyMap<unknown, number> {
  const flat = uses.filter(({ layer }) => layer.type === 'Flatten');
  return new Map(
    flat.map(({ layer, inputs: [input] }) => [
      shapes[input!]!.axis,
      (layer as unknown as { readonly steps: number }).steps,
    ]),
  );
}

/** Batch first: [B, T, F], [B, T] of indices, [B, F]. */
function dims({ kind, size, axis }: Shape, fixed: ReadonlyMap<unknown, number>): (number | null)[] {
  return [null, ...(axis ? [fixed.get(axis) ?? null] : []), ...(kind === 'indices' ? [] : [size])];
}

/** Whether a value is made by a recurrent layer and only its last step is used, of each direction its own. */
function isLastOnly({ uses, outputs }: View, value: number): boolean {
  const made = uses.find(({ output }) => output === value);
  const users = uses.filter(({ inputs }) => inputs.includes(value));
  if (!made || !users.length || outputs.some((output) => output.value === value)) return false;
  if (!['LSTM', 'GRU', 'RNN'].includes(made.layer.type)) return false;
  return users.every(({ layer }) => {
    const isOther = (layer as { sameStep?: boolean }).sameStep && (made.layer as Layer).hasDirections;
    return layer.type === 'LastStep' && !isOther;
  });
}
