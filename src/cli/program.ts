import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { EXPECTED } from '../modelFiles/table.ts';
import { CliError } from './failure.ts';
import type { ForecastOptions } from './forecast.ts';
import type { GenerateOptions } from './generate.ts';
import type { InfoOptions } from './info.ts';
import type { InspectOptions } from './inspect.ts';
import type { Io } from './io.ts';
import type { RunOptions } from './runModel.ts';
import type { TrainOptions } from './train/prepare.ts';
import {
  CELLS,
  DEFAULT_SAVE_EVERY,
  DEFAULT_STEPS,
  DEFAULTS,
  FLOW_EVERY,
  FORECAST_STEPS,
} from './train/settings.ts';
import { fraction, notNegative, positive, whole } from './values.ts';
import type { VerifyOptions } from './verifyCommand.ts';

/** Defines the commands, options and help. Each command passes its exit code to `done`. */
export function makeProgram(io: Io, done: (exitCode: number) => void): Command {
  const program = new Command('unrolled')
    .description(
      'Recurrent networks on the CPU: train a model on any text or table, write or forecast with it.',
    )
    .version(version(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(`unrolled: ${oneLine(text)}\n`),
    })
    .addHelpText(
      'after',
      '\nExit code: 0, 1 when something failed, 2 for a wrong command line, 130 after Ctrl-C.',
    );
  addTrain(program, io, done);
  addGenerate(program, io, done);
  addForecast(program, io, done);
  addVerify(program, io, done);
  addInspect(program, io, done);
  addRun(program, io, done);
  addConvert(program, io, done);
  addInfo(program, io, done);
  return program;
}

function addTrain(program: Command, io: Io, done: (exitCode: number) => void): void {
  const { hidden, layers, embed, dropout, seqLen, batch, lr, decay, seed } = DEFAULTS;
  program
    .command('train')
    .summary('train a model on a text or a table')
    .description(
      'Trains a character model (embedding, recurrent layers, linear) on a UTF-8 text, or a forecast of the next row ' +
        '(recurrent layers, linear) on a table FILE.csv, and saves it. A table has a header with the names of its ' +
        'columns and numbers below; a column of dates names its rows. The data are read in parallel lanes by truncated backpropagation through time; states are carried over. ' +
        'The run is saved as it goes; Ctrl-C, SIGTERM and SIGHUP save it and end it, and --resume continues, bit for ' +
        'bit. A second Ctrl-C ends at once. Progress goes to stderr.',
    )
    .usage('[options] <FILE>')
    .argument('[FILE]', 'the text, or a table FILE.csv; - for a text from standard input')
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
        "show how a loss's gradient flows back: after every so many updates and at the end (default 100)",
      )
        .preset(String(FLOW_EVERY))
        .argParser(countOrFile),
    )
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
        'train book.txt --cell gru --hidden 256 --layers 2 --dropout 0.2 --steps 5000 --decay 5000',
        'train book.txt --cell rnn --seq-len 200 --flow',
        'train book.txt --resume model.safetensors --steps 4000',
        'train weather.csv --columns temperature,pressure --hidden 32 --steps 1000',
      ),
    )
    .action(async (file: string | undefined, options: GivenTrainOptions) => {
      const { train } = await import('./train/train.ts');
      const [text, rest] = textOf(file, options);
      done(await train(text, rest, io));
    });
}

/** The optional value of `--flow` may be the text file. */
function countOrFile(text: string): number | string {
  return Number.isNaN(Number(text)) ? text : whole(1)(text);
}

type GivenTrainOptions = Omit<TrainOptions, 'flow'> & { readonly flow?: number | string };

/** `train --resume FILE`, `train --flow FILE`: FILE is the text or table if no other argument is given. */
function textOf(file: string | undefined, given: GivenTrainOptions): [string, TrainOptions] {
  if (typeof given.flow === 'string') {
    if (file !== undefined)
      throw new CliError(`--flow: expected a number of updates, got '${given.flow}'`, 2);
    return textOf(given.flow, { ...given, flow: FLOW_EVERY });
  }
  const options = given as TrainOptions;
  if (file !== undefined) return [file, options];
  if (typeof options.resume !== 'string') throw new CliError("missing required argument 'FILE', the text", 2);
  if (/\.safetensors$/.test(options.resume)) {
    throw new CliError(
      "missing required argument 'FILE': --resume needs the text the model was trained on",
      2,
    );
  }
  return [options.resume, { ...options, resume: true }];
}

function addGenerate(program: Command, io: Io, done: (exitCode: number) => void): void {
  program
    .command('generate')
    .summary('write text with a trained model')
    .description(
      'Writes text with a model that `train` saved. The same model, prompt, temperature and seed give the same text ' +
        'on every machine and engine.',
    )
    .argument('<MODEL>', 'a file that `train` saved; - for standard input')
    .option(
      '--prompt <text>',
      'what the text begins with; - for standard input (default: the start of a line)',
    )
    .option('--length <n>', 'characters to write after the prompt (default 500)', whole(1))
    .option(
      '--temperature <t>',
      'below 1 safer, above 1 wilder, 0 always the likeliest character (default 0.7)',
      notNegative,
    )
    .option('--seed <n>', 'of the random choices (default 1)', whole(0))
    .addOption(
      new Option('--beams <n>', 'draw nothing: follow so many texts and write the likeliest')
        .argParser(whole(1))
        .conflicts(['temperature', 'seed']),
    )
    .addOption(kernels('which kernels (default simd; relaxed may give another text on another engine)'))
    .addHelpText(
      'after',
      examples(
        'generate model.safetensors --prompt "The whale" --length 1000 --seed 7',
        'generate model.safetensors --prompt "The whale" --length 40 --beams 8',
      ),
    )
    .action(async (model: string, options: GenerateOptions) => {
      const { generate } = await import('./generate.ts');
      done(await generate(model, options, io));
    });
}

function addForecast(program: Command, io: Io, done: (exitCode: number) => void): void {
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
      const { forecast } = await import('./forecast.ts');
      done(await forecast(model, file, options, io));
    });
}

function addVerify(program: Command, io: Io, done: (exitCode: number) => void): void {
  program
    .command('verify')
    .summary('check the kernels against conformance fixtures')
    .description(
      'Runs conformance fixtures (safetensors with what PyTorch computed in float64) and prints for each the worst ' +
        'relative error, max |difference| / (max |expected| + 1e-6), of outputs and of gradients. Limits: 1e-5 for ' +
        'outputs, 1e-4 for gradients, losses and trained parameters. Exit code 1 when a case fails.',
    )
    .argument('<FILE...>', 'fixtures')
    .addOption(kernels('which kernels (default: relaxed where the engine has them, else simd)'))
    .option('--revectorize', REVECTORIZE)
    .addHelpText('after', examples('verify fixtures/*.safetensors --kernels simd'))
    .action(async (files: string[], options: VerifyOptions) => {
      const { verifyCommand } = await import('./verifyCommand.ts');
      done(await verifyCommand(files, options, io));
    });
}

/** What the commands below open; the list is that of models/table.ts. */
const MODEL = 'a model file, or a folder with one; - for standard input';

function addInspect(program: Command, io: Io, done: (exitCode: number) => void): void {
  program
    .command('inspect')
    .summary('show what a model file holds')
    .description(
      `Prints what a file holds: layers with their sizes and orders of gates, inputs and outputs, parameters, metadata and tensors. Reads ${EXPECTED}.`,
    )
    .argument('<FILE>', MODEL)
    .option('--json', 'as JSON')
    .addHelpText('after', examples('inspect model.safetensors', 'inspect checkpoint.pt --json'))
    .action(async (file: string, options: InspectOptions) => {
      const { inspect } = await import('./inspect.ts');
      done(await inspect(file, options, io));
    });
}

function addRun(program: Command, io: Io, done: (exitCode: number) => void): void {
  program
    .command('run')
    .summary('run a model, or compare it with its own runtime')
    .description(
      "Runs a model on inputs in the file's own layout and prints the outputs as JSON. With --oracle prints per output " +
        'the largest difference from what the file expects, relative to the largest value (limit 1e-4, or 1.2e-7 in absolute terms), and exits with 1 when one fails.',
    )
    .argument('<MODEL>', MODEL)
    .option(
      '--inputs <file>',
      'JSON { inputs: [{ name, type, dims, data }] }, or one .npy (default: those of the oracle, else numbers that are drawn)',
    )
    .option('--oracle <file.json>', 'inputs and expected outputs: { inputs, outputs }')
    .addOption(kernels('which kernels (default: relaxed where the engine has them, else simd)'))
    .addHelpText(
      'after',
      examples('run model.safetensors --inputs x.npy', 'run model.onnx --oracle expected.json'),
    )
    .action(async (model: string, options: RunOptions) => {
      const { runModel } = await import('./runModel.ts');
      done(await runModel(model, options, io));
    });
}

function addConvert(program: Command, io: Io, done: (exitCode: number) => void): void {
  program
    .command('convert')
    .summary('write a model in another format')
    .description('Reads a model and writes it in the format that OUT ends with (docs/formats.md).')
    .argument('<IN>', MODEL)
    .argument('<OUT>', 'the file to write')
    .addHelpText('after', examples('convert checkpoint.pt weights.safetensors'))
    .action(async (from: string, to: string) => {
      const { convert } = await import('./convert.ts');
      done(await convert(from, to, io));
    });
}

function addInfo(program: Command, io: Io, done: (exitCode: number) => void): void {
  program
    .command('info')
    .summary('show which kernels run here')
    .description(
      'Prints which build of the kernels this engine runs and whether 256-bit code is in effect; with --tiles, how ' +
        'fast each GEMM tile is here, the ones in use marked.',
    )
    .addOption(kernels('which kernels (default: relaxed where the engine has them, else simd)'))
    .option('--revectorize', REVECTORIZE)
    .option('--tiles', 'measure every tile (a few seconds)')
    .addHelpText('after', examples('info', 'info --revectorize --tiles'))
    .action(async (options: InfoOptions) => {
      const { info } = await import('./info.ts');
      done(await info(options, io));
    });
}

const REVECTORIZE = 'ask V8 for 256-bit code (Node 24 and 26): faster, the same bits, an experimental flag';

function missing(): Option {
  return new Option(
    '--missing <how>',
    'what becomes of missing values of a table: an error, or the value before (default refuse)',
  ).choices(['refuse', 'previous']);
}

function kernels(description: string): Option {
  return new Option('--kernels <build>', description).choices(['simd', 'relaxed']);
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  unrolled ${line}`).join('\n')}`;
}

function oneLine(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
