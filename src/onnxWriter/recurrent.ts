import { floats } from '../allocate.ts';
import { recurrentActivation } from './activations.ts';
import type { AttributeValue } from './graphBuilder.ts';
import type { Emitted, LayerWriter } from './layerCall.ts';

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
    const suffixes = D === 2 ? [`_l${layerIndex}`, `_l${layerIndex}_reverse`] : [`_l${layerIndex}`];
    const stacked = (
      name: string,
      take: (suffix: string) => [shape: readonly number[], data: Float32Array],
    ) => {
      const parts = suffixes.map(take);
      const [shape] = parts[0]!;
      const data = floats(parts.reduce((sum, [, part]) => sum + part.length, 0));
      let at = 0;
      for (const [, part] of parts) {
        data.set(part, at);
        at += part.length;
      }
      return g.weight(`${prefix}${name}_l${layerIndex}`, [D, ...shape], data);
    };
    const matrix =
      (of: string) =>
      (suffix: string): [readonly number[], Float32Array] => {
        const { shape, data } = parameters(`${of}${suffix}`)!;
        return [shape, reordered(data, BLOCKS[kind]!)];
      };
    const W = stacked('W', matrix('weight_ih'));
    const R = stacked('R', matrix('weight_hh'));
    const hasBias = config.bias !== false;
    const B = hasBias
      ? stacked('B', (suffix) => {
          const [bih, bhh] = [parameters(`bias_ih${suffix}`), parameters(`bias_hh${suffix}`)];
          const zeros = floats(G * H);
          const both = floats(2 * G * H);
          both.set(reordered(bih?.data ?? zeros, BLOCKS[kind]!));
          both.set(reordered(bhh?.data ?? zeros, BLOCKS[kind]!), G * H);
          return [[2 * G * H], both];
        })
      : '';
    const P = config.peephole
      ? stacked('P', (suffix) => {
          const all = floats(3 * H);
          for (const [k, gate] of ['i', 'o', 'f'].entries())
            all.set(parameters(`weight_c${gate}${suffix}`)!.data, k * H);
          return [[3 * H], all];
        })
      : '';
    const [from, to] = [layerIndex * D, (layerIndex + 1) * D];
    const given = initial.map((all) =>
      all && L > 1 ? g.one('Slice', [all, g.ints(from), g.ints(to), g.ints(0)]) : all,
    );
    const inputs = [x, W, R, B, '', ...states.map((_, i) => given[i] ?? ''), ...(P ? [P] : [])];
    while (inputs.at(-1) === '') inputs.pop();
    const outputs = ['Y', 'Yh', 'Yc'].slice(0, 1 + states.length).map((name) => g.name(name));
    g.node(kind, inputs, { ...attributes, hidden_size: H }, outputs);
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

function attributesOf({ layer, config, refuse }: Parameters<LayerWriter>[0], D: number) {
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
  const all = [...found, ...(D === 2 ? found : [])];
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
function merged(
  { g, refuse }: Parameters<LayerWriter>[0],
  Y: string,
  D: number,
  H: number,
  mode: string,
): string {
  if (D === 1) return g.one('Squeeze', [Y, g.ints(1)]);
  if (mode === 'concat')
    return g.one('Reshape', [g.one('Transpose', [Y], { perm: [0, 2, 1, 3] }), g.ints(0, 0, 2 * H)]);
  if (!Object.hasOwn(MERGES, mode)) throw refuse(`its mergeMode ${mode}`);
  const [forward, reverse] = g.node('Split', [Y, g.ints(1, 1)], { axis: 1 }, [
    g.name('forward'),
    g.name('reverse'),
  ]);
  const sum = g.one(
    MERGES[mode]!,
    [forward!, reverse!].map((one) => g.one('Squeeze', [one, g.ints(1)])),
  );
  return mode === 'ave' ? g.one('Mul', [sum, g.scalar(0.5)]) : sum;
}

/** Rows of a matrix, or a vector, with its blocks in another order. */
function reordered(data: Float32Array, blocks: readonly number[]): Float32Array<ArrayBuffer> {
  const size = data.length / blocks.length;
  const out = floats(data.length);
  for (const [to, from] of blocks.entries())
    out.set(data.subarray(from * size, (from + 1) * size), to * size);
  return out;
}
