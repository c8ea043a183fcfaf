import { shorten, show, showShape, Verbatim } from './show.ts';

export { show, showShape, Verbatim };

/** Longest message, in UTF-16 code units. */
const LONGEST_MESSAGE = 400;

/** Base class of all errors thrown by this package. `name` is the class name, also in minified code. */
export class UnrolledError extends Error {
  /** The class name, also in minified code. */
  override readonly name: string = 'UnrolledError';

  /** Messages of more than 400 characters are shortened in the middle. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message && shorten(message, LONGEST_MESSAGE), options);
  }
}

/** A value is out of range or has the wrong type; `argument` names it. */
export class ArgumentError extends UnrolledError {
  override readonly name = 'ArgumentError';
  /** The invalid argument, option or element, such as `lengths[2]`. */
  readonly argument: string;

  /** @param opts `message`: replaces the default message */
  constructor(
    argument: string,
    expected: string,
    got: unknown,
    opts?: ErrorOptions & { message?: string | undefined },
  ) {
    super(opts?.message ?? `${argument}: expected ${expected}, got ${show(got)}`, opts);
    this.argument = argument;
  }
}

/** An array has the wrong rank, shape or length; `argument` names it. */
export class ShapeError extends UnrolledError {
  override readonly name = 'ShapeError';
  /** The argument with the wrong shape or length. */
  readonly argument: string;

  constructor(argument: string, expected: string, got: string | readonly number[]) {
    super(`${argument}: expected ${expected}, got ${typeof got === 'string' ? got : showShape(got)}`);
    this.argument = argument;
  }
}

/** For a shape that fits once its first two sizes change places. */
export const BATCH_FIRST = ' (time-major [T, B]: is this batch first?)';

/** A file or buffer is not valid. Nothing was changed. */
export class FormatError extends UnrolledError {
  override readonly name = 'FormatError';
}

/** More memory was requested than is available, or memory was used after `dispose()`. */
export class MemoryError extends UnrolledError {
  override readonly name = 'MemoryError';
}

/** The engine (or this entry point) lacks a feature, such as WebAssembly or SIMD, or the engine forbids compiling. */
export class FeatureError extends UnrolledError {
  override readonly name = 'FeatureError';
}

/** A call at the wrong time: before `init()`, `backward` without `forward`, a layer in two models. */
export class StateError extends UnrolledError {
  override readonly name: string = 'StateError';
}

/** Where a non-finite number was found in a step with `flow`. */
export interface NonFiniteOrigin {
  /** Index of the recurrent layer, counted from the input. */
  readonly layer: number;
  /** Direction of the pass. */
  readonly direction: 'forward' | 'reverse';
  /** Time step, from 0. */
  readonly timeStep: number;
  /** Gate, such as `i`; `h` for the state, `gradient` for the gradient. */
  readonly gate: string;
}

/** A loss, gradient or output to sample from is NaN or infinite. Nothing was changed. */
export class NonFiniteError extends StateError {
  override readonly name: string = 'NonFiniteError';
  /** For a training step: number of updates made before it. */
  declare readonly step?: number | undefined;
  /** For a training step: mean loss. */
  declare readonly loss?: number | undefined;
  /** For a training step: global 2-norm of the gradients. */
  declare readonly gradNorm?: number | undefined;
  /** For a step with `flow`: see {@link NonFiniteOrigin}. */
  declare readonly layer?: number | undefined;
  /** For a step with `flow`: see {@link NonFiniteOrigin}. */
  declare readonly direction?: 'forward' | 'reverse' | undefined;
  /** For a step with `flow`: see {@link NonFiniteOrigin}. */
  declare readonly timeStep?: number | undefined;
  /** For a step with `flow`: see {@link NonFiniteOrigin}. */
  declare readonly gate?: string | undefined;
  /** For an output: its row. */
  declare readonly row?: number | undefined;
  /** For an output: its index in the row. */
  declare readonly index?: number | undefined;

  constructor(message: string, found: NonFiniteFields = {}) {
    super(message);
    Object.assign(this, found);
  }
}

/** Fields of a `NonFiniteError`. */
export type NonFiniteFields = { readonly [K in keyof NonFiniteOrigin]?: NonFiniteOrigin[K] | undefined } & {
  readonly step?: number | undefined;
  readonly loss?: number | undefined;
  readonly gradNorm?: number | undefined;
  readonly row?: number | undefined;
  readonly index?: number | undefined;
};

/** The error for a feature that only `unrolled` has. */
export function onlyInFullPackage(what: string): FeatureError {
  return new FeatureError(`${what} is only in 'unrolled'`);
}

/**
 * Calls `read`, which reads a user's value. An error thrown by a getter or a Proxy becomes the cause.
 * @param expected what the value should be, if `read` does not check that itself
 * @throws {ArgumentError} if reading the value throws
 */
export function reading<T>(name: string, value: unknown, read: () => T, expected?: string): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(name, value, error, expected);
  }
}

/** The error to throw if reading a user's value threw. */
export function unreadable(
  name: string,
  value: unknown,
  error: unknown,
  expected = 'a readable value',
): UnrolledError {
  if (error instanceof UnrolledError) return error;
  return new ArgumentError(name, expected, value, { cause: error });
}
