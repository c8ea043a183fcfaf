import type { StatusOptions, WorkerOptions } from '../cluster.ts';
import { whole } from '../values.ts';
import { type Context, examples } from './shared.ts';

const CONNECTION =
  'a URL of Redis or the path of its socket (default: $REDIS_URL, or redis://127.0.0.1:6379)';
const QUEUE = 'name of the queue (default training)';

/** `unrolled cluster status` and `unrolled cluster worker`. */
export function addCluster({ program, io, done }: Context): void {
  const cluster = program
    .command('cluster')
    .summary('train on several machines: show who does what, start a worker')
    .description(
      'Training on several machines over Redis (docs/guides/cluster.md). Needs the packages bullmq and ioredis.',
    );
  cluster
    .command('status')
    .summary('show who does what on a queue')
    .description(
      'Prints the coordinator and its step, each worker and what it computes, the jobs by state and how full Redis is.',
    )
    .option('--connection <url>', CONNECTION)
    .option('--queue <name>', QUEUE)
    .option('--json', 'as JSON')
    .addHelpText('after', examples('cluster status', 'cluster status --connection redis://10.0.0.5 --json'))
    .action(async (options: StatusOptions) => {
      const { status } = await import('../cluster.ts');
      done(await status(options, io));
    });
  cluster
    .command('worker')
    .summary('compute for a coordinator')
    .description(
      'Computes what a ClusterTrainer or a Sweep asks for, until Ctrl-C or SIGTERM. Custom layers and losses need a worker of your own (startWorker).',
    )
    .option('--connection <url>', CONNECTION)
    .option('--queue <name>', QUEUE)
    .option('--threads <n>', 'shards computed at the same time (default 1)', whole(1))
    .addHelpText('after', examples('cluster worker --connection redis://10.0.0.5 --threads 4'))
    .action(async (options: WorkerOptions) => {
      const { worker } = await import('../cluster.ts');
      done(await worker(options, io));
    });
}
