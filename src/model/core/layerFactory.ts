import { options } from '../../check.ts';
import type { Layer } from '../../engine/layer.ts';
import { FeatureError, FormatError, show, UnrolledError } from '../../errors.ts';
import { Dropout } from '../../layers/dropout.ts';
import { Embedding } from '../../layers/embedding.ts';
import { LastStep } from '../../layers/lastStep.ts';
import { Linear } from '../../layers/linear.ts';

/** A layer in a saved model: its type and the result of `config()`. */
export interface LayerConfig {
  /** Class name. */
  readonly type: string;
  readonly [option: string]: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: values from a file are checked by the constructors
type Maker = (config: any) => Layer;

/** Creates a layer of a saved model; `most`: number of tensors in the file. */
export type MakeLayer = (description: unknown, most: number) => Layer;

/** The layers of all entry points. */
export const makers = {
  Embedding: ({ numEmbeddings, embeddingDim, ...rest }) => new Embedding(numEmbeddings, embeddingDim, rest),
  Linear: ({ inFeatures, outFeatures, ...rest }) => new Linear(inFeatures, outFeatures, rest),
  Dropout: ({ p, ...rest }) => {
    options('Dropout', rest, { p: true });
    return new Dropout(p);
  },
  LastStep: (rest) => new LastStep(rest),
} satisfies Readonly<Record<string, Maker>>;

/**
 * @param recurrent by type, made from sizes and options
 * @param most parameters there are numbers for: a stack has at least one a layer
 * @throws {FormatError} if the type is unknown or the options are invalid
 * @throws {FeatureError} if the layer or an option is only in another entry point
 */
export function layerFromConfig(
  recurrent: Readonly<Record<string, RecurrentClass>>,
  description: unknown,
  most: number,
): Layer {
  const { type, ...config } = (description ?? {}) as LayerConfig;
  const known = (of: object) => typeof type === 'string' && Object.hasOwn(of, type);
  if (!known(makers) && !known(recurrent)) {
    throw new FormatError(`saved model: unknown layer type ${show(type)}`);
  }
  if (typeof config.numLayers === 'number' && config.numLayers > most) {
    throw new FormatError(`saved model: ${type}: numLayers ${config.numLayers}, with ${most} tensors`);
  }
  try {
    if (known(makers)) return (makers as Readonly<Record<string, Maker>>)[type]!(config);
    const { inputSize, hiddenSize, ...rest } = config;
    return new recurrent[type]!(inputSize, hiddenSize, rest);
  } catch (error) {
    if (!(error instanceof UnrolledError) || error instanceof FeatureError) throw error;
    throw new FormatError(`saved model: ${type}: ${error.message}`, { cause: error });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: values from a file are checked by the constructors
export type RecurrentClass = new (inputSize: any, hiddenSize: any, opts: any) => Layer;
