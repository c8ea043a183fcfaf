import type { DescribedOptions, Exposed } from '../worker/exposed.ts';
import type { QueueOptions } from './connection.ts';

/** Options of `ClusterTrainer`: those of `WorkerTrainer`, and how its steps are shared out. A queue has one coordinator at a time. */
export interface ClusterTrainerOptions extends DescribedOptions, QueueOptions {
  /**
   * Number of shards that the rows of a batch are cut in. It decides the bits; the number of workers does not. 1 gives the
   * bits of `Trainer`.
   */
  readonly shards: number;
  /**
   * Local steps from average to average, for slow networks: the rows of a batch are cut into that number of batches, each shard
   * makes an update with its rows of each, and the parameters and the optimizer's state become the means of those of the
   * shards. Default: each step sums gradients.
   */
  readonly every?: number | undefined;
  /** Times that a shard is tried before its step fails. Default 3. */
  readonly attempts?: number | undefined;
  /** ms after which a coordinator that gives no sign is taken for dead. Default 5000. */
  readonly lockDuration?: number | undefined;
  /** ms without an answer of Redis after which a step fails. Default 60,000. */
  readonly patience?: number | undefined;
  /** Makes losses, optimizers and schedules that are described as `{ exposed: 'name' }`; workers have theirs by `thread`. */
  readonly exposed?: Exposed | undefined;
}
