/** Tensors that look like those of a layer of torch.nn. */
export interface TorchGroup {
  /** Class of torch.nn. A weight of two dimensions without a bias may be a Linear or an Embedding. */
  readonly type: string;
  /** Name of the module: what its tensors' names start with, before the dot. Empty for a module by itself. */
  readonly prefix: string;
  /** Sizes and options, by the names that the constructor has here, such as `hiddenSize`. */
  readonly config: Readonly<Record<string, number | boolean>>;
}

type Shape = readonly number[];

const GATES: Readonly<Record<number, string>> = { 4: 'LSTM', 3: 'GRU', 1: 'RNN' };

/** The layers that tensors look like, in the order in which they come. `shapes`: shape by name. */
export function groupTensors(shapes: ReadonlyMap<string, Shape>): TorchGroup[] {
  const modules = new Map<string, Map<string, Shape>>();
  for (const [name, shape] of shapes) {
    const dot = name.lastIndexOf('.');
    const prefix = name.slice(0, Math.max(dot, 0));
    modules.set(prefix, (modules.get(prefix) ?? new Map()).set(name.slice(dot + 1), shape));
  }
  return [...modules].flatMap(([prefix, tensors]) => {
    const found = recurrent(tensors) ?? normalization(tensors) ?? weighted(tensors, prefix);
    return found ? [{ prefix, ...found }] : [];
  });
}

type Found = Omit<TorchGroup, 'prefix'>;

function recurrent(tensors: ReadonlyMap<string, Shape>): Found | undefined {
  const isCell = tensors.has('weight_ih');
  const [first, second] = isCell ? ['weight_ih', 'weight_hh'] : ['weight_ih_l0', 'weight_hh_l0'];
  const [ih, hh] = [tensors.get(first), tensors.get(second)];
  if (ih?.length !== 2 || hh?.length !== 2 || !hh[1]) return undefined;
  const projected = tensors.get('weight_hr_l0')?.[1];
  const hiddenSize = projected ?? hh[1];
  const gates = GATES[ih[0]! / hiddenSize];
  if (!gates) return undefined;
  const bias = tensors.has(isCell ? 'bias_ih' : 'bias_ih_l0');
  const sizes = { inputSize: ih[1]!, hiddenSize, ...(bias ? {} : { bias }) };
  if (isCell) return { type: `${gates}Cell`, config: sizes };
  let numLayers = 1;
  while (tensors.has(`weight_ih_l${numLayers}`)) numLayers++;
  return {
    type: gates,
    config: {
      ...sizes,
      ...(numLayers > 1 ? { numLayers } : {}),
      ...(tensors.has('weight_ih_l0_reverse') ? { bidirectional: true } : {}),
      ...(projected ? { projSize: hh[1] } : {}),
    },
  };
}

function normalization(tensors: ReadonlyMap<string, Shape>): Found | undefined {
  const size = (tensors.get('running_mean') ?? tensors.get('weight'))?.[0];
  if (size === undefined) return undefined;
  if (tensors.has('running_mean')) return { type: 'BatchNorm', config: { size } };
  const isVector = tensors.get('weight')!.length === 1 && (tensors.get('bias')?.length ?? 1) === 1;
  return isVector ? { type: size === 1 ? 'PReLU' : 'LayerNorm', config: { size } } : undefined;
}

function weighted(tensors: ReadonlyMap<string, Shape>, prefix: string): Found | undefined {
  const weight = tensors.get('weight');
  if (!weight || weight.length < 2 || weight.length > 5) return undefined;
  const [out, within, ...kernel] = weight as [number, number, ...number[]];
  const bias = tensors.has('bias');
  const withBias = bias ? {} : { bias };
  if (kernel.length) {
    const config = { inChannels: within, outChannels: out, kernelSize: kernel[0]!, ...withBias };
    return { type: `Conv${kernel.length}d`, config };
  }
  if (!bias && /emb|^wte|lookup|vocab/i.test(prefix))
    return { type: 'Embedding', config: { numEmbeddings: out, embeddingDim: within } };
  return { type: 'Linear', config: { inFeatures: within, outFeatures: out, ...withBias } };
}
