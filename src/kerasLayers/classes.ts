import { AllSteps } from './allSteps.ts';
import { Combine } from './combine.ts';
import { ElementMap } from './elementMap.ts';
import { Matmul } from './matmul.ts';
import { Affine, PReLU } from './perFeature.ts';
import { RMSNorm } from './rmsNorm.ts';
import { SameSteps } from './sameSteps.ts';
import { SoftmaxSteps } from './softmaxSteps.ts';
import { Strided } from './strided.ts';
import { SumSteps } from './sumSteps.ts';

/**
 * All layers of models of Keras that are not in `unrolled`: what `Model.load` needs for a saved model that has some,
 * `Model.load(bytes, { layers: kerasLayers })`.
 */
export const kerasLayers = {
  /** A product and a sum per feature, which are not trained. */
  Affine,
  /** All steps of each row, those that a mask excludes, too. */
  AllSteps,
  /** Maximum, minimum or quotient of two nodes. */
  Combine,
  /** A function of each element. */
  ElementMap,
  /** Products of matrices. */
  Matmul,
  /** ReLU with a trained slope below 0. */
  PReLU,
  /** Divided by the root of the mean square of its features. */
  RMSNorm,
  /** A sequence on the time axis of another one. */
  SameSteps,
  /** Softmax over steps. */
  SoftmaxSteps,
  /** Features in another order. */
  Strided,
  /** Sum over steps. */
  SumSteps,
} as const;
