import type { Context, Describe, Value } from '../builder.ts';
import type { LayerConfig } from '../config.ts';
import { addDirection, recurrentOptions, runDirection } from './recurrent.ts';
import { kindOf, named, reversed, takeWeights } from './recurrentWeights.ts';

/** Ways to merge both directions that our layers have. */
const MERGES: readonly unknown[] = ['concat', 'sum', 'mul', 'ave'];

/** What may differ between the two directions of one layer of ours. */
const OWN = /^(name|go_backwards|seed|.*_initializer|dtype|trainable|implementation|unroll)$/;

/** Both directions of a recurrent layer: one of ours if it has no states that are seen, otherwise two. */
export const bidirectional: Describe = (context, inputs) => {
  const { builder, layer } = context;
  const ahead = layer.inner('layer');
  const back = layer.get('backward_layer') == null ? ahead : layer.inner('backward_layer');
  const [value, ...initial] = inputs;
  const inputSize = layer.sequenceFeatures(value);
  kindOf(ahead);
  if (ahead.flag('go_backwards', false)) ahead.refuse('go_backwards', 'in a Bidirectional is not supported');
  const [merge = 'concat'] = [layer.get('merge_mode')];
  if (merge !== null && !MERGES.includes(merge)) layer.refuse('merge_mode');
  const sequences = ahead.flag('return_sequences', false);
  const states = ahead.flag('return_state', false);
  const units = ahead.size('units');
  if (merge === null || states || initial.length || !alike(ahead, back))
    return apart(context, value!, inputSize, [ahead, back], merge as string | null, initial);
  const index = context.once(() => {
    const both = takeWeights(context, [ahead, back], [inputSize, inputSize]);
    const { type, options } = recurrentOptions({ builder, layer: ahead }, inputSize, both[0]!.bias);
    return builder.layer(
      layer.name,
      type,
      { ...options, bidirectional: true, ...(merge === 'concat' ? {} : { mergeMode: merge }) },
      { ...named(Object.entries(both[0]!.weights)), ...reversed(both[1]!) },
    );
  });
  builder.usesMask(layer, value!);
  const width = merge === 'concat' ? 2 * units : units;
  const output = builder.use(index, [value!], [value!.shape[0]!, width]);
  // Keras gives zeros of both directions at steps that do not count
  if (sequences) return [builder.filled(layer.name, output, 'zero')];
  return [builder.apply(layer.name, 'LastStep', {}, [output], [width])];
};

/** Two layers of ours, the second one between two reversals. */
function apart(
  context: Context,
  value: Value,
  inputSize: number,
  cells: readonly [LayerConfig, LayerConfig],
  merge: string | null,
  initial: readonly Value[],
): Value[] {
  const { builder, layer } = context;
  const indices = context.once(() => {
    const both = takeWeights(context, cells, [inputSize, inputSize]);
    return cells.map((cell, i) => addDirection(context, cell, inputSize, both[i]!));
  });
  const half = initial.length / 2;
  if (!Number.isInteger(half))
    layer.fail(`expected as many initial states of both directions, got ${initial.length}`);
  const [ahead, back] = cells.map((cell, i) => {
    const own = initial.slice(i * half, (i + 1) * half);
    return runDirection(context, cell, indices[i]!, value, own, i === 1);
  }) as [ReturnType<typeof runDirection>, ReturnType<typeof runDirection>];
  const [first] = cells;
  const outputs = first.flag('return_sequences', false)
    ? [ahead.sequence, builder.apply(layer.name, 'Reverse', {}, [back.sequence])].map((value) =>
        builder.filled(layer.name, value, 'zero'),
      )
    : [ahead.last(), back.last()];
  const states = first.flag('return_state', false) ? [...ahead.states, ...back.states] : [];
  return [...merged(context, outputs as [Value, Value], merge), ...states];
}

function merged(
  { builder, layer }: Context,
  outputs: readonly [Value, Value],
  merge: string | null,
): readonly Value[] {
  const { name } = layer;
  if (merge === null) return outputs;
  const [{ shape }, other] = outputs;
  if (merge === 'concat')
    return [
      builder.apply(name, 'Concat', {}, outputs, [
        ...shape.slice(0, -1),
        shape.at(-1)! + other.shape.at(-1)!,
      ]),
    ];
  if (shape.at(-1) !== other.shape.at(-1)) layer.refuse('merge_mode', 'of directions with different units');
  if (merge === 'mul') return [builder.apply(name, 'Multiply', {}, outputs)];
  const sum = builder.apply(name, 'Add', {}, outputs);
  if (merge === 'sum') return [sum];
  return [builder.apply(name, 'Activation', { activation: { name: 'affine', alpha: 0.5 } }, [sum])];
}

/** Whether both directions are of the same class and options, as one layer of ours needs. */
function alike(a: LayerConfig, b: LayerConfig): boolean {
  if (a === b) return true;
  const options = ({ options }: LayerConfig) =>
    Object.entries(options)
      .filter(([key]) => !OWN.test(key))
      .sort();
  return a.className === b.className && JSON.stringify(options(a)) === JSON.stringify(options(b));
}
