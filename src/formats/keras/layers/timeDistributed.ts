import type { Describe } from '../builder.ts';
import { LayerConfig } from '../config.ts';
import {
  activation,
  batchNorm,
  dense,
  dropout,
  elu,
  identity,
  layerNorm,
  leakyRelu,
  relu,
  softmax,
} from './steps.ts';

/** Layers that do the same at each step by themselves. */
const INNER = {
  Activation: activation,
  ActivityRegularization: identity,
  AlphaDropout: identity,
  BatchNormalization: batchNorm,
  Dense: dense,
  Dropout: dropout,
  ELU: elu,
  Flatten: (_, inputs) => inputs,
  GaussianDropout: identity,
  GaussianNoise: identity,
  LayerNormalization: layerNorm,
  LeakyReLU: leakyRelu,
  ReLU: relu,
  Softmax: softmax,
} as const satisfies Readonly<Record<string, Describe>>;

/** A layer at each step of a sequence. */
export const timeDistributed: Describe = (context, inputs) => {
  const { layer } = context;
  const { className, options } = layer.inner('layer');
  if (!Object.hasOwn(INNER, className)) layer.fail(`a ${className} at each step is not supported`);
  if (inputs[0]?.shape.length !== 2)
    layer.fail('an input other than [batch, steps, features] is not supported');
  return INNER[className as keyof typeof INNER](
    { ...context, layer: new LayerConfig(className, options, layer.name) },
    inputs,
  );
};
