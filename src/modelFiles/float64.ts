import type { KerasDescription, LayerDescription } from '../formats/keras/description.ts';
import type { Tensor } from '../formats/keras/tensor.ts';
import type { Value } from './opened.ts';

/** A vector, or the steps of a sequence, of one row. */
type Steps = readonly Float64Array[];

/** What a layer makes of a row; undefined if it is not known here. */
type Layer = (input: Steps) => Steps;

type Config = LayerDescription['config'];
type Weights = LayerDescription['weights'];

const { exp, max, min, tanh } = Math;

/** Activations of a number, by name. */
const ACTIVATIONS: Readonly<Record<string, (x: number, alpha: number, beta: number) => number>> = {
  identity: (x) => x,
  tanh: (x) => tanh(x),
  sigmoid: (x) => 1 / (1 + exp(-x)),
  relu: (x) => max(x, 0),
  hardsigmoid: (x, alpha = 0.2, beta = 0.5) => min(max(alpha * x + beta, 0), 1),
  affine: (x, alpha = 1, beta = 0) => alpha * x + beta,
  leakyrelu: (x, alpha = 0.01) => (x > 0 ? x : alpha * x),
  elu: (x, alpha = 1) => (x > 0 ? x : alpha * Math.expm1(x)),
};

/** An activation of a vector. */
function activationOf(
  given: unknown,
  otherwise = 'identity',
): ((x: Float64Array) => Float64Array) | undefined {
  const { name, alpha, beta } = (
    typeof given === 'object' && given !== null ? given : { name: given ?? otherwise }
  ) as { name: string; alpha?: number; beta?: number };
  if (name === 'softmax')
    return (x) => {
      const most = x.reduce((a, b) => max(a, b), Number.NEGATIVE_INFINITY);
      const powers = x.map((each) => exp(each - most));
      const sum = powers.reduce((a, b) => a + b, 0);
      return powers.map((each) => each / sum);
    };
  const run = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  return run && ((x) => x.map((each) => run(each, alpha as number, beta as number)));
}

/** W x + b, W [out, in]. */
function product({ shape, data }: Tensor, x: Float64Array, bias?: Tensor): Float64Array {
  const [rows, columns] = shape as readonly [number, number];
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = bias?.data[i] ?? 0;
    for (let j = 0; j < columns; j++) sum += data[i * columns + j]! * x[j]!;
    return sum;
  });
}

/** RNN, LSTM and GRU of one direction: what they make of gates of the input and of the state before. */
function recurrent({ type, ...config }: Config, weights: Weights): Layer | undefined {
  const { hiddenSize: H, resetAfter = true } = config as { hiddenSize: number; resetAfter?: boolean };
  const act = activationOf(type === 'RNN' ? config.nonlinearity : config.activation, 'tanh');
  const gate = activationOf(config.recurrentActivation, 'sigmoid');
  if (!act || !gate || config.bidirectional || config.numLayers) return undefined;
  const { weight_ih_l0: W, weight_hh_l0: U, bias_ih_l0: b, bias_hh_l0: c } = weights;
  const part = (x: Float64Array, i: number) => x.subarray(i * H, (i + 1) * H);
  const step = (input: Float64Array, h: Float64Array, cell: Float64Array): Float64Array => {
    const x = product(W!, input, b);
    const s = product(U!, h, c);
    const sum = x.map((each, i) => each + s[i]!);
    if (type === 'RNN') return act(sum);
    if (type === 'LSTM') {
      const [i, f, o] = [0, 1, 3].map((k) => gate(part(sum, k))) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ];
      const g = act(part(sum, 2));
      for (let k = 0; k < H; k++) cell[k] = f[k]! * cell[k]! + i[k]! * g[k]!;
      return act(cell).map((each, k) => o[k]! * each);
    }
    const [r, z] = [0, 1].map((k) => gate(part(sum, k))) as [Float64Array, Float64Array];
    const own = resetAfter
      ? s
      : product(
          U!,
          h.map((each, k) => r[k]! * each),
          c,
        );
    const n = act(part(x, 2).map((each, k) => each + (resetAfter ? r[k]! : 1) * part(own, 2)[k]!));
    return n.map((each, k) => (1 - z[k]!) * each + z[k]! * h[k]!);
  };
  return (input) => {
    let h = new Float64Array(H);
    const cell = new Float64Array(H);
    return input.map((x) => (h = step(x, h, cell) as Float64Array<ArrayBuffer>));
  };
}

/** A layer by its description; undefined if it is not known here. */
function layerOf({ config, weights }: LayerDescription): Layer | undefined {
  const { type } = config;
  if (/^(RNN|LSTM|GRU)$/.test(type)) return recurrent(config, weights);
  if (/^Dropout/.test(type)) return (input) => input;
  if (type === 'LastStep') return (input) => [input.at(-1)!];
  const act = activationOf(config.activation);
  if (!act) return undefined;
  if (type === 'Activation') return (input) => input.map(act);
  if (type === 'Linear') return (input) => input.map((x) => act(product(weights.weight!, x, weights.bias)));
  if (type !== 'Embedding') return undefined;
  const { shape, data } = weights.weight!;
  const n = shape[1]!;
  return (input) => input.map(([i]) => Float64Array.from(data.subarray(i! * n, (i! + 1) * n)));
}

/**
 * The output of a model of one input and one output in float64, for weights in float32: what is left of a difference that
 * rounding in float32 makes. undefined if it has layers other than RNN, LSTM, GRU, Linear, Embedding, Activation,
 * LastStep and Dropout, one after the other.
 */
export function inFloat64(
  { layers, graph, inputs, outputs }: KerasDescription,
  given: readonly Value[],
): Value[] | undefined {
  const { uses, inputs: ends } = graph;
  const known = layers.map(layerOf);
  const isChain = uses.every(
    ({ inputs: from, initial }, i) =>
      !initial && from.length === 1 && (i ? (from[0] as readonly number[])[0] === i - 1 : from[0] === 0),
  );
  const [input] = given;
  const isKnown = uses.every(({ layer }) => known[layer]);
  if (!isChain || !isKnown || !input || inputs.length !== 1 || outputs.length !== 1) return undefined;
  if (ends[0]!.maskValue !== undefined) return undefined;
  const [batch, ...sizes] = input.dims as [number, ...number[]];
  const n = inputs[0]!.indices ? 1 : sizes.at(-1)!;
  const values = Float64Array.from(input.data, Number);
  const steps = values.length / batch / n;
  const rows = Array.from({ length: batch }, (_, b) => {
    const own = Array.from({ length: steps }, (_, t) =>
      values.subarray((b * steps + t) * n, (b * steps + t + 1) * n),
    );
    return uses.reduce<Steps>((value, { layer }) => known[layer]!(value), own);
  });
  const data = rows.flatMap((row) => row.flatMap((each) => [...each]));
  const [{ name, shape }] = outputs as [KerasDescription['outputs'][number]];
  const features = rows[0]![0]!.length;
  const dims = shape.length > 2 ? [batch, rows[0]!.length, features] : [batch, features];
  return [{ name, type: 'float64', dims, data }];
}
