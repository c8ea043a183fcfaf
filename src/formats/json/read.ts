import { DEEPEST, isTooDeep } from './depth.ts';

/**
 * The JSON of a file.
 * @param given bytes, text, or what JSON.parse gives
 * @param bad makes the error that is thrown if it is not JSON, or nested too deep
 */
export function readJson(given: unknown, bad: (message: string) => Error): unknown {
  const text = textOf(given);
  if (typeof text !== 'string') return text;
  if (isTooDeep(text)) throw bad(`more than ${DEEPEST} lists and objects within each other`);
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw bad(`not JSON: ${(error as Error).message}`);
  }
}

/** Bytes as text; anything else as it is. */
export function textOf(given: unknown): unknown {
  const isBytes = ArrayBuffer.isView(given) || given instanceof ArrayBuffer;
  return isBytes ? new TextDecoder().decode(given as Uint8Array) : given;
}
