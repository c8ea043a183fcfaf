import { StateError } from './errors.ts';

/**
 * A module that is loaded when it is needed.
 * @throws {StateError} where `import()` fails, as in service workers; the message says what to pass instead
 */
export async function imported<T>(module: Promise<T>, what: string, instead: string): Promise<T> {
  try {
    return await module;
  } catch (cause) {
    throw new StateError(`import() of ${what} failed; without it, import ${instead}`, { cause });
  }
}
