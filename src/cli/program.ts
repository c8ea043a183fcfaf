import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addBench } from './commands/bench.ts';
import { addCluster } from './commands/cluster.ts';
import { addEval, addForecast, addPlot } from './commands/data.ts';
import { addInfo, addVerify } from './commands/machine.ts';
import { addConvert, addInspect, addRun } from './commands/models.ts';
import { addServe } from './commands/serve.ts';
import type { Context } from './commands/shared.ts';
import { addChat, addGenerate } from './commands/text.ts';
import { addTrain } from './commands/train.ts';
import { CliError, printable } from './failure.ts';
import { columnsOf, type Io } from './io.ts';
import { styled } from './style.ts';

/** Adds each command, in the order of the help. */
const COMMANDS: readonly ((context: Context) => void)[] = [
  addTrain,
  addGenerate,
  addChat,
  addForecast,
  addEval,
  addPlot,
  addServe,
  addCluster,
  addInspect,
  addRun,
  addConvert,
  addVerify,
  addInfo,
  addBench,
];

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
      outputError: (text, write) => write(`${styled(io.stderr, 'red', 'unrolled:')} ${oneLine(text)}\n`),
    })
    .addHelpText('after', '\nExit code: 0, 1 after a failure, 2 for a wrong command line, 130 after Ctrl-C.');
  for (const add of COMMANDS) add({ program, io, done });
  program
    .command('help')
    .argument('[command]')
    .description('print the help of a command')
    .helpOption(false)
    .action((name?: string) => {
      const command = name === undefined ? program : program.commands.find((one) => one.name() === name);
      if (!command) throw new CliError(`unknown command '${printable(name!)}'; --help lists them`, 2);
      command.outputHelp();
      done(0);
    });
  return program;
}

/** What `unrolled` without arguments prints: first commands to try. */
export function beginning(io: Io): string {
  const { program = 'unrolled', stdout } = io;
  const rows = [
    ['train book.txt', 'learn any text in a minute'],
    ['generate model.safetensors', 'write more of it'],
    ['chat model.safetensors', 'begin a line, it goes on'],
    ['serve model.safetensors', 'over HTTP, with a page'],
    ['train sales.csv', 'learn a table, row by row'],
    ['forecast model.safetensors sales.csv', 'the rows that follow'],
    ['inspect model.onnx', 'what a model file holds'],
  ] as const;
  const command = (text: string) => styled(stdout, 'cyan', `${program} ${text}`);
  const widest = Math.max(...rows.map(([text]) => text.length));
  const longest = Math.max(...rows.map(([, what]) => what.length));
  const isWide = program.length + widest + longest + 5 <= columnsOf(stdout);
  const lines = rows.map(([text, what]) =>
    isWide ? `  ${command(text.padEnd(widest))}  ${what}` : `  ${command(text)}\n      ${what}`,
  );
  return [
    `unrolled ${version()}: recurrent networks on the CPU\n`,
    ...lines,
    `\n${program} --help lists all commands,\n${program} COMMAND --help the options of one.\n`,
  ].join('\n');
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
