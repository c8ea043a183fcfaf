import type { Layer, Sequential } from '../../src/index.ts';
import { gather, scatterAdd } from '../reference/embedding.ts';
import * as linear from '../reference/linear.ts';
import {
  backwardStack,
  type CellName,
  runStack,
  type StackForward,
  type Tensors,
} from '../reference/stack.ts';
import { doubles } from './helpers.ts';

/** Layers of the reference, as a Sequential without dropout has them. */
export interface Chain {
  /** Of the parameters, changed in place. */
  readonly parameters: Tensors;
  /** x: indices [T, B] or features; states by layer, absent = zeros. */
  forward(x: ArrayLike<number>, batch: number, states?: StackForward[]): ChainForward;
}

export interface ChainForward {
  readonly output: Float64Array;
  /** By layer; undefined for layers without. */
  readonly states: StackForward[];
  backward(dOutput: Float64Array): { dInput: Float64Array; gradients: Tensors };
}

type Back = (dy: Float64Array, gradients: Tensors) => Float64Array;

/** The reference of a model, from the model's parameters as they are. */
export function chainOf(model: Sequential): Chain {
  const parameters = doubles(model.stateDict());
  return {
    parameters,
    forward(x, batch, states) {
      let y: Float64Array = Float64Array.from(x);
      const backs: Back[] = [];
      const after: StackForward[] = [];
      for (const [i, layer] of model.layers.entries()) {
        const own = prefixed(parameters, `${i}.`);
        const { output, back, state } = run(layer, own, y, batch, states?.[i]);
        if (state) after[i] = state;
        backs.push((dy, gradients) => {
          const found: Tensors = {};
          const dx = back(dy, found);
          for (const [name, gradient] of Object.entries(found)) gradients[`${i}.${name}`] = gradient;
          return dx;
        });
        y = output;
      }
      return {
        output: y,
        states: after,
        backward(dOutput) {
          const gradients: Tensors = {};
          const dInput = backs.reduceRight((dy, back) => back(dy, gradients), dOutput);
          return { dInput, gradients };
        },
      };
    },
  };
}

function run(
  layer: Layer,
  own: Tensors,
  x: Float64Array,
  batch: number,
  before?: StackForward,
): { output: Float64Array; back: Back; state?: StackForward } {
  const { type } = layer;
  const config = layer.config() as Record<string, number>;
  if (type === 'Embedding') {
    const ids = Int32Array.from(x);
    const { numEmbeddings = 0, embeddingDim = 0 } = config;
    const back: Back = (dy, gradients) => {
      gradients.weight = scatterAdd(dy, ids, numEmbeddings, embeddingDim);
      return new Float64Array();
    };
    return { output: gather(own.weight!, ids, embeddingDim), back };
  }
  if (type === 'Linear') {
    const p = {
      inputSize: config.inFeatures!,
      outputSize: config.outFeatures!,
      weight: own.weight!,
      bias: own.bias,
    };
    const back: Back = (dy, gradients) => {
      const { dX, dWeight, dBias } = linear.backward(p, x, dy);
      gradients.weight = dWeight;
      if (own.bias) gradients.bias = dBias;
      return dX;
    };
    return { output: linear.forward(p, x), back };
  }
  const { inputSize, hiddenSize, numLayers } = config as {
    inputSize: number;
    hiddenSize: number;
    numLayers: number;
  };
  const nonlinearity = (layer.config().nonlinearity ?? 'tanh') as 'tanh' | 'relu';
  const stack = { batch, inputSize, hiddenSize, numLayers, nonlinearity };
  const cell = type.toLowerCase() as CellName;
  const state = runStack(cell, stack, own, x, before?.hN, before?.cN);
  const back: Back = (dy, gradients) => {
    const { dInput, gradients: found } = backwardStack(stack, state.saved, dy);
    Object.assign(gradients, found);
    return dInput;
  };
  return { output: state.output, back, state };
}

function prefixed(all: Tensors, prefix: string): Tensors {
  const own = Object.entries(all).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** Loss of the reference for a loss of the package, and its gradient by the output. */
export type ReferenceLoss = (
  output: Float64Array,
  y: ArrayLike<number>,
) => { value: number; grad: Float64Array };
