import { Generator, type Sequential } from '../../index.ts';
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
  const start = vocabulary.characters.includes('\n') ? '\n' : vocabulary.characters[0]!;
  const given = vocabulary.encode(prompt || start);
  using stream = model.stream();
  const generator = new Generator(seed);
  for (const token of given) stream.step(token);
  for (let i = 0; i < length; i++) {
    const token = stream.sample(generator, temperature);
    yield vocabulary.characters[token]!;
    stream.step(token);
  }
}
