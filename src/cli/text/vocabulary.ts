import { CharacterVocabulary } from '../../data/characters.ts';
import { ArgumentError } from '../../errors.ts';
import { CliError } from '../failure.ts';

/** A character vocabulary whose errors are those of the program. */
export class Vocabulary extends CharacterVocabulary {
  /** Parses the result of `toString`. @throws {CliError} if it is anything else */
  static parse(text: string): Vocabulary {
    const vocabulary = text === '' ? undefined : new Vocabulary(text);
    if (vocabulary?.toString() !== text)
      throw new CliError('its vocabulary is not a sorted list of characters');
    return vocabulary;
  }

  /** Converts text to indices. @throws {CliError} if a character is not in the vocabulary */
  override encode(text: string): Int32Array<ArrayBuffer> {
    try {
      return super.encode(text);
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      throw new CliError(error.message, 1, { cause: error });
    }
  }
}
