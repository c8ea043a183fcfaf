import { FormatError, Sequential } from '../index.ts';
import { CliError } from './failure.ts';
import { shown } from './files.ts';

/**
 * Loads a model that `fits` accepts; `what`: what its layers have to match.
 * @throws {CliError} if it can't be loaded or does not fit; the message starts with `path`
 */
export function loadModel(
  path: string,
  bytes: Uint8Array,
  what: string,
  fits: (model: Sequential) => boolean,
): Sequential {
  let model: Sequential;
  try {
    model = Sequential.load(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new CliError(`${shown(path)}: ${error.message}`, 1, { cause: error });
  }
  if (fits(model)) return model;
  model.dispose();
  throw new CliError(`${shown(path)}: its layers do not match ${what}`);
}
