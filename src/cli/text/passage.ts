import { setImmediate } from 'node:timers/promises';
import { beamSearch, Generator, type Sequential } from '../../index.ts';
import { type Output, print } from '../io.ts';
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

/** Characters that are written at a time. */
const PIECE = 64;

/**
 * Characters a model writes, one by one, after an empty one for each that it reads. The same seed gives the same ones on every engine with the same kernels.
 * @throws {CliError} a prompt with a character the model does not know
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

/** Writes a passage as it comes; signals and timers have their turn. `isStopped` ends it early. */
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
