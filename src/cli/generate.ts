import { Embedding, type KernelBuild, Linear, type Sequential } from '../index.ts';
import { readCharacterModel } from './characterModel.ts';
import { CliError } from './failure.ts';
import { readInput, readPrompt, STDIN } from './files.ts';
import { type Io, print } from './io.ts';
import { loadKernels } from './kernels.ts';
import { loadModel } from './loadModel.ts';
import { likeliest, passage, writePassage } from './text/passage.ts';
import type { Vocabulary } from './text/vocabulary.ts';

export interface GenerateOptions {
  readonly prompt?: string;
  readonly length?: number;
  readonly temperature?: number;
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
  const { length = 500, temperature = 0.7, seed = 1 } = options;
  if (path === STDIN && options.prompt === STDIN) {
    throw new CliError('the model and --prompt cannot both be read from standard input', 2);
  }
  const bytes = await readInput(path, io);
  const vocabulary = readCharacterModel(bytes, path);
  const prompt = await readPrompt(options.prompt, io);
  await loadKernels(options.kernels ?? 'simd');
  using model = load(path, bytes, vocabulary);
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
  await print(io.stdout, prompt);
  await writePassage(io.stdout, passage(model, vocabulary, { prompt, length, temperature, seed }));
  await print(io.stdout, '\n');
  return 0;
}

function load(path: string, bytes: Uint8Array, { size }: Vocabulary): Sequential {
  return loadModel(path, bytes, `its vocabulary of ${size} characters`, ({ layers }) => {
    const [first, last] = [layers[0], layers.at(-1)];
    const isCharacters = first instanceof Embedding && last instanceof Linear;
    return isCharacters && first.numEmbeddings === size && last.outFeatures === size;
  });
}
