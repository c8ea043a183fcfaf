import { StateError } from '../errors.ts';
import type { Graph } from './graph.ts';

/**
 * @param streamed value of the input that is read step by step
 * @param block maximum number of steps per call
 * @throws {StateError} if an output of a layer depends on steps that a stream has not seen
 */
export function refuseGraphStream(graph: Graph, streamed: number, block: number): void {
  const { values, operations, outputs } = graph;
  if (!values[streamed]!.shape.axis) throw new StateError('stream: the input has no steps');
  if (outputs.length > 1)
    throw new StateError(`stream: the model has ${outputs.length} outputs, a stream has one`);
  const inStream = new Set([streamed]);
  // vectors that have become the last step so far
  const reduced = new Set<number>();
  for (const { layer, place, inputs, initial, output, final } of operations) {
    const name = `layers[${place}] (${layer.type})`;
    const from = inputs.filter((v) => inStream.has(v));
    const state = initial.find(([, v]) => inStream.has(v));
    if (state)
      throw new StateError(
        `stream: ${name} takes ${state[0]}0 from the input that is streamed, which has no end`,
      );
    if (!from.length) continue;
    if ('joins' in layer) {
      const whole = inputs.find((v, i) => inStream.has(v) && layer.needsWhole?.(i));
      if (whole !== undefined) {
        throw new StateError(
          `stream: ${name} needs all steps of an input, which a stream has not seen; use forward`,
        );
      }
    } else if (layer.needsFuture) {
      throw new StateError(
        `stream: ${name} is ${layer.whyFuture ?? 'bidirectional'}: its output at a step takes all steps after it, ` +
          'which a stream has not seen; use forward on the whole sequence',
      );
    } else if (layer.keepsState && from.some((v) => reduced.has(v))) {
      throw new StateError(
        `stream: ${name} comes after a layer that gives one step and runs once per sequence, but a stream has no end; ` +
          'use forward on the whole sequence',
      );
    }
    if (values[output]!.shape.axis?.fixed !== undefined) {
      throw new StateError(
        `stream: ${name} needs the end of the sequence, but a stream has none; use forward`,
      );
    }
    const isMixed = !values[output]!.shape.axis && from.length < inputs.length;
    if (block > 1 && (isMixed || final.length > 0)) {
      throw new StateError(`stream: ${name} gives one vector per step, which takes block 1, not ${block}`);
    }
    inStream.add(output);
    const reduces = ('reducesSteps' in layer && layer.reducesSteps) || from.some((v) => reduced.has(v));
    if (reduces) reduced.add(output);
    for (const [, v] of final) {
      inStream.add(v);
      reduced.add(v);
    }
  }
}
