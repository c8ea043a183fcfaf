import type { Context, Describe, Value } from '../builder.ts';
import type { LayerConfig } from '../config.ts';
import type { Tensor } from '../tensor.ts';

interface Windows {
  readonly size: number;
  readonly stride: number;
  readonly dilation?: number;
  readonly padding: string;
}

/** Number of windows over a number of steps; null if it is not known. */
export function windows(
  steps: number | null,
  { size, stride, dilation = 1, padding }: Windows,
): number | null {
  if (steps === null) return null;
  if (padding !== 'valid') return Math.ceil(steps / stride);
  return Math.max(Math.floor((steps - (size - 1) * dilation - 1) / stride) + 1, 0);
}

/** The time axis of windows over a sequence. */
export function windowed(
  { axis, derived = '' }: Value,
  { size, stride, dilation = 1, padding }: Windows,
): Partial<Value> {
  if (axis === undefined) return {};
  const isSame = stride === 1 && (padding !== 'valid' || size === 1);
  return { axis, derived: isSame ? derived : `${derived} ${[size, stride, dilation, padding]}` };
}

/** The only input, a sequence. */
export function sequenceOf({ layer }: Context, inputs: readonly Value[]): Value {
  const value = layer.one(inputs);
  layer.sequenceFeatures(value);
  layer.only('data_format', 'channels_last');
  return value;
}

/** The padding of an option. */
export function paddingOf(layer: LayerConfig, names: readonly string[]): string {
  const padding = layer.text('padding', layer.text('border_mode', 'valid'));
  return names.includes(padding) ? padding : layer.refuse('padding');
}

/** Options of a convolution. */
export function convOptions({ layer, activation }: Context) {
  const own = activation('activation');
  return {
    kernelSize: layer.size('kernel_size'),
    stride: layer.size('strides', 1),
    dilation: layer.size('dilation_rate', 1),
    padding: paddingOf(layer, ['valid', 'same', 'causal']),
    bias: layer.flag('use_bias', true),
    activation: own === 'identity' ? {} : { activation: own },
  };
}

/** The output of a convolution. */
export function convolved(context: Context, index: number, value: Value, outChannels: number): Value {
  const { builder, layer } = context;
  const { kernelSize: size, stride, dilation, padding } = convOptions(context);
  const all = builder.allSteps(layer, value);
  const options = { size, stride, dilation, padding };
  return builder.use(index, [all], [windows(value.shape[0]!, options), outChannels], windowed(all, options));
}

/** A kernel [taps, in, out] as [out, in, taps]. */
export function kernelOf({ shape, data }: Tensor): Tensor {
  const [taps, from, to] = shape as readonly [number, number, number];
  const out = new Float32Array(data.length);
  for (let k = 0; k < taps; k++)
    for (let i = 0; i < from; i++)
      for (let o = 0; o < to; o++) out[(o * from + i) * taps + k] = data[(k * from + i) * to + o]!;
  return { shape: [to, from, taps], data: out };
}

export const conv1d: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = sequenceOf(context, inputs);
  const inChannels = layer.features(value);
  const outChannels = layer.size('filters');
  const { activation, ...options } = convOptions(context);
  const groups = layer.size('groups', 1);
  if (inChannels % groups) layer.refuse('groups', `do not divide ${inChannels} channels`);
  const index = context.once(() => {
    builder.noteIgnored(layer);
    const { kernelSize, bias } = options;
    const [kernel, added] = context.weights(
      [kernelSize, inChannels / groups, outChannels],
      ...(bias ? [[outChannels]] : []),
    );
    const weights = { weight: kernelOf(kernel!), ...(added ? { bias: added } : {}) };
    return builder.layer(
      layer.name,
      'Conv1d',
      { inChannels, outChannels, ...options, groups, ...activation },
      weights,
    );
  });
  return [convolved(context, index, value, outChannels)];
};
