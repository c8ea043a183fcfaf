import { floats } from '../allocate.ts';
import { activationName } from './activations.ts';
import {
  type KerasLayer,
  type LayerCall,
  type LayerWriter,
  plain,
  transposed,
  type Weight,
} from './layerCall.ts';

/** Classes of Keras, and where their gates are among ours: i f c o, z r h. */
const KINDS: Readonly<Record<string, { readonly className: string; readonly gates: readonly number[] }>> = {
  LSTM: { className: 'LSTM', gates: [0, 1, 2, 3] },
  GRU: { className: 'GRU', gates: [1, 0, 2] },
  RNN: { className: 'SimpleRNN', gates: [0] },
};
/** Options that change what is computed and that Keras has not. */
const REFUSED = ['projSize', 'layerNorm', 'heads', 'zoneout', 'activations', 'peephole', 'coupled', 'clip'];
const MERGES = ['concat', 'sum', 'mul', 'ave'];

/** LSTM, GRU and RNN: a layer per stacked layer. */
export const recurrent: LayerWriter = (call) => {
  const { type, config, keras, refuse, lastOnly } = call;
  const refused = REFUSED.find((option) => config[option] !== undefined && config[option] !== false);
  if (refused) throw refuse(`its option ${refused}`);
  const { className } = KINDS[type]!;
  const isAfter = type === 'GRU' && config.resetAfter !== false;
  if (isAfter && !keras) throw refuse('resetAfter in TensorFlow.js (the option keras writes it for Keras)');
  const {
    hiddenSize: units,
    numLayers,
    bidirectional,
    mergeMode = 'concat',
  } = config as Record<string, number>;
  if (bidirectional && !MERGES.includes(String(mergeMode))) throw refuse(`its mergeMode ${mergeMode}`);
  const own = {
    units,
    activation: named(call, config.nonlinearity ?? config.activation ?? 'tanh'),
    ...(type === 'RNN' ? {} : { recurrent_activation: named(call, config.recurrentActivation ?? 'sigmoid') }),
    ...(type === 'GRU' ? { reset_after: isAfter } : {}),
    ...(type === 'LSTM' ? { unit_forget_bias: false } : {}),
    use_bias: config.bias !== false,
    // while training
    dropout: config.inputDropout ?? 0,
    recurrent_dropout: config.recurrentDropout ?? 0,
  };
  const layers = Array.from({ length: numLayers! }, (_, layer): KerasLayer => {
    const isLast = layer === numLayers! - 1;
    const options = { ...own, return_sequences: !(isLast && lastOnly) };
    const forward = weightsOf(call, `_l${layer}`, isAfter);
    if (!bidirectional) return { className, config: options, weights: forward };
    const inner = { class_name: className, config: { name: 'inner', trainable: true, ...options } };
    const backward = weightsOf(call, `_l${layer}_reverse`, isAfter);
    const under = (name: string, weights: Readonly<Record<string, Weight>>) =>
      Object.entries(weights).map(([key, weight]) => [`${name}_inner/${key}`, weight] as const);
    return {
      className: 'Bidirectional',
      config: { layer: inner, merge_mode: mergeMode },
      weights: Object.fromEntries([...under('forward', forward), ...under('backward', backward)]),
    };
  });
  if (!config.dropout) return layers;
  return layers.flatMap((layer, i) => (i ? [plain('Dropout', { rate: config.dropout }), layer] : [layer]));
};

/** kernel [in, G·units], recurrent_kernel [units, G·units], and bias [G·units], or [2, G·units] with reset_after. */
function weightsOf(
  { type, parameters }: LayerCall,
  suffix: string,
  isAfter: boolean,
): Record<string, Weight> {
  const { gates } = KINDS[type]!;
  const matrix = (name: string) => {
    const { shape, data } = parameters(`${name}${suffix}`)!;
    return transposed({ shape, data: reordered(data, gates) });
  };
  const weights = { kernel: matrix('weight_ih'), recurrent_kernel: matrix('weight_hh') };
  const [ih, hh] = [parameters(`bias_ih${suffix}`), parameters(`bias_hh${suffix}`)];
  if (!ih) return weights;
  const size = ih.data.length;
  const [first, second] = [ih.data, hh?.data ?? floats(size)].map((data) => reordered(data, gates));
  if (!isAfter) {
    const data = first!.map((value, i) => value + second![i]!);
    return { ...weights, bias: { shape: [size], data } };
  }
  const data = floats(2 * size);
  data.set(first!);
  data.set(second!, size);
  return { ...weights, bias: { shape: [2, size], data } };
}

function named({ refuse }: LayerCall, given: unknown): string {
  const name = activationName(given);
  if (name === undefined) throw refuse(`its activation ${JSON.stringify(given)}`);
  return name;
}

/** Blocks of equal size in another order. */
function reordered(data: Float32Array<ArrayBuffer>, blocks: readonly number[]): Float32Array<ArrayBuffer> {
  const size = data.length / blocks.length;
  const out = floats(data.length);
  for (const [to, from] of blocks.entries())
    out.set(data.subarray(from * size, (from + 1) * size), to * size);
  return out;
}
