import type { EvalOptions } from '../evaluate.ts';
import type { ForecastOptions } from '../forecast.ts';
import type { PlotOptions } from '../plot.ts';
import { FORECAST_STEPS } from '../train/settings.ts';
import { whole } from '../values.ts';
import { type Context, examples, kernels, missing } from './shared.ts';

export function addForecast({ program, io, done }: Context): void {
  program
    .command('forecast')
    .summary('forecast a table with a trained model')
    .description(
      'Reads a table with the columns of a model that `train` made of one, and writes the rows that follow as CSV. ' +
        'Each row is forecast from all before it, those that were forecast included.',
    )
    .argument('<MODEL>', 'a file that `train` saved; - for standard input')
    .argument('<FILE>', 'a table (CSV) that ends where the forecast begins; - for standard input')
    .option('--steps <n>', `rows to forecast (default ${FORECAST_STEPS})`, whole(1))
    .addOption(missing())
    .addOption(kernels('which kernels (default simd; relaxed may give other digits on another engine)'))
    .addHelpText('after', examples('forecast model.safetensors weather.csv --steps 48'))
    .action(async (model: string, file: string, options: ForecastOptions) => {
      const { forecast } = await import('../forecast.ts');
      done(await forecast(model, file, options, io));
    });
}

export function addEval({ program, io, done }: Context): void {
  program
    .command('eval')
    .summary('how well a model predicts a text or a table')
    .description(
      'Has a model that `train` saved predict each character of a text, or each row of a table, from all before it. ' +
        'Prints the loss, and perplexity and accuracy, or errors by column next to those of repeating the row before.',
    )
    .argument('<MODEL>', 'a file that `train` saved; - for standard input')
    .argument('<FILE>', 'a text or table (CSV) of the kind it was trained on; - for standard input')
    .option('--json', 'as JSON')
    .addOption(missing())
    .addOption(kernels('which kernels (default simd)'))
    .addHelpText(
      'after',
      examples('eval model.safetensors other.txt', 'eval model.safetensors may.csv --json'),
    )
    .action(async (model: string, file: string, options: EvalOptions) => {
      const { evaluate } = await import('../evaluate.ts');
      done(await evaluate(model, file, options, io));
    });
}

export function addPlot({ program, io, done }: Context): void {
  program
    .command('plot')
    .summary('plot the loss of a training')
    .description('Plots the loss of a run that `train` saved, by step; also while the run goes on.')
    .argument('<MODEL>', 'a file that `train` saved; - for standard input')
    .option('--csv', 'the points as CSV: step,loss')
    .addHelpText('after', examples('plot model.safetensors', 'plot model.safetensors --csv > loss.csv'))
    .action(async (model: string, options: PlotOptions) => {
      const { plot } = await import('../plot.ts');
      done(await plot(model, options, io));
    });
}
