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

/** The layers that tensors look like, in the order in which they come. */
export function groupTensors(named: ReadonlyMap<string, { readonly shape: Shape }>): TorchGroup[] {
  const modules = new Map<string, Map<string, Shape>>();
  for (const [name, { shape }] of named) {
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
  // those of a cell have no number of a layer
  const l0 = tensors.has('weight_ih') ? '' : '_l0';
  const [ih, hh] = [tensors.get(`weight_ih${l0}`), tensors.get(`weight_hh${l0}`)];
  if (ih?.length !== 2 || hh?.length !== 2 || !hh[1]) return undefined;
  const projected = tensors.get('weight_hr_l0')?.[1];
  const hiddenSize = projected ?? hh[1];
  const gates = GATES[ih[0]! / hiddenSize];
  if (!gates) return undefined;
  let numLayers = 1;
  while (tensors.has(`weight_ih_l${numLayers}`)) numLayers++;
  return {
    type: gates + (l0 ? '' : 'Cell'),
    config: {
      inputSize: ih[1]!,
      hiddenSize,
      ...biased(tensors, `bias_ih${l0}`),
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
  const [outFeatures, inFeatures, ...kernel] = tensors.get('weight') ?? [];
  if (outFeatures === undefined || inFeatures === undefined || kernel.length > 3) return undefined;
  const bias = biased(tensors, 'bias');
  if (kernel.length)
    return {
      type: `Conv${kernel.length}d`,
      config: { inChannels: inFeatures, outChannels: outFeatures, kernelSize: kernel[0]!, ...bias },
    };
  return !tensors.has('bias') && /emb|^wte|lookup|vocab/i.test(prefix)
    ? { type: 'Embedding', config: { numEmbeddings: outFeatures, embeddingDim: inFeatures } }
    : { type: 'Linear', config: { inFeatures, outFeatures, ...bias } };
}

/** The option of layers without a bias. */
function biased(tensors: ReadonlyMap<string, Shape>, name: string): { bias?: boolean } {
  return tensors.has(name) ? {} : { bias: false };
}
