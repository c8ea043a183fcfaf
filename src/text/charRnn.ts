import { decoded } from '../data/decoded.ts';
import type { Layer } from '../engine/layer.ts';
import { bytesByName, type FileBytes } from '../fileBytes.ts';
import { type CharRnnDescription, readCharRnn } from '../formats/text/charRnn.ts';
import { withWeights } from '../model/graph/described.ts';
import { Sequential } from '../model/sequential.ts';
import { indicesOf } from './indices.ts';

/**
 * A charRNN of ml5: Embedding, an LSTM per cell, Linear. Indices [T, B] of characters to logits [T, B, characters] of the
 * next one. It streams and trains as every `Sequential`, with the loss `crossEntropy`.
 */
export class CharRnn extends Sequential {
  /** What each index stands for: a character, seldom several. */
  readonly vocabulary: readonly string[];
  readonly #index: ReadonlyMap<string, number>;

  /** @internal */
  constructor(layers: readonly Layer[], opts: object, { vocabulary }: CharRnnDescription) {
    super(layers, opts);
    this.vocabulary = vocabulary;
    this.#index = new Map(vocabulary.map((character, index) => [character, index]));
    this.metadata = { vocab: JSON.stringify(vocabulary) };
  }

  /** The indices of a text's characters. @throws {ArgumentError} if a character is not in the vocabulary */
  encode(text: string): Int32Array<ArrayBuffer> {
    return indicesOf('text', text, (all) => [...all], this.#index);
  }

  /** The text of some indices. @throws {ArgumentError} if an index is outside the vocabulary */
  decode(indices: ArrayLike<number>): string {
    return decoded(indices, this.vocabulary).join('');
  }
}

/**
 * Loads a charRNN of ml5: the files of its folder by name, `manifest.json`, `vocab.json` and those that the manifest
 * lists. The 1 that TensorFlow adds to the forget gate is in the bias here.
 *
 * @throws {FormatError} if a file is missing or not valid, or the cells are not those of an LSTM; the message says where
 * @throws {ArgumentError} if the files are not bytes
 * @throws {StateError} before `init()`
 */
export function loadCharRnn(files: Readonly<Record<string, FileBytes>>): CharRnn {
  const description = readCharRnn(bytesByName(files));
  return withWeights(
    description.layers,
    (layers, opts) => new CharRnn(layers as readonly Layer[], opts, description),
    'charRNN',
  );
}
