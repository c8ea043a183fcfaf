import type { JoinLayer } from '../../engine/join.ts';
import type { Layer } from '../../engine/layer.ts';
import { UNINITIALIZED } from '../../engine/network.ts';
import { FormatError, UnrolledError } from '../../errors.ts';
import type { NDArray } from '../../ndarray.ts';
import type { LayerConfig } from '../core/layerFactory.ts';
import type { ModelBase } from '../core/modelBase.ts';
import { type LayerClasses, layerMaker } from '../registry.ts';
import type { Model } from './model.ts';
import { type ModelNodes, nodesOf, type Structure } from './structure.ts';

/** A model of another framework in terms of this package: layers as saved models describe them, their weights, a graph. */
export interface DescribedModel {
  readonly layers: readonly {
    readonly config: LayerConfig;
    /** By name, as of the layer's parameters. */
    readonly weights: Readonly<Record<string, NDArray>>;
  }[];
  readonly graph: Structure;
}

/**
 * Makes a graph with its weights.
 * @param make such as (nodes, opts) => new Model(nodes, opts)
 * @throws {FormatError} as withWeights
 */
export function modelOf<M extends Model>(
  { layers, graph }: DescribedModel,
  make: (nodes: ModelNodes, opts: object) => M,
  format: string,
  own?: LayerClasses,
): M {
  return withWeights(layers, (made, opts) => make(nodesOf(graph, made), opts), format, own);
}

/**
 * Makes a model with its weights.
 * @param make makes it of its layers
 * @param format prefix of messages
 * @param own classes of layers that are not in this entry
 * @throws {FormatError} if layers or weights do not fit each other
 */
export function withWeights<M extends ModelBase>(
  layers: DescribedModel['layers'],
  make: (layers: readonly (Layer | JoinLayer)[], opts: object) => M,
  format: string,
  own: LayerClasses = {},
): M {
  try {
    const maker = layerMaker(own);
    const made: readonly (Layer | JoinLayer)[] = layers.map(({ config }) => maker(config, layers.length));
    const model = make(made, UNINITIALIZED);
    const weights = model.layers.flatMap((layer, i) => {
      const own = Object.entries(layers[made.indexOf(layer)]!.weights);
      return own.map(([name, value]) => [`${layer.name ?? i}.${name}`, value] as const);
    });
    try {
      model.loadStateDict(Object.fromEntries(weights));
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  } catch (error) {
    const { name } = error as Error;
    if (!(error instanceof UnrolledError) || !/^(Argument|Shape)Error$/.test(name)) throw error;
    throw new FormatError(`${format}: ${error.message}`, { cause: error });
  }
}
