import type { BenchOptions } from '../bench/bench.ts';
import { positive } from '../values.ts';
import { type Context, examples, kernels, REVECTORIZE } from './shared.ts';

export function addBench({ program, io, done }: Context): void {
  program
    .command('bench')
    .summary('time the kernels on this machine')
    .description(
      'Times products, steps, forward and training passes, convolutions, scans, attention, element-wise work and int8 ' +
        'weights on one thread, and passes on several; prints medians, rates and the percent of the peak of multiply and ' +
        'add, which is measured before each: of float32, times the threads.',
    )
    .option('--only <names>', 'works with one of these texts in their name, separated by commas')
    .option('--time <seconds>', 'time per work (default 0.3)', positive)
    .option('--json', 'as JSON: { machine, node, rows }')
    .addOption(kernels('which kernels (default: relaxed where the engine has them, else simd)'))
    .option('--revectorize', REVECTORIZE)
    .addHelpText('after', examples('bench', 'bench --only lstm,matmul --json'))
    .action(async (options: BenchOptions) => {
      const { bench } = await import('../bench/bench.ts');
      done(await bench(options, io));
    });
}
