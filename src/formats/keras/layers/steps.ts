import type { Context, Describe, Value } from '../builder.ts';
import { transposed } from '../tensor.ts';

export const dense: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = layer.one(inputs);
  const inFeatures = layer.features(value);
  const outFeatures = layer.size('units');
  const index = context.once(() => {
    builder.noteIgnored(layer);
    const bias = layer.flag('use_bias', true);
    const activation = context.activation('activation');
    const [kernel, added] = context.weights([inFeatures, outFeatures], ...(bias ? [[outFeatures]] : []));
    return builder.layer(
      layer.name,
      'Linear',
      { inFeatures, outFeatures, bias, ...(activation === 'identity' ? {} : { activation }) },
      { weight: transposed(kernel!), ...(added ? { bias: added } : {}) },
    );
  });
  return [builder.use(index, [value], [...value.shape.slice(0, -1), outFeatures])];
};

export const activation: Describe = ({ builder, layer, activation }, inputs) => {
  const value = layer.one(inputs);
  layer.features(value);
  return [builder.apply(layer.name, 'Activation', { activation: activation('activation') }, [value])];
};

/** The layer of an Embedding. */
export function table(context: Context): { readonly index: number; readonly embeddingDim: number } {
  const { builder, layer } = context;
  const numEmbeddings = layer.size('input_dim');
  const embeddingDim = layer.size('output_dim');
  const index = context.once(() => {
    builder.noteIgnored(layer);
    const [weight] = context.weights([numEmbeddings, embeddingDim]);
    return builder.layer(layer.name, 'Embedding', { numEmbeddings, embeddingDim }, { weight: weight! });
  });
  return { index, embeddingDim };
}

export const embedding: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const value = layer.one(inputs);
  const { ref, part } = value;
  if (part) return context.rare('this input');
  if (typeof ref !== 'number') return layer.fail('its input is not an input of the model');
  const { index, embeddingDim } = table(context);
  const shape = [...value.shape, embeddingDim];
  const isMasked = value.shape.length > 0 && layer.flag('mask_zero', false);
  if (!isMasked || !builder.maskInput(value, 0))
    return [builder.use(index, [value], shape, { axis: value.shape.length ? ref : undefined })];
  const output = builder.use(index, [value], shape, { axis: ref, mask: ref });
  // index 0 at all steps that do not count
  const fill = [...builder.layers[index]!.weights.weight!.data.subarray(0, embeddingDim)];
  return [builder.filled(layer.name, output, fill)];
};

export const masking: Describe = ({ builder, layer }, inputs) => {
  const value = layer.one(inputs);
  const maskValue = layer.number('mask_value', 0);
  if (value.shape.length !== 2 || !builder.maskInput(value, maskValue))
    layer.fail('it is supported behind an input that is a sequence');
  return [builder.filled(layer.name, { ...value, mask: value.ref as number }, maskValue)];
};

/** Layers that do something in training only. */
export const identity: Describe = ({ builder, layer }, inputs) => {
  builder.ignored.add(`${layer.name}: ${layer.className}`);
  return [layer.one(inputs)];
};

export const dropout: Describe = (context, inputs) => {
  const { layer } = context;
  const value = layer.one(inputs);
  layer.features(value);
  const noise = layer.get('noise_shape');
  // [batch, 1, features]: the same at all steps
  if (Array.isArray(noise)) {
    if (noise.length !== 3 || noise[1] !== 1 || value.shape.length !== 2) layer.refuse('noise_shape');
    return spatialDropout(context, inputs);
  }
  return dropped(context, value, 'Dropout');
};

export const spatialDropout: Describe = (context, inputs) => {
  return dropped(context, context.layer.one(inputs), 'Dropout1d');
};

function dropped({ builder, layer }: Context, value: Value, type: string): Value[] {
  // Keras 1 called it p
  const p = layer.fraction(layer.get('rate') === undefined ? 'p' : 'rate');
  return [builder.apply(layer.name, type, { p }, [value])];
}
