import type { JoinLayer } from '../../engine/join.ts';
import { FormatError, show, UnrolledError } from '../../errors.ts';
import type * as joinLayers from '../../layers/joinLayers.ts';
import { Add, Attention, Concat, Multiply, RepeatVector, Unflatten } from '../../layers/joinLayers.ts';
import type { LayerConfig } from '../core/layerFactory.ts';

type Classes = typeof joinLayers;

/** The type of a layer with several inputs, as saved models have it. */
export type JoinName = keyof Classes;

// biome-ignore lint/suspicious/noExplicitAny: values from a file are checked by the constructors
type JoinMaker = (config: any) => JoinLayer;

/** How layers with several inputs are created. */
const MAKERS: Readonly<Record<JoinName, JoinMaker>> = {
  Add: (config) => new Add(config),
  Attention: (config) => new Attention(config),
  Concat: (config) => new Concat(config),
  Multiply: (config) => new Multiply(config),
  RepeatVector: ({ n, ...rest }) => new RepeatVector(n, rest),
  Unflatten: (config) => new Unflatten(config),
};

/** Whether a layer of a saved model has several inputs. */
export function isJoin(type: unknown): type is JoinName {
  return typeof type === 'string' && Object.hasOwn(MAKERS, type);
}

/** A layer with several inputs of a saved model. @throws {FormatError} if the type is unknown or the options are invalid */
export function makeJoin(description: unknown): JoinLayer {
  const { type, ...config } = (description ?? {}) as LayerConfig;
  if (!isJoin(type)) throw new FormatError(`saved model: unknown layer type ${show(type)}`);
  try {
    return MAKERS[type](config);
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    throw new FormatError(`saved model: ${type}: ${error.message}`, { cause: error });
  }
}
