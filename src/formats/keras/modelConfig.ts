import { inboundNode, MODELS, type Names, namesOf, withoutMaskLayers } from './graph.ts';
import {
  camelCase,
  field,
  HARD_SIGMOID,
  isNamed,
  isObject,
  type Json,
  type JsonObject,
  keyOf,
} from './json.ts';

/** What Keras 3 wraps each object in, and Keras 2 does not know. */
const WRAPPING = ['module', 'registered_name', 'build_config', 'compile_config', 'shared_object_id'];

/** Classes with another name in Keras 2. Values are made from the config. */
const RENAMED: Readonly<Record<string, (config: JsonObject) => [className: string, config: JsonObject]>> = {
  L1: ({ l1 = 0.01 }) => ['L1L2', { l1, l2: 0 }],
  L2: ({ l2 = 0.01 }) => ['L1L2', { l1: 0, l2 }],
};

/**
 * A model's description as Keras 2 writes it, from one of Keras 3: { class_name, config }. Functional `inbound_nodes` are
 * lists of [layer, node, tensor, kwargs], shapes of inputs are called `batch_input_shape`, dtype policies are names of
 * dtypes, objects have no `module`, `registered_name` and `build_config`. Sequential gets the input layer that it was built
 * with. What Keras 2 writes stays as it is. Keys may be snake_case, or camelCase as in TF.js.
 */
export function toKeras2(value: Json | undefined): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(toKeras2);
  if (!isObject(value)) return value ?? null;
  const name = field(value, 'class_name');
  const config = field(value, 'config');
  return typeof name === 'string' && config !== undefined
    ? serialized(value, name, config)
    : plainObject(value);
}

/** The config of a model, which is inside { class_name, config }. */
export function configToKeras2(className: string, config: Json): Json {
  return configOf(className, config, {});
}

function plainObject(value: JsonObject): Json {
  const name = field(value, 'class_name');
  return isNamed(name, '__tuple__') ? toKeras2(field(value, 'items')) : mapped(value, toKeras2);
}

/** An object with other values under the same keys. */
export function mapped(
  object: JsonObject,
  map: (value: Json | undefined, key: string) => Json | undefined,
): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}

/** An object { class_name, config } and what surrounds it. */
function serialized(value: JsonObject, name: string, config: Json): Json {
  if (isNamed(name, '__numpy__') || isNamed(name, '__tensor__')) {
    return toKeras2(isObject(config) ? field(config, 'value') : config);
  }
  // of a function of the user's own, or a dtype, only the name is left
  if (name === 'function' && typeof config === 'string') return config;
  if (name.endsWith('DTypePolicy')) return dtypeOf(isObject(config) && field(config, 'name'));
  const [className, renamed] =
    isObject(config) && Object.hasOwn(RENAMED, name)
      ? RENAMED[name]!(config)
      : [name.replace(/^(Orthogonal|Identity)Initializer$/, '$1'), config];
  const kept = Object.entries(value).filter(([key]) => !WRAPPING.some((each) => isNamed(key, each)));
  return mapped(Object.fromEntries(kept), (each, key) => {
    if (isNamed(key, 'class_name')) return className;
    return isNamed(key, 'config') ? configOf(className, renamed, value) : toKeras2(each);
  });
}

function configOf(className: string, config: Json, wrapper: JsonObject): Json {
  if (!isObject(config)) return toKeras2(config);
  if (className === 'Sequential') return sequential(config, wrapper);
  if (MODELS.includes(className)) return functional(config);
  const converted = plainObject(config) as JsonObject;
  if (className !== 'InputLayer') {
    const isKeras3 = Object.hasOwn(wrapper, 'module') || isObject(config.dtype);
    return withDtype(isKeras3 ? withActivations(converted) : converted);
  }
  const { [keyOf(config, 'batch_shape')]: shape, ...rest } = converted;
  const key = keyOf({ ...config, ...wrapper }, 'batch_input_shape');
  return withDtype(shape === undefined ? rest : { ...rest, [key]: shape });
}

/** The config of a model of class Functional. */
function functional(config: JsonObject): JsonObject {
  const layers = field(config, 'layers');
  if (!Array.isArray(layers)) return plainObject(config) as JsonObject;
  const graph = withoutMaskLayers(layers.filter(isObject));
  const names = namesOf(graph);
  const converted = graph.map((layer) => {
    const { [keyOf(layer, 'inbound_nodes')]: nodes, ...rest } = layer;
    const list = Array.isArray(nodes)
      ? nodes.map((node) => (isObject(node) ? inboundNode(node, names, layer.name) : node))
      : nodes;
    return { ...(toKeras2(rest) as JsonObject), [keyOf(layer, 'inbound_nodes')]: list ?? [] };
  });
  return mapped(config, (value, key) => {
    if (key === 'layers') return converted;
    const isEnd = isNamed(key, 'input_layers') || isNamed(key, 'output_layers');
    return isEnd ? ends(value, names) : toKeras2(value);
  });
}

/** Inputs or outputs: [layer, node, tensor] for one, a list of them, or such lists by name, which comes behind each. */
function ends(value: Json | undefined, names: Names): Json {
  if (isObject(value))
    return Object.entries(value).flatMap(([name, each]) =>
      ([ends(each, names)] as Json[][]).flat().map((end) => [end, name].flat() as Json[]),
    );
  if (!Array.isArray(value)) return value ?? null;
  const [layer, call, ...rest] = value as readonly Json[];
  if (typeof layer !== 'string') return value.flatMap((each) => ends(each, names) as Json[]);
  return [[layer, (call as number) + Number(names.get(camelCase(layer))?.[1] === 1), ...rest]];
}

/** The config of a model of class Sequential, whose first layer must know its shape. */
function sequential(config: JsonObject, wrapper: JsonObject): JsonObject {
  const rest = plainObject(config) as JsonObject;
  const given = field(config, 'layers');
  const first = Array.isArray(given) && given[0];
  if (!isObject(first)) return rest;
  const build = field(first, 'build_config') ?? field(wrapper, 'build_config');
  const shape =
    field(config, 'build_input_shape') ?? (isObject(build) ? field(build, 'input_shape') : undefined);
  const known = isObject(first.config) && field(first.config, 'batch_input_shape');
  if (known || field(first, 'class_name') === 'InputLayer' || !Array.isArray(shape)) return rest;
  const key = (name: string) => keyOf(first, name);
  const input = {
    [key('class_name')]: 'InputLayer',
    config: {
      [key('batch_input_shape')]: toKeras2(shape),
      dtype: 'float32',
      sparse: false,
      name: `${field(config, 'name')}_input`,
    },
  };
  return { ...rest, layers: [input, ...(rest.layers as Json[])] };
}

/** Activations with another name in TensorFlow.js and Keras 2. */
const ACTIVATIONS: JsonObject = {
  silu: 'swish',
  hard_sigmoid: HARD_SIGMOID,
  hardSigmoid: camelCase(HARD_SIGMOID),
};

function withActivations(config: JsonObject): JsonObject {
  return mapped(config, (value, key) =>
    /activation$/i.test(key) && Object.hasOwn(ACTIVATIONS, value as string)
      ? ACTIVATIONS[value as string]
      : value,
  );
}

/** Layers compute in float32 whatever they were trained in. */
function withDtype(config: JsonObject): JsonObject {
  return typeof config.dtype === 'string' ? { ...config, dtype: dtypeOf(config.dtype) } : config;
}

/** The dtype of variables that a policy's name, or a dtype, stands for. */
function dtypeOf(name: Json | undefined): string {
  if (name === 'bool' || name === 'string') return name;
  return /^u?int|^bool/.test(`${name}`) ? 'int32' : 'float32';
}
