/**
 * A trainer in a worker: a Web Worker, or one of node:worker_threads.
 * @module unrolled/worker
 */

export type {
  ExposedDescription,
  LossDescription,
  OptimizerDescription,
  ScheduleDescription,
} from '../model/fromDescription.ts';
export type {
  Arrays,
  Batch,
  Batches,
  Checkpointing,
  Corpus,
  EpochRecord,
  FitData,
  FitOptions,
  FitResult,
  Progress,
  ValidationResult,
} from '../model/trainer.ts';
export type { Exposed } from './exposed.ts';
export type { WorkerFunction } from './serve.ts';
export { WorkerTrainer } from './trainer.ts';
export type {
  ModelSource,
  NodeWorker,
  Sample,
  SampleOptions,
  Transfer,
  WorkerBatchOptions,
  WorkerEvaluationOptions,
  WorkerFitOptions,
  WorkerMetric,
  WorkerOptions,
  WorkerStepOptions,
  WorkerTrainerOptions,
  WorkerValidationOptions,
} from './types.ts';
