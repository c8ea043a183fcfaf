import { Embedding, FormatError, type KernelBuild, Linear, Sequential } from '../index.ts';
import { readCharacterModel } from './characterModel.ts';
import { CliError, printable } from './failure.ts';
import { readBytes } from './files.ts';
import type { Io, Output } from './io.ts';
import { loadKernels } from './kernels.ts';
import { likeliest, passage } from './text/passage.ts';
import type { Vocabulary } from './text/vocabulary.ts';

export interface GenerateOptions {
  readonly prompt?: string;
  readonly length?: number;
  readonly temperature?: number;
  readonly seed?: number;
  /** Sequences of a beam search, which draws nothing. */
  readonly beams?: number;
  /** Default `simd`: the same text on every engine. */
  readonly kernels?: KernelBuild;
}

/** Characters that are written at a time. */
const PIECE = 64;

/** `unrolled generate`: the prompt and what follows it. */
export async function generate(path: string, options: GenerateOptions, io: Io): Promise<number> {
  const { prompt = '', length = 500, temperature = 0.7, seed = 1 } = options;
  const bytes = readBytes(path);
  const { vocabulary } = readCharacterModel(bytes, path);
  await loadKernels(options.kernels ?? 'simd');
  using model = load(path, bytes, vocabulary);
  if (options.beams !== undefined) {
    const text = likeliest(model, vocabulary, { prompt, length, beams: options.beams });
    await write(io.stdout, `${prompt}${text}\n`);
    return 0;
  }
  const written = passage(model, vocabulary, { prompt, length, temperature, seed });
  let piece = prompt;
  let n = 0;
  for (const character of written) {
    piece += character;
    if (++n % PIECE > 0) continue;
    await write(io.stdout, piece);
    piece = '';
  }
  await write(io.stdout, `${piece}\n`);
  return 0;
}

function load(path: string, bytes: Uint8Array, vocabulary: Vocabulary): Sequential {
  let model: Sequential;
  try {
    model = Sequential.load(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new CliError(`${printable(path)}: ${error.message}`, 1, { cause: error });
  }
  const [first, last] = [model.layers[0], model.layers.at(-1)];
  const fits =
    first instanceof Embedding &&
    last instanceof Linear &&
    first.numEmbeddings === vocabulary.size &&
    last.outFeatures === vocabulary.size;
  if (fits) return model;
  model.dispose();
  throw new CliError(
    `${printable(path)}: its layers do not fit its vocabulary of ${vocabulary.size} characters`,
  );
}

/** Waits for a reader that is slower. */
async function write(stream: Output, text: string): Promise<void> {
  if (stream.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}
