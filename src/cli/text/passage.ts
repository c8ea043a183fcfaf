import { beamSearch, Generator, type Sequential } from '../../index.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface PassageOptions {
  /** Characters the model reads first; empty: the start of a line. */
  readonly prompt: string;
  /** Characters to write. */
  readonly length: number;
  /** 0 always takes the likeliest character. */
  readonly temperature: number;
  readonly seed: number;
}

/**
 * Characters a model writes, one by one. The same seed gives the same ones on every engine with the same kernels.
 * @throws {CliError} a prompt with a character the model does not know
 */
export function* passage(model: Sequential, vocabulary: Vocabulary, options: PassageOptions) {
  const { prompt, length, temperature, seed } = options;
  const given = read(vocabulary, prompt);
  using stream = model.stream();
  const generator = new Generator(seed);
  for (const token of given) stream.step(token);
  for (let i = 0; i < length; i++) {
    const token = stream.sample(generator, temperature);
    yield vocabulary.characters[token]!;
    stream.step(token);
  }
}

/**
 * The likeliest characters to follow, as a beam search finds them.
 * @throws {CliError} as `passage`
 */
export function likeliest(
  model: Sequential,
  vocabulary: Vocabulary,
  { prompt, length, beams }: Pick<PassageOptions, 'prompt' | 'length'> & { readonly beams: number },
): string {
  const [best] = beamSearch(model, { start: read(vocabulary, prompt), length, beams });
  return best!.indices.map((token) => vocabulary.characters[token]!).join('');
}

function read(vocabulary: Vocabulary, prompt: string): Int32Array {
  const start = vocabulary.characters.includes('\n') ? '\n' : vocabulary.characters[0]!;
  return vocabulary.encode(prompt || start);
}
