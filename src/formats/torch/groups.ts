import { oldName } from './parametrized.ts';

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

/** Recurrent layers by how many gates they have. */
const GATES: readonly (string | undefined)[] = ['', 'RNN', '', 'GRU', 'LSTM'];

/** The layers that tensors look like, in the order in which they come. */
export function groupTensors(named: ReadonlyMap<string, { readonly shape: Shape }>): TorchGroup[] {
  const modules = new Map<string, Map<string, Shape>>();
  for (const [part, { shape }] of named) {
    // directions of weight_norm, and what others keep of a weight, have its shape
    const name = oldName(part).replace(shape.length > 1 ? /_(v|orig)$/ : /_orig$/, '');
    const [, prefix = '', own = ''] = /(?:(.*)\.)?(.*)/s.exec(name)!;
    modules.set(prefix, (modules.get(prefix) ?? new Map()).set(own, shape));
  }
  return [...modules].flatMap(([prefix, tensors]) => {
    const [type, config] = layerOf(tensors, prefix) ?? [];
    return type ? [{ type, prefix, config: config! }] : [];
  });
}

type Found = readonly [type: string, config: TorchGroup['config']];

function layerOf(tensors: ReadonlyMap<string, Shape>, prefix: string): Found | undefined {
  // those of a cell have no number of a layer
  const l0 = tensors.has('weight_ih') ? '' : '_l0';
  const [rows, inputSize] = tensors.get(`weight_ih${l0}`) ?? [];
  const [, width] = tensors.get(`weight_hh${l0}`) ?? [];
  const [, projected] = tensors.get('weight_hr_l0') ?? [];
  const hiddenSize = projected ?? width;
  const gates = GATES[rows! / hiddenSize!];
  if (gates && inputSize) {
    let numLayers = 1;
    while (tensors.has(`weight_ih_l${numLayers}`)) numLayers++;
    return [
      gates + (l0 ? '' : 'Cell'),
      {
        inputSize,
        hiddenSize: hiddenSize!,
        ...(!tensors.has(`bias_ih${l0}`) && { bias: false }),
        ...(numLayers > 1 && { numLayers }),
        ...(tensors.has('weight_ih_l0_reverse') && { bidirectional: true }),
        ...(projected && { projSize: width! }),
      },
    ];
  }
  const mean = tensors.get('running_mean');
  const [size, inFeatures, ...kernel] = tensors.get('weight') ?? mean ?? [];
  if (size === undefined || kernel.length > 3) return undefined;
  if (mean) return ['BatchNorm', { size }];
  if (inFeatures === undefined) return [size === 1 ? 'PReLU' : 'LayerNorm', { size }];
  const bias = !tensors.has('bias') && { bias: false };
  if (kernel.length)
    return [
      `Conv${kernel.length}d`,
      { inChannels: inFeatures, outChannels: size, kernelSize: kernel[0]!, ...bias },
    ];
  return bias && /emb|^wte|lookup|vocab/i.test(prefix)
    ? ['Embedding', { numEmbeddings: size, embeddingDim: inFeatures }]
    : ['Linear', { inFeatures, outFeatures: size, ...bias }];
}
