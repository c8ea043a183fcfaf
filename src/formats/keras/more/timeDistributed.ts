import type { Describe, Value } from '../builder.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { flat, product, reshaped, shaped, sizesOf } from '../tensors.ts';
import { concatenated, viewOfFeatures } from './tensors.ts';

/** A layer or model at each step of a sequence, one call per step. */
export const timeDistributed: Describe = (context, inputs) => {
  const { layer, nested } = context;
  const { className, options } = layer.inner('layer');
  const value = inputs[0]!;
  if (value.mask !== undefined)
    layer.fail(`a ${className} at each step of a sequence with a mask is not supported`);
  const [steps, ...sizes] = sizesOf(context, value);
  const n = product(sizes);
  const isIndices = typeof value.ref === 'number' && startsWithEmbedding(options);
  const vector = isIndices ? value : flat(context, value);
  const each = Array.from({ length: steps! }, (_, i) => {
    const offset = i * n;
    const own: Value = isIndices
      ? { ref: value.ref, shape: sizes, part: { of: value, offset } }
      : shaped(context, viewOfFeatures(context, vector, { offset, sizes: [n], strides: [1] }), sizes);
    const [output, ...more] = nested('layer', [own]);
    if (more.length) layer.fail(`a ${className} with several outputs at each step is not supported`);
    const size = sizesOf(context, output!);
    return reshaped(context, output!, [1, ...size]);
  });
  return [each.length > 1 ? concatenated(context, each, 0) : each[0]!];
};

/** Whether a model's first layer looks up indices. */
function startsWithEmbedding({ layers }: JsonObject): boolean {
  const first = Array.isArray(layers) ? (layers as readonly Json[]).slice(0, 2) : [];
  return first.some((each) => isObject(each) && each.class_name === 'Embedding');
}
