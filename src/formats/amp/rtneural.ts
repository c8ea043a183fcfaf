import { floats } from '../../allocate.ts';
import { show } from '../../errors.ts';
import type { AmpDescription, AmpLayer, Numbers } from './description.ts';
import { bad, isObject, type Json, metadataOf, shaped, sizeOf, transposed } from './numbers.ts';

/** Activations by the names of RTNeural, which are Keras's. */
const ACTIVATIONS = ['tanh', 'relu', 'sigmoid', 'elu', 'softmax'];

/** What a layer is made of. */
interface Given {
  readonly name: string;
  readonly json: Json;
  readonly weights: readonly unknown[];
  readonly inputSize: number;
  /** Features that the file says it has. */
  readonly outputSize: number;
}

type Reader = (given: Given) => AmpLayer;

/** Layers by the names of RTNeural: model_loader.h of jatinchowdhury18/RTNeural. */
const LAYERS: Readonly<Record<string, Reader>> = {
  dense,
  'time-distributed-dense': dense,
  lstm: ({ name, weights, inputSize: I, outputSize: H }) => ({
    type: 'LSTM',
    config: { inputSize: I, hiddenSize: H },
    parameters: {
      weight_ih_l0: transposed(shaped(`${name}.weights[0]`, weights[0], [I, 4 * H])),
      weight_hh_l0: transposed(shaped(`${name}.weights[1]`, weights[1], [H, 4 * H])),
      bias_ih_l0: shaped(`${name}.weights[2]`, weights[2], [4 * H]),
      bias_hh_l0: { shape: [4 * H], data: floats(4 * H) },
    },
  }),
  // z r h, with a bias for the input and one for the state: here r z n
  gru: ({ name, weights, inputSize: I, outputSize: H }) => {
    const blocks = [1, 0, 2];
    const bias = transposed(shaped(`${name}.weights[2]`, weights[2], [2, 3 * H]), blocks).data;
    const of = (k: number): Numbers => ({ shape: [3 * H], data: bias.filter((_, i) => i % 2 === k) });
    return {
      type: 'GRU',
      config: { inputSize: I, hiddenSize: H },
      parameters: {
        weight_ih_l0: transposed(shaped(`${name}.weights[0]`, weights[0], [I, 3 * H]), blocks),
        weight_hh_l0: transposed(shaped(`${name}.weights[1]`, weights[1], [H, 3 * H]), blocks),
        bias_ih_l0: of(0),
        bias_hh_l0: of(1),
      },
    };
  },
  // [kernel, in / groups, out]
  conv1d: ({ name, json, weights, inputSize: I, outputSize: O }) => {
    const [kernelSize, dilation] = [json.kernel_size, json.dilation ?? [1]].map((value, i) =>
      sizeOf(`${name}.${i ? 'dilation' : 'kernel_size'}`, Array.isArray(value) ? value[0] : value),
    ) as [number, number];
    const groups = sizeOf(`${name}.groups`, json.groups ?? 1);
    if (I % groups || O % groups) throw bad(`${name}.groups: ${groups} divides not ${I} and ${O}`);
    const within = I / groups;
    const { data } = shaped(`${name}.weights[0]`, weights[0], [kernelSize, within, O]);
    const { data: turned } = transposed({ shape: [kernelSize * within, O], data });
    const weight = floats(turned.length);
    for (let o = 0; o < O; o++) {
      for (let k = 0; k < kernelSize; k++) {
        for (let i = 0; i < within; i++)
          weight[(o * within + i) * kernelSize + k] = turned[(o * kernelSize + k) * within + i]!;
      }
    }
    return {
      type: 'Conv1d',
      config: {
        inChannels: I,
        outChannels: O,
        kernelSize,
        dilation,
        groups,
        padding: 'causal',
        ...activation(name, json),
      },
      parameters: {
        weight: { shape: [O, within, kernelSize], data: weight },
        bias: shaped(`${name}.weights[1]`, weights[1], [O]),
      },
    };
  },
  batchnorm: ({ name, json, weights, inputSize: size }) => {
    const { length } = weights;
    if (length !== 2 && length !== 4) throw bad(`${name}.weights: expected 2 or 4 lists, got ${length}`);
    const of = (k: number) => shaped(`${name}.weights[${k}]`, weights[k], [size]);
    const [weight, bias] = length > 2 ? [of(0), of(1)] : [filled(size, 1), filled(size, 0)];
    const [mean, variance] = [of(length - 2), of(length - 1)];
    const eps = json.epsilon ?? 1e-3;
    if (!(typeof eps === 'number' && eps >= 0))
      throw bad(`${name}.epsilon: expected a number of at least 0, got ${show(eps)}`);
    return {
      type: 'BatchNorm',
      config: { size, eps },
      parameters: { weight, bias, running_mean: mean, running_var: variance },
    };
  },
  activation: ({ name, json }) => {
    const { activation: kind } = activation(name, json);
    if (!kind) throw bad(`${name}.activation: expected one of ${ACTIVATIONS.join(', ')}`);
    return { type: 'Activation', config: { activation: kind }, parameters: {} };
  },
};

function dense({ name, json, weights, inputSize: I, outputSize: O }: Given): AmpLayer {
  const parameters = {
    weight: transposed(shaped(`${name}.weights[0]`, weights[0], [I, O])),
    bias: weights.length > 1 ? shaped(`${name}.weights[1]`, weights[1], [O]) : filled(O, 0),
  };
  return { type: 'Linear', config: { inFeatures: I, outFeatures: O, ...activation(name, json) }, parameters };
}

function filled(length: number, value: number): Numbers {
  return { shape: [length], data: floats(length).fill(value) };
}

function activation(name: string, { activation }: Json): { activation?: string } {
  if (activation === undefined || activation === '' || activation === 'linear') return {};
  const known = ACTIVATIONS.find((one) => one === activation);
  if (!known)
    throw bad(`${name}.activation: expected one of ${ACTIVATIONS.join(', ')}, got ${show(activation)}`);
  return { activation: known };
}

/** A model of RTNeural or AIDA-X: layers of Keras with their weights; with `in_skip`, the input is added to the output. */
export function readRtNeural({ in_shape: shape, layers, ...rest }: Json): AmpDescription {
  if (!Array.isArray(layers) || !layers.length) throw bad('layers: expected a list of layers');
  const first = Array.isArray(shape) ? shape.at(-1) : undefined;
  const inputSize = sizeOf('in_shape[2]', first);
  let size = inputSize;
  const read = Array.from(layers, (json: unknown, i): AmpLayer => {
    const name = `layers[${i}]`;
    if (!isObject(json)) throw bad(`${name}: expected an object`);
    const { type } = json;
    if (typeof type !== 'string' || !Object.hasOwn(LAYERS, type))
      throw bad(`${name}.type: expected one of ${Object.keys(LAYERS).join(', ')}, got ${show(type)}`);
    const outputSize = sizeOf(`${name}.shape`, Array.isArray(json.shape) ? json.shape.at(-1) : json.shape);
    const weights = Array.isArray(json.weights) ? json.weights : [];
    const layer = LAYERS[type]!({ name: `${name} (${type})`, json, weights, inputSize: size, outputSize });
    size = outputSize;
    return layer;
  });
  const { in_skip: skip = 0, input_batch: _, output_batch: __, ...metadata } = rest;
  const rate = rest.samplerate ?? rest.sample_rate;
  return {
    format: 'RTNeural',
    inputSize,
    layers: read,
    skip: sizeOf('in_skip', skip, 0),
    states: {},
    sampleRate: Number(rate) > 0 ? Number(rate) : undefined,
    metadata: metadataOf(metadata),
  };
}
