import type { LayersModel } from '@tensorflow/tfjs';
import type { Kind } from './protocol.ts';

export function train(options: {
  readonly kind?: Kind;
  readonly units?: number;
  readonly steps?: number;
  readonly onStep: (loss: number, model: LayersModel) => void;
}): Promise<void>;

/** What the model writes for each question. */
export function answers(model: LayersModel, questions: readonly string[]): string[];
