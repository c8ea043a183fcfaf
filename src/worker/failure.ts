import {
  ArgumentError,
  FeatureError,
  FormatError,
  MemoryError,
  ShapeError,
  StateError,
  UnrolledError,
} from '../errors.ts';
import type { Failure } from './protocol.ts';

const own: Record<string, () => Error> = {
  ArgumentError: () => new ArgumentError('', '', ''),
  ShapeError: () => new ShapeError('', '', ''),
  FormatError: () => new FormatError(),
  MemoryError: () => new MemoryError(),
  FeatureError: () => new FeatureError(),
  StateError: () => new StateError(),
  UnrolledError: () => new UnrolledError(),
};
const builtIn: Record<string, () => Error> = {
  TypeError: () => new TypeError(),
  RangeError: () => new RangeError(),
  SyntaxError: () => new SyntaxError(),
  ReferenceError: () => new ReferenceError(),
};

/** Whatever was thrown, as data. */
export function pack(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  const { argument } = error as Partial<ArgumentError>;
  return {
    name,
    message,
    ...(typeof argument === 'string' ? { argument } : {}),
    ...(stack === undefined ? {} : { stack }),
  };
}

/** An error of the same class, with the same message, `argument` and stack. */
export function unpack({ name, ...rest }: Failure): Error {
  const make = { ...builtIn, ...own }[name];
  const error = make ? make() : Object.assign(new Error(), { name });
  return Object.assign(error, rest);
}
