import { gateActivation } from '../activations.ts';
import type { Context, Describe, Value } from '../builder.ts';
import type { LayerConfig } from '../config.ts';
import { type Bias, type DirectionWeights, kindOf, named, takeWeights } from './recurrentWeights.ts';

/** Options of our layer that both directions have. */
export function recurrentOptions(
  { builder, layer }: Pick<Context, 'builder' | 'layer'>,
  inputSize: number,
  bias: Bias,
): { type: string; options: Record<string, unknown> } {
  const { type } = kindOf(layer);
  const isCudnn = layer.className.startsWith('CuDNN');
  builder.noteIgnored(layer);
  layer.only('time_major', false);
  const gate = (option: string, otherwise: string, ofCudnn: string) =>
    isCudnn ? ofCudnn : gateActivation(layer, option, otherwise);
  const activation = gate('activation', 'tanh', 'tanh');
  const inputDropout = layer.fraction('dropout', 0);
  const recurrentDropout = layer.fraction('recurrent_dropout', 0);
  return {
    type,
    options: {
      inputSize,
      hiddenSize: layer.size('units'),
      bias: bias === 'none' ? false : bias === 'single' ? 'single' : true,
      ...(type === 'RNN'
        ? { nonlinearity: activation }
        : // the default before Keras 2.3, and of TensorFlow.js; later versions write it
          { activation, recurrentActivation: gate('recurrent_activation', 'hard_sigmoid', 'sigmoid') }),
      // reset_after has two biases, which a layer without any does not tell
      ...(type === 'GRU' && !resetsAfter(layer, bias) ? { resetAfter: false } : {}),
      ...(inputDropout ? { inputDropout } : {}),
      ...(recurrentDropout ? { recurrentDropout } : {}),
    },
  };
}

function resetsAfter(layer: LayerConfig, bias: Bias): boolean {
  return bias === 'none' ? layer.flag('reset_after', false) : bias !== 'single';
}

/** Adds a layer of one direction. */
export function addDirection(
  context: Context,
  layer: LayerConfig,
  inputSize: number,
  { bias, weights }: DirectionWeights,
): number {
  const { type, options } = recurrentOptions({ builder: context.builder, layer }, inputSize, bias);
  return context.builder.layer(context.layer.name, type, options, named(Object.entries(weights)));
}

/** What one direction makes of a sequence. */
export interface Direction {
  /** At all steps, in the order in which they were read. */
  readonly sequence: Value;
  /** At the last step. */
  last(): Value;
  /** Last states: h, and c of an LSTM. */
  readonly states: readonly Value[];
}

/** Runs a layer of one direction. `backwards`: from the last step to the first. */
export function runDirection(
  { builder, layer }: Context,
  cell: LayerConfig,
  index: number,
  given: Value,
  states: readonly Value[],
  backwards: boolean,
): Direction {
  const { name } = layer;
  const units = cell.size('units');
  const names = kindOf(cell).type === 'LSTM' ? ['h', 'c'] : ['h'];
  if (states.length && states.length !== names.length)
    cell.fail(`expected ${names.length} initial states, got ${states.length}`);
  const initial = states.length
    ? Object.fromEntries(names.map((state, i) => [state, states[i]!.ref]))
    : undefined;
  for (const state of states) builder.reads(state, name);
  builder.usesMask(layer, given);
  const read = backwards ? builder.apply(name, 'Reverse', {}, [given]) : given;
  const fill = cell.flag('zero_output_for_mask', false) ? 'zero' : 'last';
  const made = builder.use(index, [read], [given.shape[0]!, units], read, initial);
  // in reverse, steps that do not count repeat later ones
  const sequence = backwards ? made : builder.filled(name, made, fill);
  const [use] = sequence.ref as readonly [number];
  return {
    sequence,
    last: () => builder.apply(name, 'LastStep', {}, [sequence], [units]),
    states: names.map((state) => ({ ref: [use, state], shape: [units] })),
  };
}

/** SimpleRNN, LSTM, GRU and the CuDNN layers of Keras 2. */
export const recurrent: Describe = (context, inputs) => {
  const { layer } = context;
  const [value, ...more] = inputs;
  const inputSize = layer.sequenceFeatures(value);
  const index = context.once(() => {
    const [weights] = takeWeights(context, [layer], [inputSize]);
    return addDirection(context, layer, inputSize, weights!);
  });
  const backwards = layer.flag('go_backwards', false);
  const direction = runDirection(context, layer, index, value!, more, backwards);
  return returned(layer, value!, direction, direction.states);
};

/** What a layer returns of its input: of its last cell, and the states of all. */
export function returned(
  layer: LayerConfig,
  { mask }: Value,
  { sequence, last }: Direction,
  states: readonly Value[],
): readonly Value[] {
  const sequences = layer.flag('return_sequences', false);
  if (sequences && mask !== undefined && layer.flag('go_backwards', false))
    layer.refuse('go_backwards', 'with return_sequences and a mask is not supported');
  const output = sequences ? sequence : last();
  return layer.flag('return_state', false) ? [output, ...states] : [output];
}
