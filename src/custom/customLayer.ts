import type { Layer } from '../engine/layer.ts';
import type { GraphNode } from '../engine/node.ts';
import { ArgumentError } from '../errors.ts';
import { AdaptedLayer, isCustomLayer } from './adaptLayer.ts';
import type { CustomLayer } from './layer.ts';

/** A layer of one's own that can be applied to nodes. */
export interface AppliedLayer extends Layer {
  /**
   * The node of this layer's output, for `Model`.
   * @throws {ArgumentError | ShapeError} if the layer does not take what the node holds
   */
  apply(node: GraphNode): GraphNode;
}

/**
 * A layer of one's own as a layer of graphs: `customLayer(new Mean()).apply(node)`. `Model.load(bytes, { layers: { Mean } })`
 * makes it again.
 * @throws {ArgumentError} if it is not a custom layer, or a declared name, size or shape is invalid
 */
export function customLayer(layer: CustomLayer): AppliedLayer {
  if (!isCustomLayer(layer)) throw new ArgumentError('layer', 'an object with forward and backward', layer);
  return new AdaptedLayer(layer);
}
