import { applyLayer, type GraphNode } from '../../engine/node.ts';
import { Embedding as CoreEmbedding } from '../embedding.ts';

/**
 * Looks up rows of a table by index: [T, B] to [T, B, embeddingDim], as torch.nn.Embedding. Parameter: `weight`
 * [numEmbeddings, embeddingDim].
 */
export class Embedding extends CoreEmbedding {
  /** The node of this layer's output, for `Model`. @throws {ArgumentError} unless the node holds indices */
  apply(node: GraphNode): GraphNode {
    return applyLayer(this, node);
  }
}
