import { FormatError } from '../../errors.ts';
import { camelCase, field, isNamed, isObject, type Json, type JsonObject, UNMASKED } from './json.ts';

/**
 * Classes of models: their config lists layers. Keras 2 counts calls of a model in another one from 1, Keras 3 from 0, but in
 * `output_layers` only those of the first class.
 */
export const MODELS: readonly Json[] = ['Sequential', 'Functional', 'Model'];

/** [layer, index of its call, index of the output, arguments of the call]. */
type Inbound = readonly [string, number, number, JsonObject];

/**
 * Layers by the camelCase form of their names, which TF.js changes inside `keras_history`: the name, and for a model of Keras 3
 * the number of its class in MODELS, from 1, else 0.
 */
export type Names = ReadonlyMap<string, readonly [name: string, model: number]>;

export function namesOf(layers: readonly JsonObject[]): Names {
  return new Map(
    layers.map((layer) => {
      const name = String(layer.name);
      const [node] = [field(layer, 'inbound_nodes')].flat();
      return [camelCase(name), [name, isObject(node) ? MODELS.indexOf(field(layer, 'class_name')!) + 1 : 0]];
    }),
  );
}

/**
 * A call of a layer as Keras 2 lists it, from { args, kwargs } of Keras 3. Tensors among the arguments come first,
 * then those of `initial_state`; other arguments are kept when they are plain values. name: of the layer.
 */
export function inboundNode(node: JsonObject, names: Names, name: Json | undefined): Inbound[] {
  const { mask, kwargs, tensors } = callOf(node);
  const plain: [string, Json | undefined][] = Object.entries(kwargs).filter(
    ([, value]) => value !== null && value !== undefined && !tensorsOf(value).length,
  );
  // Keras 3 gives a layer with initial states the mask of its sequence only if the call names it
  if (field(kwargs, 'initial_state') && !mask) plain.push([UNMASKED, true]);
  return tensors.map((history) => {
    const [layer, call, output] = history;
    const named = names.get(camelCase(String(layer)));
    if (!named || !Number.isInteger(call) || !Number.isInteger(output)) {
      throw new FormatError(
        `layer ${name}: keras_history: expected [layer, call, output], got ${JSON.stringify(history).slice(0, 80)}`,
      );
    }
    return [named[0], (call as number) + (named[1] && 1), output as number, Object.fromEntries(plain)];
  });
}

/** What a node is called with: its tensors by their keras_history, the mask, and the other keyword arguments. */
function callOf(node: JsonObject): {
  mask?: Json | undefined;
  kwargs: JsonObject;
  tensors: (readonly Json[])[];
} {
  const given = field(node, 'kwargs');
  const { mask, ...kwargs } = isObject(given) ? given : {};
  return { mask, kwargs, tensors: tensorsOf([field(node, 'args') ?? [], Object.values(kwargs)] as Json) };
}

/** The history of each tensor in a value, in order. */
function tensorsOf(value: Json): (readonly Json[])[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(tensorsOf);
  if (!isObject(value)) return [];
  if (isNamed(field(value, 'class_name'), '__keras_tensor__')) {
    const config = field(value, 'config');
    return [[isObject(config) && field(config, 'keras_history')].flat() as readonly Json[]];
  }
  return Object.values(value).flatMap((each) => tensorsOf(each ?? null));
}

/**
 * Layers but for those that compute a mask only: Keras 3 has a layer NotEqual for the mask of an Embedding, passed as
 * `mask`. In Keras 2 masks need no layer.
 */
export function withoutMaskLayers(layers: readonly JsonObject[]): JsonObject[] {
  const nodes = layers.flatMap((layer) => field(layer, 'inbound_nodes') ?? []).filter(isObject);
  const used = new Set(
    nodes.flatMap((node) => callOf(node).tensors).map(([name]) => camelCase(String(name))),
  );
  return layers.filter(
    (layer) => field(layer, 'class_name') !== 'NotEqual' || used.has(camelCase(String(layer.name))),
  );
}
