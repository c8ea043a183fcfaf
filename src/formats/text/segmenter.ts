import { floats } from '../../allocate.ts';
import { show } from '../../errors.ts';
import type { Numbers } from '../amp/description.ts';
import { isObject, type Json, transposed } from '../amp/numbers.ts';
import { readJson, textOf } from '../json/read.ts';
import { checkCount, checkShape, lengthOf, lstmParameters, shapeOf, type TextLayer } from './description.ts';
import { isIcuResource, readIcuResource } from './icuResource.ts';
import { bad, type SegmenterFile, type SegmenterUnit } from './segmenterFile.ts';

/** What a file of segmentation weights says. */
export interface SegmenterDescription extends Omit<SegmenterFile, 'matrices'> {
  readonly layers: readonly TextLayer[];
}

/** Classes of a unit: it begins a word, is inside, ends it, or is one by itself. */
const CLASSES = 4;

/**
 * Reads the weights of an LSTM that segments words: `weights.json` of unicode-org/lstm_word_segmentation, which ICU4X has,
 * too, or the source of a resource bundle of ICU (`icu4c/source/data/brkitr/lstm`). Gates are in the order of Keras.
 * @param given the file, its text, or its JSON
 * @throws {FormatError} if it is not valid
 */
export function readSegmenter(given: unknown): SegmenterDescription {
  const text = textOf(given);
  const { matrices, ...file } = isIcuResource(text) ? readIcuResource(text) : fromJson(readJson(text, bad));
  const [table, , , , , , , weight, bias] = matrices as [Numbers, ...Numbers[]];
  const [rows = 0, width = 0] = table.shape;
  const hiddenSize = matrices[2]!.shape[0] ?? 0;
  const gates = 4 * hiddenSize;
  const count = file.unit === 'vector' ? rows : file.dictionary.length + 1;
  const expected = [
    [count, width],
    ...[1, 2].flatMap(() => [[width, gates], [hiddenSize, gates], [gates]]),
    [2 * hiddenSize, CLASSES],
    [CLASSES],
  ];
  for (const [i, shape] of expected.entries()) checkShape(`mat${i + 1}`, matrices[i]!, shape, bad);
  const direction = (from: number, suffix: string) =>
    lstmParameters(
      {
        input: matrices[from]!,
        hidden: matrices[from + 1]!,
        bias: matrices[from + 2]!.data,
        gates: [0, 1, 2, 3],
        forgetBias: 0,
      },
      suffix,
    );
  const first: TextLayer =
    file.unit === 'vector'
      ? {
          config: { type: 'Linear', inFeatures: rows, outFeatures: width, bias: false },
          weights: { weight: transposed(table) },
        }
      : {
          config: { type: 'Embedding', numEmbeddings: rows, embeddingDim: width },
          weights: { weight: table },
        };
  return {
    ...file,
    layers: [
      first,
      {
        config: { type: 'LSTM', inputSize: width, hiddenSize, bidirectional: true },
        weights: { ...direction(1, ''), ...direction(4, '_reverse') },
      },
      {
        config: { type: 'Linear', inFeatures: 2 * hiddenSize, outFeatures: CLASSES },
        weights: { weight: transposed(weight!), bias: bias! },
      },
    ],
  };
}

function fromJson(json: unknown): SegmenterFile {
  if (!isObject(json)) throw bad('expected a JSON object, or the source of a resource bundle of ICU');
  const { model, dic } = json;
  const name = model ?? '';
  if (typeof name !== 'string') throw bad(`model: expected a text, got ${show(name)}`);
  if (dic !== undefined && !isObject(dic)) throw bad(`dic: expected an object, got ${show(dic)}`);
  const dictionary = dic ? dictionaryOf(dic) : [];
  const matrices = Array.from({ length: 9 }, (_, i) => matrixOf(`mat${i + 1}`, json[`mat${i + 1}`]));
  return { name, unit: dic ? unitOf(name, dictionary) : 'vector', dictionary, matrices };
}

/** What a step is, which only the name says: of grapheme clusters some are several code points. */
function unitOf(name: string, dictionary: readonly string[]): SegmenterUnit {
  return /graphclust/i.test(name) || dictionary.some((key) => [...key].length > 1) ? 'grapheme' : 'codepoint';
}

/** Keys by index: the file has the index of each, in order. */
function dictionaryOf(dic: Json): string[] {
  checkCount('dic', dic, bad);
  // integer-like keys, such as those of digits, come first in an object of JavaScript
  const entries = Object.entries(dic).sort(([, a], [, b]) => Number(a) - Number(b));
  const wrong = entries.find(([, index], i) => index !== i);
  if (wrong)
    throw bad(
      `dic: ${show(wrong[0])}: expected an index of its own in 0..${entries.length - 1}, got ${show(wrong[1])}`,
    );
  return entries.map(([key]) => key);
}

/** `{ v: 1, dim, data }`: row-major. */
function matrixOf(name: string, value: unknown): Numbers {
  if (!isObject(value)) throw bad(`${name}: expected an object, got ${show(value)}`);
  const shape = shapeOf(`${name}.dim`, value.dim, bad);
  const { data: list } = value;
  const length = lengthOf(shape);
  if (!Array.isArray(list) || list.length !== length)
    throw bad(
      `${name}.data: expected ${length} numbers, got ${Array.isArray(list) ? list.length : show(list)}`,
    );
  const data = floats(length);
  for (const [i, number] of list.entries()) {
    if (typeof number !== 'number' || !Number.isFinite(Math.fround(number)))
      throw bad(`${name}.data[${i}]: expected a finite number, got ${show(number)}`);
    data[i] = number;
  }
  return { shape, data };
}
