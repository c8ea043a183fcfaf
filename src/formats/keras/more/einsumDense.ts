import type { Describe } from '../builder.ts';
import { LayerConfig } from '../config.ts';
import type { Json } from '../json.ts';
import { dense } from '../layers/steps.ts';

/** EinsumDense that is a Dense of the last axis: `ab,bc->ac`, `abc,cd->abd`, `...x,xy->...y`. */
export const einsumDense: Describe = (context, inputs) => {
  const { layer } = context;
  const [, last] = /^(.+)(\w),\2(\w)->\1\3$/.exec(layer.text('equation'))?.slice(2) ?? [];
  const bias = layer.get('bias_axes') ?? null;
  if (!last) layer.refuse('equation');
  if (bias !== null && bias !== last) layer.refuse('bias_axes');
  const units = [layer.get('output_shape')].flat().at(-1) as Json;
  const options = { ...layer.options, units, use_bias: bias !== null };
  return dense({ ...context, layer: new LayerConfig('Dense', options, layer.name) }, inputs);
};
