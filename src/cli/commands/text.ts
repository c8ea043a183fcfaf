import { Option } from 'commander';
import type { ChatOptions } from '../chat.ts';
import type { GenerateOptions } from '../generate.ts';
import { whole } from '../values.ts';
import { type Context, examples, kernels, sampling } from './shared.ts';

export function addGenerate({ program, io, done }: Context): void {
  const command = program
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
    .option('--length <n>', 'characters to write after the prompt (default 500)', whole(1));
  for (const option of sampling()) command.addOption(option);
  command
    .addOption(
      new Option('--beams <n>', 'draw nothing: follow n texts and write the most likely one')
        .argParser(whole(1))
        .conflicts(['temperature', 'seed', 'topK', 'topP']),
    )
    .addOption(kernels('which kernels (default simd; relaxed may give another text on another engine)'))
    .addHelpText(
      'after',
      examples(
        'generate model.safetensors --prompt "The whale" --length 1000',
        'generate model.safetensors --top-p 0.9 --temperature 1',
        'generate model.safetensors --prompt "The whale" --length 40 --beams 8',
      ),
    )
    .action(async (model: string, options: GenerateOptions) => {
      const { generate } = await import('../generate.ts');
      done(await generate(model, options, io));
    });
}

export function addChat({ program, io, done }: Context): void {
  const command = program
    .command('chat')
    .summary('write text in turns with a trained model')
    .description(
      'Reads lines from standard input. The model goes on with each, up to the end of the line it writes or --length ' +
        'characters; an empty line has it go on with its own. It remembers all lines so far. Ctrl-D ends.',
    )
    .argument('<MODEL>', 'a file that `train` saved')
    .option('--length <n>', 'most characters of a turn (default 200)', whole(1));
  for (const option of sampling()) command.addOption(option);
  command
    .addOption(kernels('which kernels (default simd; relaxed may give another text on another engine)'))
    .addHelpText('after', examples('chat model.safetensors', 'chat model.safetensors --top-k 5 < lines.txt'))
    .action(async (model: string, options: ChatOptions) => {
      const { chat } = await import('../chat.ts');
      done(await chat(model, options, io));
    });
}
