import type { Context } from '../builder.ts';

/** A context with weights in the order of parts of the layer. */
export function inOrder(context: Context, order: readonly string[]): Context {
  const { builder, layer } = context;
  const place = { ...context.place, order };
  return { ...context, place, weights: (...shapes) => builder.weights.take(place, layer.name, shapes) };
}
