import { Option } from 'commander';
import { CliError } from '../failure.ts';
import type { TrainOptions } from '../train/prepare.ts';
import { CELLS, DEFAULT_SAVE_EVERY, DEFAULT_STEPS, DEFAULTS, FLOW_EVERY } from '../train/settings.ts';
import { UNITS } from '../train/subject.ts';
import { fraction, notNegative, positive, whole } from '../values.ts';
import { type Context, examples, kernels, missing, REVECTORIZE } from './shared.ts';

export function addTrain({ program, io, done }: Context): void {
  const { hidden, layers, embed, dropout, seqLen, batch, lr, decay, seed } = DEFAULTS;
  program
    .command('train')
    .summary('train a model on a text or a table')
    .description(
      'Trains a character model (embedding, recurrent layers, linear) on a UTF-8 text, or a forecast of the next row ' +
        '(recurrent layers, linear) on a table FILE.csv or FILE.tsv, and saves it. A table has a header with the names of its ' +
        'columns and numbers below; a column of dates names its rows. The data are read in parallel lanes by truncated backpropagation through time; states are carried over. ' +
        'The run is saved as it goes; Ctrl-C, SIGTERM and SIGHUP save it and end it, and --resume continues, bit for ' +
        'bit. A second Ctrl-C ends at once. Progress goes to stderr.',
    )
    .usage('[options] <FILE>')
    .argument('[FILE]', 'the text, or a table FILE.csv; - for standard input')
    .addOption(
      new Option(
        '--as <kind>',
        'what the data are (default: a table if the name ends in .csv or .tsv, else a text)',
      ).choices(Object.keys(UNITS)),
    )
    .addOption(new Option('--cell <name>', 'recurrent cell (default lstm)').choices(Object.keys(CELLS)))
    .option('--hidden <units>', `units of a recurrent layer (default ${hidden})`, whole(1))
    .option('--layers <n>', `recurrent layers on top of each other (default ${layers})`, whole(1))
    .option('--embed <n>', `size of a character's embedding (default ${embed})`, whole(1))
    .option('--dropout <p>', `dropout after the recurrent layers (default ${dropout})`, fraction)
    .option(
      '--steps <n>',
      `updates in all, those before --resume included (default ${DEFAULT_STEPS})`,
      whole(1),
    )
    .option('--columns <names>', 'columns of a table, separated by commas (default: all)')
    .addOption(missing())
    .option('--seq-len <n>', `characters or rows of a sequence (default ${seqLen})`, whole(1))
    .option('--batch <n>', `sequences in parallel (default ${batch})`, whole(1))
    .option('--lr <rate>', `learning rate of AdamW after 50 steps of warmup (default ${lr})`, positive)
    .option('--decay <n>', `steps in which it falls to a tenth, along a cosine (default ${decay})`, whole(1))
    .option('--seed <n>', `of the initial parameters, dropout and the passage (default ${seed})`, whole(0))
    .addOption(kernels('which kernels (default: relaxed where the engine has them, else simd)'))
    .option('--revectorize', REVECTORIZE)
    .addOption(
      new Option(
        '--flow [every]',
        `show how a loss's gradient flows back: after every n updates (default ${FLOW_EVERY}) and at the end`,
      ).argParser(countOrFile),
    )
    .option('--sample-every <n>', 'show what the model writes after every n updates', whole(1))
    .option('--out <model>', 'where to save (default: the resumed file, or model.safetensors)')
    .option(
      '--save-every <seconds>',
      `how often to save while training (default ${DEFAULT_SAVE_EVERY})`,
      positive,
    )
    .option(
      '--val <file>',
      'a text or table to validate on; the best model goes to NAME.best.safetensors besides --out',
    )
    .option('--resume [model]', 'continue from a saved model (default: the file of --out)')
    .option('--prompt <text>', 'what the passage at the end begins with; - for standard input')
    .option('--length <n>', 'characters of that passage (default 400; 0 for none)', whole(0))
    .option('--temperature <t>', 'of that passage (default 0.7)', notNegative)
    .addHelpText(
      'after',
      examples(
        'train book.txt',
        'train book.txt --cell gru --hidden 256 --layers 2 --dropout 0.2',
        'train book.txt --cell rnn --seq-len 200 --flow',
        'train book.txt --val other.txt --sample-every 200',
        'train book.txt --resume model.safetensors --steps 4000',
        'train weather.csv --columns temperature,pressure --hidden 32',
        'train - --as table < weather.csv',
      ),
    )
    .action(async (file: string | undefined, options: GivenTrainOptions) => {
      const { train } = await import('../train/train.ts');
      const [text, rest] = textOf(file, options);
      done(await train(text, rest, io));
    });
}

/** The optional value of `--flow` may be the text file. */
function countOrFile(text: string): number | string {
  return Number.isNaN(Number(text)) ? text : whole(1)(text);
}

type GivenTrainOptions = Omit<TrainOptions, 'flow'> & { readonly flow?: number | string | true };

/** `train --resume FILE`, `train --flow FILE`: FILE is the text or table if no other argument is given. */
function textOf(file: string | undefined, given: GivenTrainOptions): [string, TrainOptions] {
  if (given.flow === true) return textOf(file, { ...given, flow: FLOW_EVERY });
  if (typeof given.flow === 'string') {
    if (file !== undefined)
      throw new CliError(`--flow: expected a number of updates, got '${given.flow}'`, 2);
    return textOf(given.flow, { ...given, flow: FLOW_EVERY });
  }
  const options = given as TrainOptions;
  if (file !== undefined) return [file, options];
  if (typeof options.resume !== 'string')
    throw new CliError("missing required argument 'FILE', a text or a table", 2);
  if (/\.safetensors$/.test(options.resume)) {
    throw new CliError(
      "missing required argument 'FILE': --resume needs the text the model was trained on",
      2,
    );
  }
  return [options.resume, { ...options, resume: true }];
}
