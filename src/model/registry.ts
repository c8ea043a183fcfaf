import { AdaptedLayer } from '../custom/adaptLayer.ts';
import type { CustomLayer, CustomLayerClass } from '../custom/layer.ts';
import type { JoinLayer } from '../engine/join.ts';
import type { Layer } from '../engine/layer.ts';
import { ArgumentError, reading } from '../errors.ts';
import { Dropout } from '../layers/graph/dropout.ts';
import { Embedding } from '../layers/graph/embedding.ts';
import { LastStep } from '../layers/graph/lastStep.ts';
import { Linear } from '../layers/graph/linear.ts';
import { setName } from '../layers/layerName.ts';
import * as recurrentLayers from '../layers/recurrentLayers.ts';
import type * as sequenceLayers from '../layers/sequenceLayers.ts';
import { AvgPool1d, Conv1d, Flatten, MaxPool1d, Pool, Reverse } from '../layers/sequenceLayers.ts';
import type * as stepLayers from '../layers/stepLayers.ts';
import { Activation, BatchNorm, Dropout1d, LayerNorm } from '../layers/stepLayers.ts';
import {
  type LayerConfig,
  layerFromConfig,
  type MakeLayer,
  type Maker,
  type Makers,
  makersOf,
} from './core/layerFactory.ts';
import { isJoin, makeJoin } from './graph/joinRegistry.ts';

export type { LayerConfig } from './core/layerFactory.ts';

/** How layers other than recurrent ones are created. */
const MAKERS = {
  ...makersOf({ Dropout, Embedding, LastStep, Linear }),
  Dropout: ({ p, ...rest }) => new Dropout(p, rest),
  Activation: ({ activation, ...rest }) => new Activation(activation, rest),
  BatchNorm: ({ size, ...rest }) => new BatchNorm(size, rest),
  LayerNorm: ({ size, ...rest }) => new LayerNorm(size, rest),
  AvgPool1d: ({ size, ...rest }) => new AvgPool1d(size, rest),
  Conv1d: ({ inChannels, outChannels, kernelSize, ...rest }) =>
    new Conv1d(inChannels, outChannels, kernelSize, rest),
  Dropout1d: ({ p, ...rest }) => new Dropout1d(p, rest),
  Flatten: (rest) => new Flatten(rest),
  MaxPool1d: ({ size, ...rest }) => new MaxPool1d(size, rest),
  Pool: (rest) => new Pool(rest),
  Reverse: (rest) => new Reverse(rest),
} satisfies Makers & Readonly<Record<Listed, Maker>>;

/** Names in the lists of layers. */
type Listed = keyof typeof sequenceLayers | keyof typeof stepLayers;

/** The type of a layer, as saved models have it. */
export type LayerName = keyof typeof recurrentLayers | keyof typeof MAKERS;

/**
 * As layerFromConfig, of all recurrent layers.
 * @param custom layers of a user's own by type
 * @param before layers of the model that were made, which one may be tied to by its index
 */
function makeLayer(
  description: unknown,
  most: number,
  custom: LayerClasses = {},
  before: readonly Layer[] = [],
): Layer {
  const { type, ...config } = (description ?? {}) as LayerConfig;
  if (typeof type !== 'string' || !Object.hasOwn(custom, type)) {
    const { tied } = config;
    const given = typeof tied === 'number' ? { type, ...config, tied: before[tied] ?? null } : description;
    return layerFromConfig(MAKERS, recurrentLayers, given, most);
  }
  const made = custom[type]!;
  // a function that is no class has none
  if (!made?.prototype) throw new ArgumentError(`layers.${type}`, 'a class of layers', made);
  const own = new made(config);
  // a network needs only the parameters of layers with several inputs
  if ('reserve' in own || 'joins' in own) return own as Layer;
  const { name } = config;
  const layer = new AdaptedLayer(own as CustomLayer);
  if (name !== layer.name) setName(layer, name);
  if (layer.type === type) return layer;
  throw new ArgumentError(`layers.${type}`, `a layer of type ${type}`, layer.type);
}

// biome-ignore lint/suspicious/noExplicitAny: values from a file are checked by the constructors
type LayerClass = new (config: any) => Layer | JoinLayer;

/** Classes of layers by type: a user's own, and those of other entries of this package. */
export type LayerClasses = Readonly<Record<string, CustomLayerClass | LayerClass>>;

/** Options of `load` of a model. */
export interface LoadOptions {
  /** Custom layers in the file, by `type`, and layers of other entries of this package. */
  readonly layers?: LayerClasses | undefined;
}

/** Makes the layers of a model one after the other. @throws {ArgumentError} unless `custom` is an object */
export function layerMaker(custom: LayerClasses): MakeLayer {
  reading('layers', custom, () => {
    if (Object(custom) === custom && !Array.isArray(custom)) return;
    throw new ArgumentError('layers', 'an object with classes of layers by type', custom);
  });
  const before: Layer[] = [];
  return (description, most) => {
    const { type } = (description ?? {}) as Partial<LayerConfig>;
    // a network needs only the parameters of layers with several inputs
    const layer = isJoin(type)
      ? (makeJoin(description) as unknown as Layer)
      : makeLayer(description, most, custom, before);
    before.push(layer);
    return layer;
  };
}
