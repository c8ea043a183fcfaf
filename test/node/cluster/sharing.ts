import { ClusterSteps } from '../../../src/cluster/clusterSteps.ts';
import { pack, unpack } from '../../../src/cluster/jobs.ts';
import {
  type Local,
  type LocalResult,
  type Shard,
  type ShardResult,
  ShardTrainer,
} from '../../../src/cluster/shardTrainer.ts';
import { replicaOptions } from '../../../src/cluster/threadServer.ts';
import { bytesOf, floatsOf, partsOf, resultOf } from '../../../src/cluster/values.ts';
import * as u from '../../../src/index.ts';

/** Steps, rows and indices of a batch. */
export const [T, B, V] = [7, 11, 9];

export type Options = u.TrainerOptions;
export type Made = u.Sequential | u.Model;
export type Stepping = (
  x: unknown,
  y: unknown,
  opts?: u.BatchOptions | undefined,
) => u.StepResult | Promise<u.StepResult>;

export const chain = (...layers: unknown[]) => new u.Sequential(layers as never, { seed: 1 });

/** [steps, B, size]. */
export const sequence = (size: number, seed: number, steps = T) => ({
  data: Float32Array.from({ length: steps * B * size }, (_, i) => Math.sin(i * 0.7 + seed)),
  shape: [steps, B, size],
});

export interface Training {
  readonly trainer: ShardTrainer;
  readonly step: Stepping;
}

/** A trainer that makes its steps itself. */
export function single(make: () => Made, options: () => Options): Training {
  const trainer = new ShardTrainer(make(), options());
  return { trainer, step: trainer.step.bind(trainer) as Stepping };
}

interface Sharing {
  readonly every?: number;
  /** Called with the number of shards of each step. */
  readonly computed?: (count: number) => void;
  /** What comes of the large part of a result. */
  readonly sent?: (large: Uint8Array) => Uint8Array;
}

/** A trainer whose shards another one computes, each from bytes. */
export function sharing(
  make: () => Made,
  options: () => Options,
  shards: number,
  { every, computed, sent = (large) => large }: Sharing = {},
): Training {
  const trainer = new ShardTrainer(make(), options());
  const replica = new ShardTrainer(make(), every ? options() : replicaOptions(options()));
  const { truncation, warmup } = options();
  const steps = new ClusterSteps(
    trainer,
    { shards, every, truncation, warmup },
    async (weights, pieces, take) => {
      computed?.(pieces.length);
      const bytes = new Uint8Array(weights);
      if (!every) replica.parameters = floatsOf(bytes);
      for (const [i, given] of pieces.entries()) {
        const piece = unpack(pack(given));
        const { checkpoint, gradients, ...rest } = (
          every ? replica.local(bytes, piece as Local) : replica.compute(piece as Shard)
        ) as Partial<LocalResult & ShardResult>;
        const result = { large: sent(bytesOf((checkpoint ?? gradients)!)), rest: pack(rest) };
        take(resultOf(Buffer.concat(partsOf(result))), i);
      }
    },
  );
  return { trainer, step: (x, y, opts) => steps.make({ x: x as never, y: y as never, options: opts }) };
}
