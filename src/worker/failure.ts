import * as errors from '../errors.ts';
import type { Failure } from './protocol.ts';

const own: Record<string, () => Error> = {
  ArgumentError: () => new errors.ArgumentError('', '', ''),
  ShapeError: () => new errors.ShapeError('', '', ''),
  FormatError: () => new errors.FormatError(),
  MemoryError: () => new errors.MemoryError(),
  NonFiniteError: () => new errors.NonFiniteError(''),
  FeatureError: () => new errors.FeatureError(),
  StateError: () => new errors.StateError(),
  UnrolledError: () => new errors.UnrolledError(),
};
const builtIn: Record<string, () => Error> = {
  TypeError: () => new TypeError(),
  RangeError: () => new RangeError(),
  SyntaxError: () => new SyntaxError(),
  ReferenceError: () => new ReferenceError(),
};

/** Converts any thrown value to data that can be cloned. */
export function pack(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: textOf(() => error) };
  const { argument } = error as Partial<errors.ArgumentError>;
  return {
    name: textOf(() => error.name),
    message: textOf(() => error.message),
    ...(typeof argument === 'string' ? { argument } : {}),
    ...(error instanceof errors.NonFiniteError ? { numbers: { ...error } } : {}),
    stack: textOf(() => error.stack),
  };
}

/** Converts a value of user code to text; reading or converting it may throw. */
function textOf(read: () => unknown): string {
  try {
    return String(read());
  } catch {
    return 'a value that has no text';
  }
}

/** Restores an error with its class, message, stack, `argument` and the fields of a NonFiniteError. */
export function unpack({ name, numbers, ...rest }: Failure): Error {
  const make = { ...builtIn, ...own }[name];
  const error = make ? make() : Object.assign(new Error(), { name });
  return Object.assign(error, rest, numbers);
}
