import { options } from '../../check.ts';
import type { Layer } from '../../engine/layer.ts';
import { FeatureError, FormatError, show, UnrolledError } from '../../errors.ts';
import type { Dropout } from '../../layers/dropout.ts';
import type { Embedding } from '../../layers/embedding.ts';
import type { LastStep } from '../../layers/lastStep.ts';
import type { Linear } from '../../layers/linear.ts';

/** A layer in a saved model: its type and the result of `config()`. */
export interface LayerConfig {
  /** Class name. */
  readonly type: string;
  readonly [option: string]: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: values from a file are checked by the constructors
export type Maker = (config: any) => Layer;

/** The classes of the layers of all entry points. */
interface Classes {
  readonly Dropout: typeof Dropout;
  readonly Embedding: typeof Embedding;
  readonly LastStep: typeof LastStep;
  readonly Linear: typeof Linear;
}

/** Creates a layer of a saved model; `most`: number of tensors in the file. */
export type MakeLayer = (description: unknown, most: number) => Layer;

/** How the layers of all entry points are created. */
export const makersOf = ({ Dropout, Embedding, LastStep, Linear }: Classes) =>
  ({
    Embedding: ({ numEmbeddings, embeddingDim, ...rest }) => new Embedding(numEmbeddings, embeddingDim, rest),
    Linear: ({ inFeatures, outFeatures, ...rest }) => new Linear(inFeatures, outFeatures, rest),
    Dropout: ({ p, ...rest }) => {
      options('Dropout', rest, { p: true });
      return new Dropout(p);
    },
    LastStep: (rest) => new LastStep(rest),
  }) satisfies Makers;

/** By type. */
export type Makers = Readonly<Record<string, Maker>>;

/**
 * @param recurrent by type, made from sizes and options
 * @param most parameters there are numbers for: a stack has at least one a layer
 * @throws {FormatError} if the type is unknown or the options are invalid
 * @throws {FeatureError} if the layer or an option is only in another entry point
 */
export function layerFromConfig(
  makers: Makers,
  recurrent: Readonly<Record<string, RecurrentClass>>,
  description: unknown,
  most: number,
): Layer {
  const { type, ...config } = (description ?? {}) as LayerConfig;
  if (config.quantized) throw new FormatError('saved model: quantized, which loadQuantized loads');
  const known = (of: object) => typeof type === 'string' && Object.hasOwn(of, type);
  if (!known(makers) && !known(recurrent)) {
    throw new FormatError(`saved model: unknown layer type ${show(type)}`);
  }
  if (typeof config.numLayers === 'number' && config.numLayers > most) {
    throw new FormatError(`saved model: ${type}: numLayers ${config.numLayers}, with ${most} tensors`);
  }
  try {
    if (known(makers)) return makers[type]!(config);
    const { inputSize, hiddenSize, ...rest } = config;
    return new recurrent[type]!(inputSize, hiddenSize, rest);
  } catch (error) {
    if (!(error instanceof UnrolledError) || error instanceof FeatureError) throw error;
    throw new FormatError(`saved model: ${type}: ${error.message}`, { cause: error });
  }
}

// biome-ignore lint/suspicious/noExplicitAny: values from a file are checked by the constructors
export type RecurrentClass = new (inputSize: any, hiddenSize: any, opts: any) => Layer;
