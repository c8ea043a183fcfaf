import { Option } from 'commander';
import { EXPECTED } from '../../modelFiles/table.ts';
import type { ConvertOptions } from '../convert.ts';
import type { InspectOptions } from '../inspect.ts';
import type { RunOptions } from '../runModel.ts';
import { type Context, examples, kernels } from './shared.ts';

/** What the commands below open; the list is that of models/table.ts. */
const MODEL = 'a model file, or a folder with one; - for standard input';

export function addInspect({ program, io, done }: Context): void {
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
      const { inspect } = await import('../inspect.ts');
      done(await inspect(file, options, io));
    });
}

export function addRun({ program, io, done }: Context): void {
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
      const { runModel } = await import('../runModel.ts');
      done(await runModel(model, options, io));
    });
}

export function addConvert({ program, io, done }: Context): void {
  program
    .command('convert')
    .summary('write a model in another format')
    .description(
      'Reads a model and writes it in the format that OUT ends with (docs/formats.md). With --to torch writes a Python ' +
        'file with the module, and the torchrun loop that goes on with its training; with --to triton a folder with ' +
        'an ONNX file of explicit states and a config.pbtxt; with --to keras a .json of Keras 2 that may have what ' +
        'TensorFlow.js does not load. The weights of OUT.json are in OUT.bin.',
    )
    .argument('<IN>', MODEL)
    .argument('[OUT]', 'the file to write; with --to torch by default IN with the ending .py')
    .addOption(
      new Option('--to <program>', 'write it for another program').choices(['torch', 'triton', 'keras']),
    )
    .addHelpText(
      'after',
      examples(
        'convert checkpoint.pt weights.safetensors',
        'convert model.safetensors --to torch',
        'convert model.safetensors models/writer --to triton',
        'convert model.safetensors model.json',
      ),
    )
    .action(async (from: string, to: string | undefined, options: ConvertOptions) => {
      const { convert } = await import('../convert.ts');
      done(await convert(from, to, options, io));
    });
}
