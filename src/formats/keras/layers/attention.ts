import type { Describe, Value } from '../builder.ts';
import type { Tensor } from '../tensor.ts';
import { affine } from '../tensors.ts';

/** Attention and AdditiveAttention. */
export const attention: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const [query, value, key] = inputs;
  if (inputs.length < 2 || inputs.length > 3)
    layer.fail(`expected query, value and key, got ${inputs.length} inputs`);
  const isAdditive = layer.className === 'AdditiveAttention';
  for (const each of inputs) {
    layer.features(each);
    if (each.shape.length !== 2) layer.fail('its inputs are not sequences');
  }
  layer.only('causal', false);
  layer.only('score_mode', 'dot');
  if (layer.number('dropout', 0) > 0) builder.ignored.add(`${layer.name}: dropout`);
  // there are zeros where the mask of the query excludes steps
  for (const each of inputs.slice(Number(query!.mask === undefined))) builder.usesMask(layer, each);
  if (key) builder.sameAxis(value!, key);
  const features = layer.features(query);
  const of: Partial<Value> = query!;
  const shape = [query!.shape[0]!, layer.features(value)];
  const scales = layer.flag('use_scale', isAdditive);
  const made = context.once(() => {
    const scale = scales ? context.weights(isAdditive ? [features] : [])[0]! : undefined;
    if (!isAdditive) {
      // one number, which is not trained here
      if (scale) builder.ignored.add(`${layer.name}: training of use_scale`);
      return { index: builder.layer(layer.name, 'Attention', { kind: 'dot' }), scale: scale?.data[0] };
    }
    const ones: Tensor = { shape: [features], data: new Float32Array(features).fill(1) };
    return { index: builder.layer(layer.name, 'Attention', { kind: 'additive' }, { scale: scale ?? ones }) };
  });
  const asked = made.scale === undefined ? query! : affine(context, query!, made.scale);
  const output = builder.use(made.index, [asked, value!, ...(key ? [key] : [])], shape, of);
  return [builder.filled(layer.name, output, 'zero')];
};
