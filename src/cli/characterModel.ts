import { Embedding, Linear, type Sequential } from '../index.ts';
import { CliError } from './failure.ts';
import { readTensors } from './files.ts';
import { loadModel } from './loadModel.ts';
import { Vocabulary } from './text/vocabulary.ts';
import { checkSaved, named, readTraining } from './train/training.ts';

/** The vocabulary of a character model. @throws {CliError} if the file is not one or is damaged; the message starts with `path` */
export function readCharacterModel(bytes: Uint8Array, path: string): Vocabulary {
  const { metadata } = readTensors(bytes, path);
  return named(path, () => {
    checkSaved(metadata);
    if (metadata.vocabulary !== undefined) {
      const vocabulary = Vocabulary.parse(metadata.vocabulary);
      readTraining(metadata);
      return vocabulary;
    }
    const hint = metadata.columns === undefined ? '' : ': it forecasts a table (unrolled forecast)';
    throw new CliError(`the model has no character vocabulary${hint}`);
  });
}

/** Loads a character model. @throws {CliError} if its layers do not match the vocabulary; the message starts with `path` */
export function loadCharacterModel(path: string, bytes: Uint8Array, { size }: Vocabulary): Sequential {
  return loadModel(path, bytes, `its vocabulary of ${size} characters`, ({ layers }) => {
    const [first, last] = [layers[0], layers.at(-1)];
    const isCharacters = first instanceof Embedding && last instanceof Linear;
    return isCharacters && first.numEmbeddings === size && last.outFeatures === size;
  });
}
