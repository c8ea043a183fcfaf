import { applyLayer, type GraphNode } from '../../engine/node.ts';
import { Linear as CoreLinear } from '../linear.ts';

/**
 * y = x·Wᵀ + b at every step: [T, B, inFeatures] to [T, B, outFeatures], as torch.nn.Linear.
 * Parameters: `weight` [outFeatures, inFeatures], `bias` [outFeatures].
 */
export class Linear extends CoreLinear {
  /** The node of this layer's output, for `Model`. @throws {ShapeError} if the number of features does not match */
  apply(node: GraphNode): GraphNode {
    return applyLayer(this, node);
  }
}
