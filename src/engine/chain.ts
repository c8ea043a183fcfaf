import { ArgumentError, ShapeError, StateError, Verbatim } from '../errors.ts';
import type { Signal } from '../ndarray.ts';
import type { Layer } from './layer.ts';

/** Input and output features of a sequence of layers. */
export function chain(layers: readonly Layer[]): [Signal, number] {
  const first = layers.findIndex((layer) => layer.input);
  const input = layers[first]?.input;
  if (!input)
    throw new ArgumentError(
      'layers',
      'at least one layer with a size',
      new Verbatim(`${layers.length} without`),
    );
  let size = input.size;
  const last = layers.findIndex(({ reducesSteps }) => reducesSteps);
  for (const [i, layer] of layers.entries()) {
    if (i > 0 && layer.input?.kind === 'indices') {
      const what = new Verbatim(`${layer.type}, which must come first`);
      throw new ArgumentError(`layers[${i}]`, 'a layer of features', what);
    }
    if (i > first && layer.input && layer.input.size !== size) {
      throw new ShapeError(
        `layers[${i}] (${layer.type})`,
        `input size ${size}, the output size of layer ${i - 1}`,
        `${layer.input.size}`,
      );
    }
    if (last >= 0 && i > last && (layer.needsFuture || layer.reducesSteps)) {
      const what = new Verbatim(
        `${layer.needsFuture && !layer.whyFuture ? 'a bidirectional' : 'a'} ${layer.type}`,
      );
      throw new ArgumentError(`layers[${i}]`, 'a layer that can follow LastStep', what);
    }
    size = layer.outputSize(size);
  }
  return [input, size];
}

/**
 * Steps of the output for T steps of the input.
 * @throws {ArgumentError | ShapeError} if the sequence is too short for a layer, or has lengths that it can't process
 */
export function outputSteps(layers: readonly Layer[], steps: number, ragged: boolean): number {
  for (const layer of layers) {
    layer.checkSteps?.(steps, ragged);
    steps = layer.reducesSteps ? 1 : (layer.timeAxis?.steps(steps) ?? steps);
  }
  return steps;
}

/** @throws {StateError} if a layer's output depends on later steps */
export function refuseStream(layers: readonly Layer[]): void {
  let last = -1;
  for (const [i, layer] of layers.entries()) {
    if (layer.needsFuture) {
      throw wholeOnly(`layers[${i}] (${layer.type}) is ${layer.whyFuture ?? 'bidirectional'}`);
    }
    if (last >= 0 && layer.keepsState) {
      throw wholeOnly(`layers[${i}] (${layer.type}) comes after layers[${last}] (${layers[last]!.type})`);
    }
    if (layer.reducesSteps) last = i;
  }
}

function wholeOnly(which: string): StateError {
  return new StateError(`stream: ${which} and needs the whole sequence: use forward`);
}
