import { Linear as CoreLinear } from '../linear.ts';
import { singleInput } from './singleInput.ts';

/**
 * y = x·Wᵀ + b at every step: [T, B, inFeatures] to [T, B, outFeatures], as torch.nn.Linear.
 * Parameters: `weight` [outFeatures, inFeatures], `bias` [outFeatures].
 */
export class Linear extends singleInput(CoreLinear) {}
