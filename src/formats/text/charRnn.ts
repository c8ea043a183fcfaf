import { FormatError, show } from '../../errors.ts';
import type { Numbers } from '../amp/description.ts';
import { isObject, type Json, transposed } from '../amp/numbers.ts';
import { readJson } from '../json/read.ts';
import { checkCount, checkShape, lengthOf, lstmParameters, shapeOf, type TextLayer } from './description.ts';

/** What the files of a charRNN say. */
export interface CharRnnDescription {
  readonly layers: readonly TextLayer[];
  /** What each index stands for: a character, seldom several. */
  readonly vocabulary: readonly string[];
}

/** Cells of a checkpoint of TensorFlow 1 by their number. */
const CELL = /(?:^|\/)(?:cell|lstm)_(\d{1,4})\/(?:(?:basic_)?lstm_cell\/)?(?:(kernel|weights)|bias(?:es)?)$/;
const EMBEDDING = /(?:^|\/)embedding$/;
const SOFTMAX = /(?:^|\/)softmax_([wb])$/;

/** Bytes of a JSON file, at most: those of models have a few thousand. */
const MOST_JSON = 2 ** 20;

interface Cell {
  readonly kernel?: Numbers;
  readonly bias?: Numbers;
}

/**
 * Reads a charRNN of ml5: `manifest.json`, a file of float32 per variable, `vocab.json`. Its cells are BasicLSTMCell of
 * TensorFlow 1: a kernel [inputs + H, 4H] in the order i j f o, to whose forget gate 1 is added when it runs.
 * Layout: dump_checkpoints of ml5js/training-charRNN; src/CharRNN of ml5js/ml5-library.
 * @throws {FormatError} if a file is missing or not valid, or the cells are others
 */
export function readCharRnn(files: ReadonlyMap<string, Uint8Array>): CharRnnDescription {
  const manifest = jsonFile(files, 'manifest.json');
  const cells: Cell[] = [];
  const parts: { embedding?: Numbers; w?: Numbers; b?: Numbers } = {};
  for (const [name, entry] of Object.entries(manifest)) {
    if (!isObject(entry)) throw bad(`${show(name)}: expected an object, got ${show(entry)}`);
    const shape = shapeOf(`shape of ${show(name)}`, entry.shape, bad);
    const [cell, softmax] = [CELL.exec(name), SOFTMAX.exec(name)?.[1]];
    // the learning rate and its like
    if (!shape.length) continue;
    const value = variable(files, name, entry, shape);
    if (cell) {
      const number = Number(cell[1]);
      const part = cell[2] ? 'kernel' : 'bias';
      if (cells[number]?.[part]) throw bad(`${show(name)}: a second ${part} of cell ${number}`);
      cells[number] = { ...cells[number], [part]: value };
    } else if (EMBEDDING.test(name)) parts.embedding = value;
    else if (softmax) parts[softmax as 'w' | 'b'] = value;
    else
      throw bad(
        `${show(name)}: expected an embedding, kernels and biases of LSTM cells, softmax_w and softmax_b`,
      );
  }
  const { embedding, w, b } = parts;
  if (!embedding || !w || !b)
    throw bad(`manifest.json: no ${embedding ? (w ? 'softmax_b' : 'softmax_w') : 'embedding'}`);
  if (!cells.length) throw bad('manifest.json: no LSTM cells');
  const vocabulary = vocabularyOf(jsonFile(files, 'vocab.json'));
  const count = vocabulary.length;
  const width = embedding.shape[1] ?? 0;
  checkShape('embedding', embedding, [count, width], bad);
  const layers: TextLayer[] = [
    {
      config: { type: 'Embedding', numEmbeddings: count, embeddingDim: width },
      weights: { weight: embedding },
    },
  ];
  let inputSize = width;
  for (let i = 0; i < cells.length; i++) {
    const layer = lstm(i, cells[i] ?? {}, inputSize);
    inputSize = layer.config.hiddenSize as number;
    layers.push(layer);
  }
  checkShape('softmax_w', w, [inputSize, count], bad);
  checkShape('softmax_b', b, [count], bad);
  layers.push({
    config: { type: 'Linear', inFeatures: inputSize, outFeatures: count },
    weights: { weight: transposed(w), bias: b },
  });
  return { layers, vocabulary };
}

function bad(message: string): FormatError {
  return new FormatError(`charRNN: ${message}`);
}

function jsonFile(files: ReadonlyMap<string, Uint8Array>, name: string): Json {
  const bytes = files.get(name);
  if (!bytes) throw bad(`${name}: no such file`);
  if (bytes.length > MOST_JSON) throw bad(`${name}: ${bytes.length} bytes, expected at most ${MOST_JSON}`);
  const json = readJson(bytes, (message) => bad(`${name}: ${message}`));
  if (!isObject(json)) throw bad(`${name}: expected an object`);
  checkCount(name, json, bad);
  return json;
}

/** A variable: float32, little-endian. */
function variable(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  { filename }: Json,
  shape: readonly number[],
): Numbers {
  if (typeof filename !== 'string')
    throw bad(`filename of ${show(name)}: expected a text, got ${show(filename)}`);
  const bytes = files.get(filename);
  if (!bytes) throw bad(`${show(name)}: no file ${show(filename)}`);
  const length = lengthOf(shape);
  if (bytes.length !== 4 * length)
    throw bad(`${show(name)}: expected ${4 * length} bytes in ${show(filename)}, got ${bytes.length}`);
  const data = new Float32Array(new Uint8Array(bytes).buffer);
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw bad(`${show(name)}: element ${at}: expected a finite number, got ${data[at]}`);
  return { shape, data };
}

/** Characters by index: `vocab.json` has the index of each. */
function vocabularyOf(json: Json): string[] {
  const entries = Object.entries(json);
  const characters: string[] = Array(entries.length);
  for (const [character, index] of entries) {
    const isNew =
      Number.isSafeInteger(index) && (index as number) < entries.length && !((index as number) in characters);
    if (!isNew || (index as number) < 0)
      throw bad(
        `vocab.json: ${show(character)}: expected an index of its own in 0..${entries.length - 1}, got ${show(index)}`,
      );
    characters[index as number] = character;
  }
  return characters;
}

function lstm(i: number, { kernel, bias }: Cell, inputSize: number): TextLayer {
  if (!kernel || !bias) throw bad(`cell ${i}: no ${kernel ? 'bias' : 'kernel'}`);
  const length = bias.data.length;
  const hiddenSize = length / 4;
  if (!Number.isInteger(hiddenSize))
    throw bad(`cell ${i}: a bias of ${length} numbers, which are no four gates`);
  checkShape(`bias of cell ${i}`, bias, [length], bad);
  checkShape(`kernel of cell ${i}`, kernel, [inputSize + hiddenSize, length], bad);
  const cut = inputSize * length;
  const weights = lstmParameters(
    {
      input: { shape: [inputSize, length], data: kernel.data.subarray(0, cut) },
      hidden: { shape: [hiddenSize, length], data: kernel.data.subarray(cut) },
      bias: bias.data,
      gates: [0, 2, 1, 3],
      forgetBias: 1,
    },
    '',
  );
  return { config: { type: 'LSTM', inputSize, hiddenSize }, weights };
}
