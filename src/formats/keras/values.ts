import type { Context, Value } from './builder.ts';
import type { LayerConfig } from './config.ts';
import { checkShape, type Tensor } from './tensor.ts';

/** The number of features of a value. @throws {FormatError} if it is not fixed */
export function featuresOf(layer: LayerConfig, value: Value | undefined): number {
  if (!value) return layer.fail('it has no input');
  const { shape } = value;
  if (shape.length < 1) layer.fail(`an input of shape [batch] is not supported`);
  return shape.at(-1) ?? layer.fail('the number of its input features is not fixed');
}

/** The only input. */
export function only(layer: LayerConfig, inputs: readonly Value[]): Value {
  return inputs.length === 1 ? inputs[0]! : layer.fail(`expected one input, got ${inputs.length}`);
}

/** The shape of a value with another number of features. */
export function withFeatures({ shape }: Value, features: number): Value['shape'] {
  return [...shape.slice(0, -1), features];
}

/** Options whose effect is in training only. */
const TRAINING_ONLY = /_(regularizer|constraint)$/;

/** Notes options that change training in Keras but not here. */
export function noteIgnored({ builder, layer }: Pick<Context, 'builder' | 'layer'>): void {
  for (const [option, value] of Object.entries(layer.options)) {
    if (value !== null && value !== undefined && TRAINING_ONLY.test(option))
      builder.ignored.add(`${layer.name}: ${option}`);
  }
}

/** Weights of a layer of these shapes; order: of its parts, as in `Place`. @throws {FormatError} if the file has others */
export function weightsOf(
  { builder, layer, place }: Pick<Context, 'builder' | 'layer' | 'place'>,
  shapes: readonly (readonly number[])[],
): Tensor[] {
  const found = builder.weights.take(place, shapes.length);
  for (const [i, shape] of shapes.entries()) checkShape(`layer ${layer.name}: weight ${i}`, found[i]!, shape);
  return found;
}

/** The same with weights in the order of parts of the layer. */
export function inOrder(context: Context, order: readonly string[]): Context {
  const own = { ...context, place: { ...context.place, order } };
  return { ...own, weights: (...shapes) => weightsOf(own, shapes) };
}
