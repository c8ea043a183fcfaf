export * from './layers/core/recurrentLayers.ts';
export * from './losses/core.ts';
export type { Loss } from './losses/loss.ts';
export { SequentialBase as Sequential } from './model/core/sequentialBase.ts';
export { StreamBase as Stream } from './model/core/streamBase.ts';
export {
  type Evaluation,
  type NonFinitePolicy,
  type StepResult,
  TrainerBase as Trainer,
  type TrainerOptions,
} from './model/core/trainerBase.ts';
export * from './optim/core.ts';
export { type MomentumOption, Optimizer, type PenaltyOption } from './optim/optimizer.ts';
export type { Schedule } from './optim/schedules.ts';
export * from './publicShared.ts';
