import { activationOf } from './activations.ts';
import { Builder, type Context, type Describe, type MoreLayers, type Value } from './builder.ts';
import { fail, type LayerConfig, layerOf } from './config.ts';
import type { KerasDescription, KerasTensor, Reference } from './description.ts';
import type { Json } from './json.ts';
import { LAYERS } from './layers.ts';
import { type KerasLayer, type KerasModel, nestedLayer, readModel, type Source } from './readModel.ts';
import type { Weights } from './weights.ts';

/** Inputs and outputs of a description in progress. */
interface Ends {
  readonly inputs: { readonly name: string; readonly value: Value }[];
  readonly outputs: { readonly name: string; readonly layer: LayerConfig; value: Value }[];
}

/**
 * Describes a Keras model in terms of this package.
 * @param json { class_name, config } of Keras 2
 * @param more layers besides those of `LAYERS`
 * @throws {Missing} if it has a layer or option that is in neither
 * @throws {FormatError} if it is damaged, its weights do not fit, or it has an option that is not supported
 */
export function describe(
  json: Json,
  weights: Weights,
  version: string | undefined,
  more: MoreLayers | undefined,
): KerasDescription {
  const outer = layerOf(json);
  if (!outer) return fail('expected a model { class_name, config }');
  const model = readModel(outer, [], '', 0);
  const builder = new Builder(weights, more);
  const ends = outermost(model, builder);
  // a value is one output, and not an input
  const seen = new Set<string>();
  for (const end of ends.outputs) {
    const key = `${end.value.ref}`;
    if (typeof end.value.ref === 'number' || seen.has(key))
      end.value = builder.apply(end.name, 'Activation', { activation: 'identity' }, [end.value]);
    seen.add(key);
  }
  const uses = [...builder.uses];
  const refs = ends.outputs.map(({ value }) => value.ref);
  const wholes = ends.outputs.map(({ layer, value }) => builder.allSteps(layer, value).ref);
  const inputs = builder.inputs(ends.inputs.length === 1);
  const names = ends.outputs.map(({ name }, i) => {
    const before = ends.outputs.slice(0, i).filter((one) => one.name === name).length;
    return before ? `${name}_${before}` : name;
  });
  const outputs = (refs: readonly Reference[]) =>
    refs.map((of, i) => ({ ...(refs.length === 1 ? {} : { name: names[i]! }), of }));
  return {
    layers: builder.layers,
    graph: { inputs, uses, outputs: outputs(refs) },
    whole: wholes.some((ref, i) => ref !== refs[i])
      ? { inputs, uses: builder.uses, outputs: outputs(wholes) }
      : undefined,
    inputs: ends.inputs.map(({ name, value }, i) => tensorOf(name, value, inputs[i]!.indices !== undefined)),
    outputs: ends.outputs.map(({ value }, i) => tensorOf(names[i]!, value, false)),
    version,
    ignored: [...builder.ignored],
  };
}

function tensorOf(name: string, { shape }: Value, indices: boolean): KerasTensor {
  return { name, shape: [null, ...shape], indices };
}

/** Makes the inputs, and runs the model on them. */
function outermost(model: KerasModel, builder: Builder): Ends {
  const inputs = model.inputs.map(([name]) => {
    const shape = inputShape(model.layers.get(name)!);
    return { name, value: builder.input(name, shape) };
  });
  const values = run(
    model,
    builder,
    inputs.map(({ value }) => value),
  );
  return {
    inputs,
    outputs: model.outputs.map(([layer, , , name], i) => ({
      layer: model.layers.get(layer)!.config,
      name: typeof name === 'string' ? name : layer,
      value: values[i]!,
    })),
  };
}

/** The shape of an input layer, or of a layer that says what it reads, without the batch. */
function inputShape({ config, model }: KerasLayer): (number | null)[] {
  if (model) return inputShape(model.layers.get(model.inputs[0]![0])!);
  const shape = config.get('batch_input_shape') ?? config.get('batch_shape');
  const isSize = (size: Json) => size === null || (Number.isSafeInteger(size) && (size as number) >= 1);
  if (Array.isArray(shape) && shape.length >= 1 && (shape as Json[]).every(isSize))
    return shape.slice(1) as (number | null)[];
  // any number of indices
  if (config.className === 'Embedding' && shape === undefined) return [null];
  return config.refuse('batch_input_shape', 'is not a shape');
}

/** The outputs of a model for its inputs. */
function run(model: KerasModel, builder: Builder, inputs: readonly Value[]): readonly Value[] {
  const refuse = (what: string) => fail(`model ${model.name}: ${what}`);
  if (inputs.length !== model.inputs.length)
    return refuse(`expected ${model.inputs.length} inputs, got ${inputs.length}`);
  const known = new Map<string, readonly Value[]>();
  const key = ([layer, call]: Source) => `${call} ${layer}`;
  for (const [i, source] of model.inputs.entries()) {
    const isInput = model.layers.get(source[0])!.config.className === 'InputLayer';
    // of Sequential: the first layer reads it
    known.set(isInput ? key(source) : `input ${source[0]}`, [inputs[i]!]);
  }
  const at = (source: Source): Value => {
    const value = known.get(key(source))![source[2]];
    return value ?? refuse(`layer ${source[0]} has no output ${source[2]}`);
  };
  const waiting = new Set<string>();
  const stack = [...model.outputs].reverse();
  while (stack.length) {
    const source = stack.at(-1)!;
    const own = key(source);
    if (known.has(own)) {
      stack.pop();
      continue;
    }
    const layer = model.layers.get(source[0]) ?? refuse(`no layer ${source[0]}`);
    const first = known.get(`input ${source[0]}`);
    const { sources = [], isUnmasked = false } = (!first && layer.calls[source[1]]) || {};
    if (!first && !sources.length) return refuse(`layer ${source[0]} has no call ${source[1]}`);
    const missing = sources.filter((each) => !known.has(key(each)));
    if (missing.length) {
      if (waiting.has(own)) return refuse(`layer ${source[0]} depends on itself`);
      waiting.add(own);
      for (const each of missing.reverse()) stack.push(each);
      continue;
    }
    const values = first ?? sources.map(at);
    const seen = isUnmasked ? values.map((value) => builder.unmasked(layer.config, value)) : values;
    const made = call(layer, builder, seen, source[1]);
    // it passes the mask on that it does not see
    known.set(own, isUnmasked ? made.map((each) => builder.masked(layer.config, each, values[0]!)) : made);
    stack.pop();
  }
  return model.outputs.map(at);
}

/** The results of a call of a layer. */
function call(
  layer: KerasLayer,
  builder: Builder,
  inputs: readonly Value[],
  index: number,
): readonly Value[] {
  const { config, place, model } = layer;
  builder.count();
  if (model) return run(model, builder, inputs);
  const { className } = config;
  if (className === 'InputLayer') return inputs;
  if (className === 'Lambda') return config.fail('it is Python code, which is not run');
  const { more } = builder;
  // operations of Keras 3 have names of layers, too, but are not trainable
  const isLayer = more?.prepare || config.get('trainable') !== undefined;
  const table = isLayer && [LAYERS, more?.layers ?? {}].find((each) => Object.hasOwn(each, className));
  if (!table) return config.lacks(`layers of class ${className} are`);
  const context: Context = {
    builder,
    layer: config,
    place,
    call: index,
    activation: (option) => activationOf(config, option),
    once: <T>(make: () => T) => {
      layer.made ??= { value: make() };
      return layer.made.value as T;
    },
    weights: (...shapes) => builder.weights.take(place, config.name, shapes),
    rare: (what) => more?.forms?.[className]?.(context, inputs) ?? config.lacks(`layers with ${what} are`),
    nested: (option, values, options = {}) => {
      layer.nested ??= nestedLayer(config.inner(option), config.name, place, options);
      return call(layer.nested, builder, values, 0);
    },
  };
  return (table as Readonly<Record<string, Describe>>)[className]!(context, inputs);
}
