import { setImmediate } from 'node:timers/promises';
import { beamSearch, Generator, type Sequential } from '../../index.ts';
import { type Output, print } from '../io.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface PassageOptions {
  /** Characters the model reads first. If empty, generation starts at the beginning of a line. */
  readonly prompt: string;
  /** Number of characters to generate. */
  readonly length: number;
  /** 0 always picks the most likely character. */
  readonly temperature: number;
  readonly seed: number;
}

/** Number of characters per write. */
const PIECE = 64;

/**
 * Generates characters one by one, after an empty string for each prompt character. With the same kernels, the same
 * seed gives the same characters on every engine.
 * @throws {CliError} if the prompt has a character that is not in the vocabulary
 */
export function* passage(model: Sequential, vocabulary: Vocabulary, options: PassageOptions) {
  const { prompt, length, temperature, seed } = options;
  const given = read(vocabulary, prompt);
  using stream = model.stream();
  const generator = new Generator(seed);
  for (const token of given) {
    stream.step(token);
    yield '';
  }
  for (let i = 0; i < length; i++) {
    const token = stream.sample(generator, temperature);
    yield vocabulary.characters[token]!;
    stream.step(token);
  }
}

/** Writes characters as they are generated, letting signals and timers run in between. `isStopped` ends it early. */
export async function writePassage(
  out: Output,
  characters: Iterable<string>,
  isStopped = () => false,
): Promise<void> {
  let piece = '';
  let n = 0;
  for (const character of characters) {
    piece += character;
    if (++n % PIECE > 0) continue;
    await print(out, piece);
    piece = '';
    await setImmediate();
    if (isStopped()) break;
  }
  await print(out, piece);
}

/**
 * The most likely continuation, found by beam search.
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
