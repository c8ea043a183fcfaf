import { FormatError } from '../../errors.ts';
import { camelCase, field, isObject, type Json, type JsonObject, UNMASKED } from './json.ts';

/** [layer, index of its call, index of the output, arguments of the call]. */
type Inbound = readonly [string, number, number, JsonObject];

/**
 * The calls of a layer as Keras 2 lists them, from { args, kwargs } of Keras 3. Tensors among the arguments come first,
 * then those of `initial_state`; other arguments are kept when they are plain values.
 *
 * @param names of the layers, by their camelCase form: TF.js changes names inside `keras_history`
 */
export function inboundNodes(nodes: readonly Json[], names: ReadonlyMap<string, string>): Json[] {
  return nodes.map((node) => (isObject(node) ? inboundNode(node, names) : node));
}

function inboundNode(node: JsonObject, names: ReadonlyMap<string, string>): Inbound[] {
  const { mask, kwargs, tensors } = callOf(node);
  const plain: [string, Json | undefined][] = Object.entries(kwargs).filter(
    ([, value]) => value !== null && value !== undefined && tensorsOf(value).length === 0,
  );
  // Keras 3 gives a layer with initial states the mask of its sequence only if the call names it
  if (field(kwargs, 'initial_state') && !mask) plain.push([UNMASKED, true]);
  return tensors.map((history) => {
    const [layer, call, output] = history;
    const name = names.get(camelCase(String(layer)));
    if (name === undefined || !Number.isInteger(call) || !Number.isInteger(output)) {
      throw new FormatError(
        `keras_history: expected [layer, call, output], got ${JSON.stringify(history).slice(0, 80)}`,
      );
    }
    return [name, call as number, output as number, Object.fromEntries(plain)];
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
  if (isTensor(value)) {
    const config = field(value, 'config');
    const history = isObject(config) ? field(config, 'keras_history') : undefined;
    if (!Array.isArray(history)) throw new FormatError('a tensor of inbound_nodes has no keras_history');
    return [history];
  }
  return Object.values(value).flatMap((each) => tensorsOf(each ?? null));
}

function isTensor(value: JsonObject): boolean {
  const name = field(value, 'class_name');
  return name === '__keras_tensor__' || name === camelCase('__keras_tensor__');
}

/**
 * Layers but for those that compute a mask only: Keras 3 has a layer NotEqual for the mask of an Embedding, passed as
 * `mask`. In Keras 2 masks need no layer.
 */
export function withoutMaskLayers(layers: readonly JsonObject[]): JsonObject[] {
  const used = new Set<string>();
  for (const layer of layers) {
    const nodes = field(layer, 'inbound_nodes');
    for (const node of Array.isArray(nodes) ? nodes : []) {
      if (!isObject(node)) continue;
      for (const [name] of callOf(node).tensors) used.add(camelCase(String(name)));
    }
  }
  return layers.filter(
    (layer) => field(layer, 'class_name') !== 'NotEqual' || used.has(camelCase(String(layer.name))),
  );
}
