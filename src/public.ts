export type { Direction, Flow, GateFlow, LayerFlow, NonFinite } from './diagnostics/flow.ts';
export { gateSpectra, largestSingularValue, type Spectrum, spectralRadius } from './diagnostics/spectrum.ts';
export type { Verdict } from './diagnostics/verdict.ts';
export { bceWithLogits, type CrossEntropyOptions, crossEntropy, type Loss, mse } from './losses/loss.ts';
export type { CheckpointReport } from './model/bptt/checkpoints.ts';
export {
  type Evaluation,
  type StepOptions,
  type StepResult,
  Trainer,
  type TrainerOptions,
  type Truncation,
} from './model/trainer.ts';
export { Adagrad, type AdagradOptions } from './optim/adagrad.ts';
export { Adam, type AdamOptions, AdamW } from './optim/adam.ts';
export { Optimizer } from './optim/optimizer.ts';
export { RMSprop, type RMSpropOptions } from './optim/rmsprop.ts';
export { cosineLR, type Schedule, stepLR, warmup } from './optim/schedules.ts';
export { SGD, type SGDOptions } from './optim/sgd.ts';
export * from './publicInference.ts';
