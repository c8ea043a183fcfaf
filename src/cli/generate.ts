import type { KernelBuild } from '../index.ts';
import { loadCharacterModel, readCharacterModel } from './characterModel.ts';
import { CliError } from './failure.ts';
import { readInput, readPrompt, STDIN } from './files.ts';
import { type Io, print } from './io.ts';
import { loadKernels } from './kernels.ts';
import { styled } from './style.ts';
import { likeliest, passage, writePassage } from './text/passage.ts';
import type { Sampling } from './text/sampling.ts';

export interface GenerateOptions extends Partial<Sampling> {
  readonly prompt?: string;
  readonly length?: number;
  readonly seed?: number;
  /** Beam width; beam search does not sample. */
  readonly beams?: number;
  /** Default `simd`, which gives the same text on every engine. */
  readonly kernels?: KernelBuild;
}

/** Maximum number of characters of a beam search. */
const BEAM_LENGTH = 100_000;

/** `unrolled generate`: writes the prompt and its continuation. */
export async function generate(path: string, options: GenerateOptions, io: Io): Promise<number> {
  const { length = 500, temperature = 0.7, seed = 1, topK, topP } = options;
  if (path === STDIN && options.prompt === STDIN) {
    throw new CliError('the model and --prompt cannot both be read from standard input', 2);
  }
  const bytes = await readInput(path, io);
  const vocabulary = readCharacterModel(bytes, path);
  const prompt = await readPrompt(options.prompt, io);
  await loadKernels(options.kernels ?? 'simd');
  using model = loadCharacterModel(path, bytes, vocabulary);
  if (options.beams !== undefined) {
    if (length > BEAM_LENGTH) {
      throw new CliError(`--length with --beams: expected at most ${BEAM_LENGTH}, got ${length}`, 2);
    }
    const text = likeliest(model, vocabulary, { prompt, length, beams: options.beams });
    await print(io.stdout, `${prompt}${text}\n`);
    return 0;
  }
  // checked before anything is written
  vocabulary.encode(prompt);
  await print(io.stdout, styled(io.stdout, 'bold', prompt));
  await writePassage(
    io.stdout,
    passage(model, vocabulary, { prompt, length, temperature, seed, topK, topP }),
  );
  await print(io.stdout, '\n');
  return 0;
}
