import type { Layer } from '../engine/layer.ts';
import { FeatureError, StateError } from '../errors.ts';
import { readSegmenter, type SegmenterDescription } from '../formats/text/segmenter.ts';
import type { SegmenterUnit } from '../formats/text/segmenterFile.ts';
import { withWeights } from '../model/graph/described.ts';
import { Sequential } from '../model/sequential.ts';
import { indicesOf } from './indices.ts';

/** Number of classes of a unit: it begins a word, is inside of one, ends one, is one. */
const CLASSES = 4;
const [BEGIN, SINGLE] = [0, 3];

/**
 * A model that finds the words of a text in a script without spaces, such as Thai, as ICU does: Embedding, a bidirectional
 * LSTM, Linear. Indices [T, B] to logits [T, B, 4] of the classes begin, inside, end, single. It trains as every
 * `Sequential`, with the loss `crossEntropy`.
 */
export class Segmenter extends Sequential {
  /** What a step is: a code point, a grapheme cluster, or a vector that says which letters a cluster has. */
  readonly unit: SegmenterUnit;
  /** What each index stands for; one more is for what is not among them. Empty where a step is a vector. */
  readonly dictionary: readonly string[];
  readonly #index: ReadonlyMap<string, number>;

  /** @internal */
  constructor(layers: readonly Layer[], opts: object, { name, unit, dictionary }: SegmenterDescription) {
    super(layers, opts);
    this.unit = unit;
    this.dictionary = dictionary;
    this.#index = new Map(dictionary.map((key, index) => [key, index]));
    this.metadata = { name, unit, dictionary: JSON.stringify(dictionary) };
  }

  /**
   * The indices of a text's units, one per step.
   * @throws {ArgumentError} if it is not a string
   * @throws {StateError} if a step is a vector
   * @throws {FeatureError} if a step is a grapheme cluster and the engine lacks Intl.Segmenter
   */
  encode(text: string): Int32Array<ArrayBuffer> {
    return indicesOf('text', text, (all) => this.#units(all), this.#index, this.dictionary.length);
  }

  /**
   * The words of a text of the model's script, which joined are the text.
   * @throws as encode
   */
  segment(text: string): string[] {
    const data = this.encode(text);
    if (!data.length) return [];
    const { data: logits } = this.forward({ data, shape: [data.length, 1] });
    const words: string[] = [];
    for (const [i, unit] of this.#units(text).entries()) {
      const row = logits.subarray(CLASSES * i, CLASSES * (i + 1));
      const best = row.indexOf(Math.max(...row));
      if (i === 0 || best === BEGIN || best === SINGLE) words.push(unit);
      else words[words.length - 1] += unit;
    }
    return words;
  }

  #units(text: string): string[] {
    if (this.unit === 'codepoint') return [...text];
    if (this.unit === 'vector') throw new StateError('the model has no dictionary: its steps are vectors');
    if (typeof Intl.Segmenter !== 'function')
      throw new FeatureError('grapheme clusters need Intl.Segmenter, which this engine lacks');
    return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  }
}

/**
 * Loads the weights of an LSTM that segments words: `weights.json` of unicode-org/lstm_word_segmentation and ICU4X, or the
 * source of a resource bundle of ICU (`brkitr/lstm/*.txt`).
 *
 * @param file bytes, text, or what JSON.parse gives
 * @throws {ArgumentError} if it is something else
 * @throws {FormatError} if it is not valid; the message says where
 * @throws {StateError} before `init()`
 */
export function loadSegmenter(file: Uint8Array | ArrayBuffer | string | object): Segmenter {
  const description = readSegmenter(file);
  return withWeights(
    description.layers,
    (layers, opts) => new Segmenter(layers as readonly Layer[], opts, description),
    'segmenter',
  );
}
