import { floats } from '../allocate.ts';
import { emitActivation } from './activations.ts';
import { type Emitted, emitWeight, type LayerCall, type LayerWriter } from './layerCall.ts';
import { emitRecurrent, turned } from './recurrent.ts';

const same: LayerWriter = ({ inputs }) => ({ output: inputs[0]! });

/** What works over steps: a vector is a sequence of one. */
const overSteps =
  (write: LayerWriter): LayerWriter =>
  (call) => {
    const { g, inputs, isSequence } = call;
    if (isSequence[0]) return write(call);
    const x = g.one('Unsqueeze', [inputs[0]!, g.ints(0)]);
    const emitted = write({ ...call, inputs: [x] });
    return { ...emitted, output: g.one('Squeeze', [emitted.output, g.ints(0)]) };
  };

/** Writers of layers by type: operators of opset 17. */
export const WRITERS: Readonly<Record<string, LayerWriter>> = {
  LSTM: overSteps(emitRecurrent),
  GRU: overSteps(emitRecurrent),
  RNN: overSteps(emitRecurrent),
  Dropout: same,
  Embedding: (call) => ({ output: call.g.one('Gather', [emitWeight(call, 'weight'), call.inputs[0]!]) }),
  Linear: (call) => {
    const { g, parameters, inputs, config, refuse } = call;
    if (config.tied !== undefined) throw refuse('a weight that is tied');
    const weight = emitWeight(call, 'weight', 1, turned(parameters('weight')!));
    const product = g.one('MatMul', [inputs[0]!, weight]);
    return activated(call, parameters('bias') ? g.one('Add', [product, emitWeight(call, 'bias')]) : product);
  },
  Activation: (call) => activated(call, call.inputs[0]!),
  LayerNorm: (call) => {
    const { g, parameters, inputs, config } = call;
    const names = ['weight', 'bias'].filter((name) => parameters(name));
    const weights = names.map((name) => emitWeight(call, name));
    const attributes = { axis: -1, epsilon: { float: Number(config.eps) } };
    return { output: g.one('LayerNormalization', [inputs[0]!, ...weights], attributes) };
  },
  BatchNorm: ({ g, prefix, parameters, inputs, config }) => {
    const of = (name: string) => parameters(name)!.data;
    const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(of);
    const size = weight!.length;
    const [scale, shift] = [floats(size), floats(size)];
    for (let i = 0; i < size; i++) {
      const factor = weight![i]! / Math.sqrt(variance![i]! + Number(config.eps));
      scale[i] = factor;
      shift[i] = bias![i]! - mean![i]! * factor;
    }
    const scaled = g.one('Mul', [inputs[0]!, g.weight(`${prefix}scale`, [size], scale)]);
    return { output: g.one('Add', [scaled, g.weight(`${prefix}shift`, [size], shift)]) };
  },
  Conv1d: overSteps((call) => {
    const { parameters, config } = call;
    const { kernelSize, dilation, groups } = config as Record<string, number>;
    const names = ['weight', 'bias'].filter((name) => parameters(name));
    const weights = names.map((name) => emitWeight(call, name));
    const more = { kernel_shape: [kernelSize!], dilations: [dilation!], group: groups! };
    return activated(call, windows(call, 'Conv', weights, more));
  }),
  MaxPool1d: overSteps((call) => ({
    output: windows(call, 'MaxPool', [], { kernel_shape: [Number(call.config.size)] }),
  })),
  AvgPool1d: overSteps((call) => {
    const { config, refuse } = call;
    if (config.padding !== 'valid' && config.padding !== 0)
      throw refuse(`its padding ${String(config.padding)}`);
    return { output: windows(call, 'AveragePool', [], { kernel_shape: [Number(config.size)] }) };
  }),
  LastStep: (call) => {
    const { config, forwardSize } = call;
    if (config.sameStep || forwardSize === undefined) return { output: step(call, call.inputs[0]!, -1) };
    if (!forwardSize) throw call.refuse('the last step of two directions that are merged');
    const { g, sizes } = call;
    const part = (from: number, to: number, at: number) => {
      const features = g.one('Slice', [call.inputs[0]!, g.ints(from), g.ints(to), g.ints(2)]);
      return step(call, features, at);
    };
    const both = [part(0, forwardSize, -1), part(forwardSize, sizes[0]!, 0)];
    return { output: g.one('Concat', both, { axis: -1 }) };
  },
  Pool: (call) => {
    const { g, config, inputs, givesSequence } = call;
    if (config.kind === 'last') return { output: step(call, inputs[0]!, -1) };
    const attributes = { axes: [0], keepdims: givesSequence ? 1 : 0 };
    return { output: g.one(config.kind === 'max' ? 'ReduceMax' : 'ReduceMean', [inputs[0]!], attributes) };
  },
  Flatten: ({ g, inputs, config, sizes, givesSequence }) => {
    const rows = g.transposed(inputs[0]!, 1, 0, 2);
    const width = Number(config.steps) * sizes[0]!;
    const flat = g.one('Reshape', [rows, g.ints(-1, width)]);
    return { output: givesSequence ? g.one('Unsqueeze', [flat, g.ints(0)]) : flat };
  },
  Reverse: ({ g, inputs }) => ({
    output: g.one('Slice', [inputs[0]!, g.ints(-1), g.ints(-(2 ** 31)), g.ints(0), g.ints(-1)]),
  }),
  Concat: ({ g, inputs }) => ({ output: g.one('Concat', inputs, { axis: -1 }) }),
  Add: ({ g, inputs }) => ({ output: inputs.reduce((a, b) => g.one('Add', [a, b])) }),
  Multiply: ({ g, inputs }) => ({ output: inputs.reduce((a, b) => g.one('Mul', [a, b])) }),
  RepeatVector: ({ g, inputs, config }) => {
    const vector = g.one('Unsqueeze', [inputs[0]!, g.ints(0)]);
    if (typeof config.n === 'number') return { output: g.one('Expand', [vector, g.ints(config.n, 1, 1)]) };
    const steps = g.one('Gather', [g.one('Shape', [inputs[1]!]), g.ints(0)]);
    return { output: g.one('Expand', [vector, g.one('Concat', [steps, g.ints(1, 1)], { axis: 0 })]) };
  },
  Attention: ({ g, inputs, config, isSequence, sizes, refuse }) => {
    if (config.kind === 'additive') throw refuse("kind 'additive'");
    const [query, value, key = value] = inputs as [string, string, string?];
    const rows = (name: string) => g.transposed(name, 1, 0, 2);
    const q = isSequence[0] ? rows(query) : g.one('Unsqueeze', [query, g.ints(1)]);
    let scores = g.one('MatMul', [q, g.transposed(key, 1, 2, 0)]);
    if (config.kind === 'scaled') scores = g.one('Mul', [scores, g.scalar(1 / Math.sqrt(sizes[0]!))]);
    const context = g.one('MatMul', [g.one('Softmax', [scores], { axis: -1 }), rows(value)]);
    return { output: isSequence[0] ? rows(context) : g.one('Squeeze', [context, g.ints(1)]) };
  },
};

function activated({ g, config, refuse }: LayerCall, x: string): Emitted {
  const output = emitActivation(g, x, config.activation);
  if (output === undefined) throw refuse(`its activation ${JSON.stringify(config.activation)}`);
  return { output };
}

/** A step of a sequence: a vector, or a sequence of one step. */
function step({ g, givesSequence }: LayerCall, x: string, at: number): string {
  const one = g.one('Slice', [x, g.ints(at), g.ints(at < 0 ? 2 ** 31 - 1 : at + 1), g.ints(0)]);
  return givesSequence ? one : g.one('Squeeze', [one, g.ints(0)]);
}

/** An operator over windows of steps, whose inputs are [B, C, T]. */
function windows(
  { g, inputs, config, refuse }: LayerCall,
  op: string,
  weights: readonly string[],
  attributes: Readonly<Record<string, number | readonly number[]>>,
): string {
  const { padding, stride } = config as { padding: string | number; stride: number };
  const span = (Number(config.kernelSize ?? config.size) - 1) * Number(config.dilation ?? 1);
  const left = Math.floor(span / 2);
  const pads: readonly number[] =
    typeof padding === 'number'
      ? [padding, padding]
      : padding === 'causal'
        ? [span, 0]
        : padding === 'same'
          ? [left, span - left]
          : [0, 0];
  // with a stride the padding depends on the number of steps, unless it is one step at most
  const isAuto = padding === 'same' && stride > 1 && span > 1;
  if (isAuto && Number(config.dilation ?? 1) > 1) throw refuse("padding 'same' with a stride and a dilation");
  // ONNX Runtime refuses to pool where windows leave steps out
  if (isAuto && op === 'MaxPool' && span + 1 < stride)
    throw refuse(`padding 'same' with a stride of ${stride} and windows of ${span + 1} steps`);
  const padded = isAuto ? { auto_pad: 'SAME_UPPER' } : { pads };
  const x = g.transposed(inputs[0]!, 1, 2, 0);
  const y = g.one(op, [x, ...weights], { ...attributes, strides: [stride], ...padded });
  return g.transposed(y, 2, 0, 1);
}
