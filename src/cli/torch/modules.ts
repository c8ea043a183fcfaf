import { CliError } from '../failure.ts';

/** A layer as it is saved: its type and options. */
export type LayerConfig = { readonly type: string } & Config;
type Config = Readonly<Record<string, unknown>>;

/** Activations by name, as modules of torch.nn. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  identity: 'nn.Identity()',
  tanh: 'nn.Tanh()',
  sigmoid: 'nn.Sigmoid()',
  relu: 'nn.ReLU()',
  relu6: 'nn.ReLU6()',
  elu: 'nn.ELU()',
  selu: 'nn.SELU()',
  silu: 'nn.SiLU()',
  mish: 'nn.Mish()',
  gelu: 'nn.GELU()',
  gelutanh: "nn.GELU(approximate='tanh')",
  softplus: 'nn.Softplus()',
  softsign: 'nn.Softsign()',
  softmax: 'nn.Softmax(-1)',
  logSoftmax: 'nn.LogSoftmax(-1)',
};

/** Options that modules of torch.nn have, by their names there; each is left out at torch's default. */
const RECURRENT: Readonly<Record<string, string>> = {
  numLayers: 'num_layers',
  bias: 'bias',
  bidirectional: 'bidirectional',
  dropout: 'dropout',
  nonlinearity: 'nonlinearity',
};
/** Options without a meaning in a model: the axis order of a layer by itself. */
const LEFT_OUT = new Set(['inputSize', 'hiddenSize', 'batchFirst']);

/** Modules of torch.nn by the type of a layer. */
const MODULES: Readonly<Record<string, (config: Config) => string | undefined>> = {
  Embedding: ({ numEmbeddings, embeddingDim }) => `nn.Embedding(${numEmbeddings}, ${embeddingDim})`,
  LSTM: (config) => recurrent('LSTM', config),
  GRU: (config) => recurrent('GRU', config),
  RNN: (config) => recurrent('RNN', config),
  Dropout: ({ p }) => `nn.Dropout(${p})`,
  // of a tied one see `tiesOf`
  Linear: ({ inFeatures, outFeatures, bias, tied: _, ...rest }) =>
    Object.keys(rest).length
      ? undefined
      : `nn.Linear(${inFeatures}, ${outFeatures}${bias === false ? ', bias=False' : ''})`,
  LayerNorm: ({ size, eps, bias }) =>
    `nn.LayerNorm(${size}, eps=${eps}${bias === false ? ', bias=False' : ''})`,
  Activation: ({ activation }) =>
    typeof activation === 'string' && Object.hasOwn(ACTIVATIONS, activation)
      ? ACTIVATIONS[activation]
      : undefined,
  LastStep: ({ sameStep }) => (sameStep ? 'LastStep()' : undefined),
};

/** The name of a layer's module, which its parameters begin with in the file. */
export function nameOf({ name }: LayerConfig, i: number): string {
  return typeof name === 'string' ? name : String(i);
}

/** The module of a layer. @throws {CliError} if torch.nn has none for it or its options */
export function moduleOf(
  { type, name: _, ...config }: LayerConfig,
  i: number,
  layers: readonly LayerConfig[],
): string {
  // with one direction both kinds of a last step are the same
  const isSame = type === 'LastStep' && !layers.some(({ bidirectional }) => bidirectional);
  const module = Object.hasOwn(MODULES, type)
    ? MODULES[type]!(isSame ? { sameStep: true } : config)
    : undefined;
  if (module !== undefined) return module;
  throw new CliError(`layers[${i}] (${type}) has no module of torch.nn that does the same`);
}

/** Lines of a constructor by which a layer has the weight of another one. */
export function tiesOf(layers: readonly LayerConfig[]): string[] {
  const weight = (i: number) => `self._modules[${python(nameOf(layers[i]!, i))}].weight`;
  return layers.flatMap(({ tied }, i) =>
    typeof tied === 'number' ? [`        ${weight(i)} = ${weight(tied)}`] : [],
  );
}

function recurrent(type: string, config: Config): string | undefined {
  const options: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    if (LEFT_OUT.has(key)) continue;
    if (key === 'nonlinearity' && value !== 'tanh' && value !== 'relu') return undefined;
    // as torch.nn has it
    if (type === 'GRU' && key === 'resetAfter' && value === true) continue;
    if (!Object.hasOwn(RECURRENT, key)) return undefined;
    if (!(key === 'numLayers' && value === 1) && !(key === 'bias' && value === true))
      options.push(`${RECURRENT[key]}=${python(value)}`);
  }
  return `nn.${[`${type}(${config.inputSize}`, config.hiddenSize, ...options].join(', ')})`;
}

/** A string, number or boolean as a literal of Python. */
export function python(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  // escapes of JSON are those of Python, but for pairs of surrogates
  return typeof value === 'string'
    ? JSON.stringify(value).replace(
        /[\ud800-\udfff\u007f-\u009f\u2028\u2029]/gu,
        (c) => `\\U${c.codePointAt(0)!.toString(16).padStart(8, '0')}`,
      )
    : String(value);
}
