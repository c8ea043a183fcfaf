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
export type { Exposed, WorkerFunction } from './serve.ts';
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
  Transfer,
  WorkerBatchOptions,
  WorkerEvaluationOptions,
  WorkerOptions,
  WorkerStepOptions,
  WorkerTrainerOptions,
} from './types.ts';
