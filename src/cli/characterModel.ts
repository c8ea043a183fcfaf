import { CliError } from './failure.ts';
import { readTensors } from './files.ts';
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
