import { setImmediate } from 'node:timers/promises';
import { beamSearch, Generator, type Sequential, type Stream } from '../../index.ts';
import { type Output, print } from '../io.ts';
import { draw, type Sampling } from './sampling.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface PassageOptions extends Sampling {
  /** Characters the model reads first. If empty, generation starts at the beginning of a line. */
  readonly prompt: string;
  /** Number of characters to generate. */
  readonly length: number;
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
  const { prompt, length, seed } = options;
  using writer = new Writer(model, vocabulary, new Generator(seed));
  yield* writer.read(prompt || start(vocabulary));
  yield* writer.write(length, options);
}

/** A stream of characters: reads some, writes those that follow, and keeps its state. */
export class Writer {
  readonly #vocabulary: Vocabulary;
  readonly #generator: Generator;
  readonly #stream: Stream;
  #logits: Float32Array = new Float32Array();

  constructor(model: Sequential, vocabulary: Vocabulary, generator: Generator) {
    this.#vocabulary = vocabulary;
    this.#generator = generator;
    this.#stream = model.stream();
  }

  /**
   * Reads a text; yields an empty string for each character.
   * @throws {CliError} if a character is not in the vocabulary; nothing is read
   */
  *read(text: string) {
    for (const token of this.#vocabulary.encode(text)) {
      this.#logits = this.#stream.step(token);
      yield '';
    }
  }

  /** Yields `length` characters. */
  *write(length: number, sampling: Sampling) {
    for (let i = 0; i < length; i++) {
      const from = {
        sample: (generator: Generator, temperature: number) => this.#stream.sample(generator, temperature),
        logits: this.#logits,
      };
      const token = draw(from, sampling, this.#generator);
      this.#logits = this.#stream.step(token);
      yield this.#vocabulary.characters[token]!;
    }
  }

  [Symbol.dispose](): void {
    this.#stream.dispose();
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
  const read = vocabulary.encode(prompt || start(vocabulary));
  const [best] = beamSearch(model, { start: read, length, beams });
  return best!.indices.map((token) => vocabulary.characters[token]!).join('');
}

/** What a model reads before it writes without a prompt: the start of a line. */
export function start({ characters }: Vocabulary): string {
  return characters.includes('\n') ? '\n' : characters[0]!;
}
