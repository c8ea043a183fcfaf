import type { Describe } from '../builder.ts';
import { paddingOf, sequenceOf, windowed, windows } from './convolutions.ts';

export const pool: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = sequenceOf(context, inputs);
  // Keras 1 called them pool_length and stride
  const size = layer.size('pool_size', 2);
  const stride = layer.get('strides') == null ? size : layer.size('strides');
  const padding = paddingOf(layer, ['valid', 'same']);
  const all = builder.allSteps(layer, value);
  const type = layer.className === 'MaxPooling1D' ? 'MaxPool1d' : 'AvgPool1d';
  const options = { size, stride, padding };
  const shape = [windows(value.shape[0]!, options), value.shape[1]!];
  return [builder.apply(layer.name, type, options, [all], shape, windowed(all, options))];
};

export const globalPool: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = sequenceOf(context, inputs);
  const features = layer.features(value);
  const isMean = layer.className === 'GlobalAveragePooling1D';
  if (isMean) builder.usesMask(layer, value);
  const read = isMean ? value : builder.allSteps(layer, value);
  const kind = isMean ? 'mean' : 'max';
  const pooled = builder.apply(layer.name, 'Pool', { kind }, [read], [features]);
  if (!layer.flag('keepdims', false)) return [pooled];
  return [builder.apply(layer.name, 'RepeatVector', { n: 1 }, [pooled], [1, features], {})];
};
