/**
 * Training on several machines: a coordinator and workers over BullMQ and Redis. In Node, with the packages bullmq and ioredis.
 * @module unrolled/cluster
 */

export type { DescribedOptions, Exposed } from '../worker/exposed.ts';
export { ClusterTrainer } from './clusterTrainer.ts';
export type { Connection, QueueOptions } from './connection.ts';
export type { CoordinatorState } from './lease.ts';
export type { WorkerState } from './registry.ts';
export { type ClusterWorker, type ClusterWorkerOptions, startWorker } from './startWorker.ts';
export { type ClusterStatus, type ClusterStatusOptions, clusterStatus } from './status.ts';
export { Sweep, type SweepCall, type SweepFit, type SweepOptions } from './sweep.ts';
export type { SweepRecord } from './sweepStore.ts';
export type { ClusterTrainerOptions } from './types.ts';
