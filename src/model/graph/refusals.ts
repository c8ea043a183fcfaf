import type { Graph } from '../../engine/graph.ts';
import type { Layer } from '../../engine/layer.ts';
import { ArgumentError, Verbatim } from '../../errors.ts';
import type { PartsOptions } from '../bptt/segmentedBptt.ts';

/** What of a graph needs sequences whole; undefined if it is a single sequence from one input to one output. */
function whyWhole({ axes, inputs, outputs, operations, values }: Graph): string | undefined {
  if (axes.length !== 1) return axes.length ? 'a graph with several time axes' : 'a graph without a sequence';
  if (inputs.length > 1) return 'a graph with several inputs';
  if (outputs.length > 1) return 'a graph with several outputs';
  const [{ axis }] = axes as [Graph['axes'][0]];
  if (
    operations.every(({ output }) => values[output]!.shape.axis === axis) &&
    values.every(({ shape }) => shape.axis)
  )
    return undefined;
  return 'a graph with vectors or several numbers of steps';
}

/** @throws {ArgumentError} if a graph can't carry states, or be trained in parts of its sequence */
export function refuseParts(graph: Graph, parts: PartsOptions & { readonly carryState: boolean }): void {
  if (parts.carryState && graph.axes.length > 1) {
    throw new ArgumentError('carryState', 'false for a graph with several time axes', true);
  }
  for (const name of ['truncation', 'memoryBudget'] as const) {
    const why = parts[name] === undefined ? undefined : whyWhole(graph);
    if (why) throw new ArgumentError(name, `none with ${why}, which needs sequences whole`, parts[name]);
  }
}

/** @throws {ArgumentError} if the flow of gradients of a graph can't be measured */
export function refuseFlow({ axes }: Graph): void {
  if (axes.length === 1) return;
  const what = 'false for a graph with several time axes, or none';
  throw new ArgumentError('flow', what, new Verbatim('true'));
}

/** @throws {ArgumentError} if a layer changes the number of steps, so that the flow of gradients can't be measured */
export function refuseChangedSteps(layers: readonly Pick<Layer, 'type' | 'timeAxis'>[]): void {
  const at = layers.findIndex(({ timeAxis }) => timeAxis);
  if (at < 0) return;
  const what = `layers[${at}] (${layers[at]!.type})`;
  throw new ArgumentError(
    'flow',
    `false with ${what}, which changes the number of steps`,
    new Verbatim('true'),
  );
}
