import type { Describe } from '../builder.ts';
import { convOptions, convolved, kernelOf, sequenceOf } from '../layers/convolutions.ts';
import type { Tensor } from '../tensor.ts';

/** A kernel [taps, channels, multiplier] as [channels · multiplier, 1, taps]. */
function depthKernel(kernel: Tensor): Tensor {
  const [taps, channels, multiplier] = kernel.shape as readonly [number, number, number];
  return kernelOf({ shape: [taps, 1, channels * multiplier], data: kernel.data });
}

export const depthwise: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = sequenceOf(context, inputs);
  const inChannels = layer.features(value);
  const multiplier = layer.size('depth_multiplier', 1);
  const outChannels = inChannels * multiplier;
  const { activation, ...options } = convOptions(context);
  const index = context.once(() => {
    builder.noteIgnored(layer);
    const { kernelSize, bias } = options;
    const [kernel, added] = context.weights(
      [kernelSize, inChannels, multiplier],
      ...(bias ? [[outChannels]] : []),
    );
    const weights = { weight: depthKernel(kernel!), ...(added ? { bias: added } : {}) };
    const own = { inChannels, outChannels, ...options, groups: inChannels, ...activation };
    return builder.layer(layer.name, 'Conv1d', own, weights);
  });
  return [convolved(context, index, value, outChannels)];
};

/** A convolution of each channel, and a product over the channels at each step. */
export const separable: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = sequenceOf(context, inputs);
  const inChannels = layer.features(value);
  const between = inChannels * layer.size('depth_multiplier', 1);
  const outFeatures = layer.size('filters');
  const { activation, ...options } = convOptions(context);
  const indices = context.once(() => {
    builder.noteIgnored(layer);
    const { kernelSize, bias } = options;
    const [deep, point, added] = context.weights(
      [kernelSize, inChannels, between / inChannels],
      [1, between, outFeatures],
      ...(bias ? [[outFeatures]] : []),
    );
    const conv = { inChannels, outChannels: between, ...options, bias: false, groups: inChannels };
    const { data } = kernelOf(point!);
    const weight = { shape: [outFeatures, between], data };
    return [
      builder.layer(layer.name, 'Conv1d', conv, { weight: depthKernel(deep!) }),
      builder.layer(
        layer.name,
        'Linear',
        { inFeatures: between, outFeatures, bias, ...activation },
        { weight, ...(added ? { bias: added } : {}) },
      ),
    ] as const;
  });
  const convolution = convolved(context, indices[0], value, between);
  return [builder.use(indices[1], [convolution], [convolution.shape[0]!, outFeatures])];
};
