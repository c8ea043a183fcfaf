import { Generator, type KernelBuild } from '../index.ts';
import { loadCharacterModel, readCharacterModel } from './characterModel.ts';
import { CliError, printable } from './failure.ts';
import { readInput, STDIN } from './files.ts';
import { type Io, print } from './io.ts';
import { loadKernels } from './kernels.ts';
import { lines } from './lines.ts';
import { styled } from './style.ts';
import { start, Writer, writePassage } from './text/passage.ts';
import type { Sampling } from './text/sampling.ts';

export interface ChatOptions extends Partial<Sampling> {
  /** Maximum number of characters of a turn. */
  readonly length?: number;
  readonly seed?: number;
  /** Default `simd`, which gives the same text on every engine. */
  readonly kernels?: KernelBuild;
}

/** `unrolled chat`: the model goes on with each line of standard input, and keeps its state. */
export async function chat(path: string, options: ChatOptions, io: Io): Promise<number> {
  if (path === STDIN) throw new CliError('the model can not be read from standard input: the lines are', 2);
  const { length = 200, temperature = 0.7, seed = 1, topK, topP } = options;
  const bytes = await readInput(path, io);
  const vocabulary = readCharacterModel(bytes, path);
  await loadKernels(options.kernels ?? 'simd');
  using model = loadCharacterModel(path, bytes, vocabulary);
  using writer = new Writer(model, vocabulary, new Generator(seed));
  drain(writer.read(start(vocabulary)));
  const prompt = io.stdout.isTTY ? styled(io.stdout, 'cyan', '> ') : '';
  await print(io.stdout, prompt);
  for await (const line of lines(io.stdin ?? process.stdin)) {
    try {
      drain(writer.read(line));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      await print(io.stderr, `unrolled: ${printable(error.message)}; the line is left out\n`);
      await print(io.stdout, prompt);
      continue;
    }
    await print(io.stdout, styled(io.stdout, 'bold', line));
    await writePassage(io.stdout, toLineEnd(writer.write(length, { temperature, topK, topP })));
    await print(io.stdout, `\n${prompt}`);
  }
  if (prompt) await print(io.stdout, '\n');
  return 0;
}

/** Characters before the first line break behind any other character; the break itself is taken, too. */
function* toLineEnd(characters: Iterable<string>): Iterable<string> {
  let isEmpty = true;
  for (const character of characters) {
    if (character === '\n') {
      if (isEmpty) continue;
      break;
    }
    isEmpty = false;
    yield character;
  }
}

function drain(parts: Iterable<string>): void {
  for (const _ of parts);
}
