export type { LossDescription, OptimizerDescription, ScheduleDescription } from './describe.ts';
export type { WorkerFunction } from './serve.ts';
export { WorkerTrainer } from './trainer.ts';
export type {
  Batch,
  Batches,
  Corpus,
  FitOptions,
  FitResult,
  ModelSource,
  NodeWorker,
  Progress,
  Sample,
  SampleOptions,
  WorkerOptions,
  WorkerStepOptions,
  WorkerTrainerOptions,
} from './types.ts';
