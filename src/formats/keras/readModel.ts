import { MOST } from './builder.ts';
import { LayerConfig, layerOf, shown } from './config.ts';
import { field, isObject, type Json, type JsonObject, UNMASKED } from './json.ts';
import { snakeCase } from './weightNames.ts';
import type { Place } from './weights.ts';

/** Models within each other, at most. */
const DEEPEST = 16;

/** A layer of a Keras model; a model if it has layers of its own. */
export interface KerasLayer {
  readonly config: LayerConfig;
  readonly place: Place;
  /** Calls: the layers, calls and outputs whose results they take. */
  readonly calls: readonly Call[];
  readonly model: KerasModel | undefined;
  /** What its first call made. */
  made?: { readonly value: unknown };
  /** The layer that it contains. */
  nested?: KerasLayer;
}

/** Output of a call of a layer; a text behind it is the name of an output of the model. */
export type Source = readonly [layer: string, call: number, output: number, name?: Json];

interface Call {
  readonly sources: readonly Source[];
  /** Whether it sees no mask. */
  readonly isUnmasked?: boolean;
}

export interface KerasModel {
  readonly name: string;
  readonly layers: ReadonlyMap<string, KerasLayer>;
  readonly inputs: readonly Source[];
  readonly outputs: readonly Source[];
}

/** A layer inside another one, whose name it gets, or a model. */
export function nestedLayer(given: LayerConfig, name: string, place: Place, options: JsonObject): KerasLayer {
  const { className } = given;
  if (!Array.isArray(given.get('layers')))
    return {
      config: new LayerConfig(className, { ...given.options, ...options }, name),
      place,
      calls: [],
      model: undefined,
    };
  const names = [...place.names, given.name];
  const model = readModel(given, names, `${place.path}/layer/`, names.length);
  return { config: given, place, calls: [], model };
}

/** Reads a model's layers and how they are connected. */
export function readModel(
  config: LayerConfig,
  names: readonly string[],
  path: string,
  depth: number,
): KerasModel {
  if (depth > DEEPEST) config.fail('models are nested too deep');
  const list = config.get('layers');
  if (!Array.isArray(list)) return config.fail(`models of class ${config.className} are not supported`);
  if (list.length < 1 || list.length > MOST) config.fail(`expected 1 to ${MOST} layers, got ${list.length}`);
  const layers = new Map<string, KerasLayer>();
  const counts = new Map<string, number>();
  for (const [i, given] of (list as readonly Json[]).entries()) {
    const own = layerOf(given) ?? config.fail(`layers[${i}] is not a layer`);
    const folder = snakeCase(own.className);
    const count = counts.get(folder) ?? 0;
    counts.set(folder, count + 1);
    const place = {
      names: [...names, own.name],
      path: `${path}layers/${folder}${count ? `_${count}` : ''}`,
    };
    if (layers.has(own.name)) config.fail(`two layers have the name ${own.name}`);
    const isModel = Array.isArray(own.get('layers'));
    layers.set(own.name, {
      config: own,
      place,
      calls: callsOf(own, given as JsonObject),
      model: isModel ? readModel(own, place.names, `${place.path}/`, depth + 1) : undefined,
    });
  }
  const { name } = config;
  const isSequential = config.className === 'Sequential' || config.get('output_layers') === undefined;
  if (isSequential) return sequentialModel(name, layers);
  const [inputs, outputs] = ['input_layers', 'output_layers'].map((option) => {
    const ends = sourcesOf(config, config.get(option));
    if (!ends.length) config.refuse(option, 'is not a list of layers');
    for (const [layer] of ends) if (!layers.has(layer)) config.refuse(option, `: there is no layer ${layer}`);
    return ends;
  });
  countOwnCall(layers, outputs!);
  for (const [layer] of inputs!)
    if (layers.get(layer)!.config.className !== 'InputLayer')
      config.refuse('input_layers', `: ${layer} is no input`);
  return { name, layers, inputs: inputs!, outputs: outputs! };
}

/** In Keras 2 the first call of a model is its own, which is not listed: others refer to the ones behind it. */
function countOwnCall(layers: Map<string, KerasLayer>, outputs: readonly Source[]): void {
  const last = new Map<string, number>();
  const all = [...layers.values()].flatMap(({ calls }) => calls);
  for (const { sources } of [...all, { sources: outputs }])
    for (const [layer, call] of sources) last.set(layer, Math.max(call, last.get(layer) ?? 0));
  for (const [name, layer] of layers) {
    const { calls, model } = layer;
    if (model && last.get(name) === calls.length)
      layers.set(name, { ...layer, calls: [{ sources: [] }, ...calls] });
  }
}

/** Layers one after the other. */
function sequentialModel(name: string, given: ReadonlyMap<string, KerasLayer>): KerasModel {
  const layers = new Map<string, KerasLayer>();
  let before: Source | undefined;
  for (const [own, layer] of given) {
    layers.set(own, { ...layer, calls: [{ sources: before ? [before] : [] }] });
    before = [own, 0, 0];
  }
  const first = [...given.keys()][0]!;
  return { name, layers, inputs: [[first, 0, 0]], outputs: [before!] };
}

/** The calls of a layer of a functional model. */
function callsOf(config: LayerConfig, given: JsonObject): readonly Call[] {
  const nodes = field(given, 'inbound_nodes');
  if (!Array.isArray(nodes)) return [];
  return (nodes as readonly Json[]).map((node) => {
    const sources = sourcesOf(config, node);
    let isUnmasked = false;
    for (const each of [node].flat() as readonly Json[]) {
      const args = Array.isArray(each) ? each[3] : undefined;
      if (!isObject(args)) continue;
      const { [UNMASKED]: own, ...rest } = args;
      isUnmasked ||= own === true;
      if (config.className !== 'Operation') checkArguments(config, rest);
    }
    return { sources, isUnmasked };
  });
}

/** Arguments of calls other than tensors. */
function checkArguments(config: LayerConfig, args: JsonObject): void {
  for (const [name, value] of Object.entries(args)) {
    if (name === 'training' || value === null || value === undefined || value === false) continue;
    config.lacks(`argument ${name} of its call is`);
  }
}

/** A list of [layer, call, output], or a single one. */
function sourcesOf(config: LayerConfig, given: Json | undefined): readonly Source[] {
  if (!Array.isArray(given)) return [];
  const list = typeof given[0] === 'string' ? [given] : (given as readonly Json[]);
  return list.map((each) => {
    const [layer, call, output, name] = [each].flat() as readonly Json[];
    if (typeof layer === 'string' && Number.isSafeInteger(call) && Number.isSafeInteger(output))
      return [layer, call as number, output as number, name!];
    return config.fail(`expected [layer, call, output], got ${shown(each)}`);
  });
}
