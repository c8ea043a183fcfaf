import { floats } from '../allocate.ts';
import { recurrentActivation } from './activations.ts';
import type { AttributeValue } from './graphBuilder.ts';
import type { Emitted, LayerCall, LayerWriter, Parameter } from './layerCall.ts';

/** Blocks of gates in the order of ONNX: i o f c, z r h. */
const BLOCKS: Readonly<Record<string, readonly number[]>> = { LSTM: [0, 3, 1, 2], GRU: [1, 0, 2], RNN: [0] };
/** Activations of ONNX by gate: f for gates, g for candidates, h for the state of an LSTM. */
const GATES: Readonly<Record<string, readonly string[]>> = {
  LSTM: ['recurrent', 'cell', 'cell'],
  GRU: ['recurrent', 'cell'],
  RNN: ['cell'],
};
/** Options that change what is computed and that ONNX has not. */
const REFUSED = ['projSize', 'layerNorm', 'heads', 'zoneout', 'activations'];
/** Zero point of int8 as uint8. */
const ZERO = 128;
const MERGES: Readonly<Record<string, string>> = { sum: 'Add', mul: 'Mul', ave: 'Add' };

/** LSTM, GRU and RNN: a node per stacked layer. */
export const emitRecurrent: LayerWriter = (call): Emitted => {
  const { g, layer, config, prefix, parameters, refuse } = call;
  const kind = layer.type;
  const refused = REFUSED.find((option) => config[option] !== undefined && config[option] !== false);
  if (refused) throw refuse(`its option ${refused}`);
  const {
    hiddenSize: H,
    numLayers: L,
    bidirectional = false,
    mergeMode = 'concat',
  } = config as {
    hiddenSize: number;
    numLayers: number;
    bidirectional?: boolean;
    mergeMode?: string;
  };
  const D = bidirectional ? 2 : 1;
  const G = BLOCKS[kind]!.length;
  const states = kind === 'LSTM' ? ['h', 'c'] : ['h'];
  const attributes = attributesOf(call, D);
  const initial = states.map((state) => call.initial(state, L * D, H));
  const finals: string[][] = states.map(() => []);
  let x = call.inputs[0]!;
  for (let layerIndex = 0; layerIndex < L; layerIndex++) {
    const suffixes = ['', '_reverse'].slice(0, D).map((end) => `_l${layerIndex}${end}`);
    const stacked = (name: string, take: (suffix: string) => Parameter) => {
      const { shape, data } = joined(suffixes.map(take));
      return g.weight(`${prefix}${name}_l${layerIndex}`, shape, data);
    };
    const ordered = (name: string): Parameter => {
      const { shape, data } = parameters(name)!;
      return { shape, data: reordered(data, BLOCKS[kind]!) };
    };
    const isInt8 = parameters(`weight_ih${suffixes[0]}`)!.data instanceof Int8Array;
    const isFused = isInt8 && kind === 'LSTM';
    const matrix = (as: string, of: string) => {
      if (!isInt8) return stacked(as, (suffix) => ordered(`${of}${suffix}`));
      if (isFused) {
        const { shape, data } = joined(suffixes.map((suffix) => turned(ordered(`${of}${suffix}`))));
        const unsigned = Uint8Array.from(data, (v) => v + ZERO);
        // products of uint8 and int8 saturate in ONNX Runtime on CPUs without VNNI
        return g.weight(`${prefix}${as}_l${layerIndex}`, shape, unsigned);
      }
      const parts = suffixes.map((suffix) => {
        const name = `${prefix}${as}${suffix}`;
        const { shape: rows, data: values } = joined([ordered(`${of}${suffix}`)]);
        const weight = g.weight(name, rows, values);
        const { shape, data } = ordered(`${of}${suffix}.scale`);
        return g.one('DequantizeLinear', [weight, g.weight(`${name}.scale`, shape, data)], { axis: 1 });
      });
      return parts.length > 1 ? g.one('Concat', parts, { axis: 0 }) : parts[0]!;
    };
    const W = matrix('W', 'weight_ih');
    const R = matrix('R', 'weight_hh');
    const B =
      config.bias !== false
        ? stacked('B', (suffix) => {
            const both = floats(2 * G * H);
            for (const [k, of] of ['bias_ih', 'bias_hh'].entries())
              if (parameters(`${of}${suffix}`)) both.set(ordered(`${of}${suffix}`).data, k * G * H);
            return { shape: [2 * G * H], data: both };
          })
        : '';
    const P = config.peephole
      ? stacked('P', (suffix) => {
          const all = floats(3 * H);
          for (const [k, gate] of ['i', 'o', 'f'].entries())
            all.set(parameters(`weight_c${gate}${suffix}`)!.data, k * H);
          return { shape: [3 * H], data: all };
        })
      : '';
    const [from, to] = [layerIndex * D, (layerIndex + 1) * D];
    const given = initial.map((all) =>
      all && L > 1 ? g.one('Slice', [all, g.ints(from), g.ints(to), g.ints(0)]) : all,
    );
    const inputs = [x, W, R, B, '', given[0] ?? '', given[1] ?? '', P];
    if (isFused) {
      for (const [as, of] of [
        ['W', 'weight_ih'],
        ['R', 'weight_hh'],
      ]) {
        inputs.push(stacked(`${as}_scale`, (suffix) => ordered(`${of}${suffix}.scale`)));
        const zeros = new Uint8Array(D * G * H).fill(ZERO);
        inputs.push(g.weight(`${prefix}${as}_zero_point_l${layerIndex}`, [D, G * H], zeros));
      }
    }
    while (inputs.at(-1) === '') inputs.pop();
    const outputs = ['Y', 'Yh', 'Yc'].slice(0, 1 + states.length).map((name) => g.name(name));
    const [op, domain] = isFused ? ['DynamicQuantizeLSTM', 'com.microsoft'] : [kind, ''];
    g.node(op, inputs, { ...attributes, hidden_size: H }, outputs, domain);
    for (const [i] of states.entries()) finals[i]!.push(outputs[1 + i]!);
    // [T, D, B, H]
    x = merged(call, outputs[0]!, D, H, mergeMode);
  }
  return {
    output: x,
    final: Object.fromEntries(
      states.map((state, i) => [state, L > 1 ? g.one('Concat', finals[i]!, { axis: 0 }) : finals[i]![0]!]),
    ),
  };
};

function attributesOf({ layer, config, refuse }: LayerCall, D: number) {
  const kind = layer.type;
  const own = {
    cell: config.nonlinearity ?? config.activation ?? 'tanh',
    recurrent: config.recurrentActivation ?? 'sigmoid',
  };
  const found = GATES[kind]!.map((of) => {
    const given = own[of as 'cell'];
    const activation = recurrentActivation(given);
    if (!activation) throw refuse(`its activation ${JSON.stringify(given)}`);
    return activation;
  });
  const all = D === 2 ? [...found, ...found] : found;
  const [alpha, beta] = [all.flatMap((one) => one.alpha), all.flatMap((one) => one.beta)];
  const attributes: Record<string, AttributeValue> = {
    direction: D === 2 ? 'bidirectional' : 'forward',
    activations: all.map(({ op }) => op),
  };
  if (alpha.length) attributes.activation_alpha = { floats: alpha };
  if (beta.length) attributes.activation_beta = { floats: beta };
  if (typeof config.clip === 'number') attributes.clip = { float: config.clip };
  if (config.coupled) attributes.input_forget = 1;
  if (kind === 'GRU') attributes.linear_before_reset = config.resetAfter === false ? 0 : 1;
  return attributes;
}

/** Y [T, D, B, H] as [T, B, D·H], or the sum, product or mean of both directions. */
function merged({ g, refuse }: LayerCall, Y: string, D: number, H: number, mode: string): string {
  if (D === 1) return g.one('Squeeze', [Y, g.ints(1)]);
  if (mode === 'concat') return g.one('Reshape', [g.transposed(Y, 0, 2, 1, 3), g.ints(0, 0, 2 * H)]);
  const op = MERGES[mode];
  if (!op) throw refuse(`its mergeMode ${mode}`);
  const [forward, reverse] = g.node('Split', [Y, g.ints(1, 1)], { axis: 1 }, [
    g.name('forward'),
    g.name('reverse'),
  ]);
  const sum = g.one(
    op,
    [forward!, reverse!].map((one) => g.one('Squeeze', [one, g.ints(1)])),
  );
  return mode === 'ave' ? g.one('Mul', [sum, g.scalar(0.5)]) : sum;
}

/** Rows of a matrix, or a vector, with its blocks in another order. */
function reordered<T extends Parameter['data']>(data: T, blocks: readonly number[]): T {
  const size = data.length / blocks.length;
  const out = data.slice() as T;
  for (const [to, from] of blocks.entries())
    out.set(data.subarray(from * size, (from + 1) * size), to * size);
  return out;
}

/** A matrix [rows, columns] as [columns, rows]. */
export function turned({ shape, data }: Parameter): Parameter {
  const [rows, columns] = shape as [number, number];
  const out = data.slice();
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return { shape: [columns, rows], data: out };
}

/** Parameters of the same shape, one per direction. */
function joined(parts: readonly Parameter[]): Parameter {
  const [first] = parts as [Parameter];
  const size = first.data.length;
  const length = parts.length * size;
  const data = first.data instanceof Int8Array ? new Int8Array(length) : floats(length);
  for (const [i, part] of parts.entries()) data.set(part.data, i * size);
  return { shape: [parts.length, ...first.shape], data };
}
