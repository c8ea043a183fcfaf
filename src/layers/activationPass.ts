import {
  type Activation,
  type ActivationKind,
  activationFrom,
  activationOf,
  nameOf,
} from '../activations.ts';
import type { LayerScope, Pass } from '../engine/layer.ts';
import type { Region } from '../memory/layout.ts';
import { requireKernel } from '../wasm/runtime.ts';

/**
 * An activation of a layer: of each element, or over the features of each step, as Keras's: `softmax`, and `logSoftmax`,
 * its logarithm.
 */
export type LayerActivation = Activation | 'softmax' | 'logSoftmax';

/** A checked activation. */
export type CheckedActivation = 'softmax' | 'logSoftmax' | ActivationKind;

/** @throws {ArgumentError} if a name or key is unknown, α or β is not finite, or given for a function without it */
export function layerActivation(argument: string, given: LayerActivation): CheckedActivation {
  return given === 'softmax' || given === 'logSoftmax' ? given : activationOf(argument, given);
}

/** The activation as plain data. */
export function plainActivation(of: CheckedActivation): LayerActivation {
  return typeof of === 'string' ? of : activationFrom(of);
}

/** Whether it changes nothing. */
export function isIdentity(given: LayerActivation): boolean {
  return given !== 'softmax' && given !== 'logSoftmax' && nameOf(given) === 'identity';
}

/** Applies an activation to [N, n], N = rows.count. inPlace: the output takes the place of the input. */
export function activationPass(
  scope: LayerScope,
  input: Region,
  of: CheckedActivation,
  inPlace: boolean,
  rows: { readonly count: number } = scope.rows,
): Pass {
  const { kernels, training } = scope;
  const n = input.shape.at(-1)!;
  const x = input;
  const y = inPlace ? input : scope.output('activation', ...input.shape);
  requireKernel(kernels, 'vec_activate');
  if (of === 'softmax') {
    return {
      output: y,
      states: [],
      forward: () => kernels.softmax_rows(rows.count, n, 1, x.ptr, y.ptr),
      backward: (dy, dx) => {
        if (dx) kernels.softmax_backward(rows.count, n, dy, y.ptr, dx);
      },
    };
  }
  if (of === 'logSoftmax') {
    return {
      output: y,
      states: [],
      forward: () => kernels.log_softmax_rows(rows.count, n, x.ptr, y.ptr),
      backward: (dy, dx) => {
        if (dx) kernels.log_softmax_backward(rows.count, n, dy, y.ptr, dx);
      },
    };
  }
  const { kind, alpha, beta } = of;
  const slope = training ? scope.keep('slope of an activation', ...input.shape).ptr : 0;
  return {
    output: y,
    states: [],
    forward: () =>
      kernels.vec_activate(kind, alpha, beta, Number.POSITIVE_INFINITY, rows.count * n, x.ptr, y.ptr, slope),
    backward: (dy, dx) => {
      if (dx) kernels.vec_mul(rows.count * n, dy, slope, dx);
    },
  };
}
