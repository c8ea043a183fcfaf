import type { Describe } from '../builder.ts';
import { product, reshaped, sizesOf } from '../tensors.ts';

/** Layers that do the same at each step by themselves. */
const PER_STEP =
  /^(Activation|ActivityRegularization|AlphaDropout|BatchNormalization|Dense|Dropout|ELU|Embedding|GaussianDropout|GaussianNoise|LayerNormalization|LeakyReLU|ReLU|Rescaling|Softmax|ThresholdedReLU)$/;

/** A layer at each step of a sequence that does the same by itself. */
export const timeDistributed: Describe = (context, inputs) => {
  const { layer, nested, rare } = context;
  const { className, options } = layer.inner('layer');
  const [value] = inputs;
  if (inputs.length !== 1 || !value?.shape.length) return layer.fail('expected one input, a sequence');
  const { shape } = value;
  const axis = [options.axis].flat() as readonly unknown[];
  const isLast =
    axis.length === 1 && (axis[0] === undefined || axis[0] === -1 || axis[0] === shape.length - 1);
  if (PER_STEP.test(className) && isLast)
    return nested('layer', inputs, axis[0] === undefined ? {} : { axis: -1 });
  if (className === 'Flatten' && shape.length === 2) return inputs;
  if (className !== 'Flatten' || value.mask !== undefined) return rare('this inner layer');
  const [steps, ...sizes] = sizesOf(context, value);
  return [reshaped(context, value, [steps!, product(sizes)])];
};
