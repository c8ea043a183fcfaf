import { FormatError } from '../../../errors.ts';
import { field, isObject, type Json, type JsonObject } from '../json.ts';

/** Arguments of a call of an operation, in which { tensor: i } is its i-th input. */
export interface Arguments {
  readonly args: readonly Json[];
  readonly kwargs: JsonObject;
}

/** Models within each other, and lists within each other in arguments. */
const DEEPEST = 64;

/**
 * A model whose operations are layers of class Operation: those of Keras 3 (`x[:, -1]`, `keras.ops.sum(x)`), and TFOpLambda
 * and SlicingOpLambda of Keras 2. config: { name, operation, own, calls }. Tensors among the keyword arguments of
 * Keras 2 become inputs.
 */
export function withOperations(value: Json, depth = 0): Json {
  if (depth > DEEPEST) throw new FormatError('keras: models are nested too deep');
  if (Array.isArray(value)) return (value as readonly Json[]).map((each) => withOperations(each, depth + 1));
  if (!isObject(value)) return value;
  const config = field(value, 'config');
  const layers = isObject(config) ? field(config, 'layers') : undefined;
  if (!isObject(config)) return value;
  // a model, or a layer that contains one
  const inner = Object.fromEntries(
    Object.entries(config).map(([key, each]) => [
      key,
      (key === 'layers' && layers !== undefined) || key === 'layer'
        ? withOperations(each ?? null, depth + 1)
        : each,
    ]),
  ) as JsonObject;
  return rewritten(value, inner);
}

/** A layer with its config. */
function rewritten(layer: JsonObject, config: JsonObject): JsonObject {
  const name = field(layer, 'class_name');
  const nodes = field(layer, 'inbound_nodes');
  if (typeof name !== 'string' || !Array.isArray(nodes)) return { ...layer, config };
  const isLambda = name === 'TFOpLambda' || name === 'SlicingOpLambda';
  // .h5 files of Keras 3 name no module, but only layers are trainable or have a type
  const isKeras3 = nodes.length > 0 && (nodes as readonly Json[]).every(isObject);
  const isLayer = ['trainable', 'dtype', 'layers'].some((key) => Object.hasOwn(config, key));
  const isOperation = isLambda || (isKeras3 && !isLayer && name !== 'NotEqual');
  const calls = (nodes as readonly Json[]).map((node) =>
    isObject(node) ? callOfKeras3(node, name) : callOfKeras2(node),
  );
  const own = { ...layer, config, inbound_nodes: calls.map(({ node }) => node) };
  if (!isOperation) return own;
  const operation = isLambda ? config.function : name;
  const { name: given = layer.name } = config;
  const { module: _, ...rest } = own as JsonObject;
  return {
    ...rest,
    class_name: 'Operation',
    config: {
      name: given,
      operation,
      own: config,
      calls: calls.map(({ args, kwargs }) => ({ args, kwargs })),
    } as JsonObject,
  };
}

interface Call extends Arguments {
  readonly node: Json;
}

/** Order of the arguments of attention, however the call names them. */
const ATTENTION = ['query', 'value', 'key'];

function callOfKeras3(node: JsonObject, className: string): Call {
  const args = field(node, 'args');
  const given = field(node, 'kwargs');
  const rank = (key: string) => (ATTENTION.includes(key) ? ATTENTION.indexOf(key) : ATTENTION.length);
  const entries = Object.entries(isObject(given) ? given : {});
  if (className === 'MultiHeadAttention') entries.sort(([a], [b]) => rank(a) - rank(b));
  const kwargs = Object.fromEntries(entries) as JsonObject;
  let count = 0;
  const read = (value: Json) =>
    isObject(value) && field(value, 'class_name') === '__keras_tensor__' ? { tensor: count++ } : undefined;
  return {
    node: { ...node, kwargs },
    args: [plain(args ?? [], read)].flat() as readonly Json[],
    kwargs: plain(kwargs, read) as JsonObject,
  };
}

/** A value in which `read` gives what stands in place of some of it. */
function plain(value: Json | undefined, read: (value: Json) => Json | undefined, depth = 0): Json {
  if (depth > DEEPEST) throw new FormatError('keras: arguments are nested too deep');
  const own = read(value ?? null);
  if (own !== undefined) return own;
  const inner = (each: Json | undefined) => plain(each, read, depth + 1);
  if (Array.isArray(value)) return (value as readonly Json[]).map(inner);
  if (!isObject(value)) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inner(each)]));
}

/** A list of [layer, call, output, kwargs], or one. */
function callOfKeras2(node: Json): Call {
  const isOne = Array.isArray(node) && typeof node[0] === 'string';
  const entries = (isOne ? [node] : Array.isArray(node) ? node : []) as readonly Json[];
  const tensors: Json[] = [];
  const first: Json[] = [];
  let kwargs: JsonObject = {};
  for (const entry of entries) {
    if (!Array.isArray(entry)) return { node, args: [], kwargs };
    const [layer, call, output, given] = entry as readonly Json[];
    if (isObject(given)) kwargs = { ...kwargs, ...given };
    if (layer === '_CONSTANT_VALUE') first.push(output!);
    else first.push({ tensor: tensors.push([layer!, call!, output!, {}]) - 1 });
  }
  const read = (value: Json) => {
    if (!Array.isArray(value)) return undefined;
    const [layer, call, output] = value as readonly Json[];
    if (layer === '_CONSTANT_VALUE') return output!;
    const isTensor =
      value.length === 3 &&
      typeof layer === 'string' &&
      typeof call === 'number' &&
      typeof output === 'number';
    return isTensor ? { tensor: tensors.push([layer, call, output, {}]) - 1 } : undefined;
  };
  const all = plain(kwargs, read) as JsonObject;
  const rest = Object.fromEntries(
    Object.entries(all).filter(([, each]) => !JSON.stringify(each).includes('"tensor":')),
  );
  const [head, ...more] = tensors as readonly (readonly Json[])[];
  const listed = head ? [[...head.slice(0, 3), rest as Json], ...more] : [];
  return { node: listed as Json, args: first.length === 1 ? first : [first], kwargs: all };
}
