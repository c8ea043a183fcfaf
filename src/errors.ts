import { shorten, show, showShape, Verbatim } from './show.ts';

export { show, showShape, Verbatim };

/** Longest message, in UTF-16 code units. */
const LONGEST_MESSAGE = 400;

/** Base of every error this package throws on purpose; `name` tells which, minified or not. */
export class UnrolledError extends Error {
  /** The name of the class: it survives a bundler that renames classes. */
  override readonly name: string = 'UnrolledError';

  /** A message of more than 400 characters is shortened in its middle. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message && shorten(message, LONGEST_MESSAGE), options);
  }
}

/** A value out of its range or of the wrong type: `argument` names it. */
export class ArgumentError extends UnrolledError {
  override readonly name = 'ArgumentError';
  /** The argument, option or element that does not fit, such as `lengths[2]`. */
  readonly argument: string;

  /** @param opts `message`: instead of the one made of what was expected and what came */
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

/** An array whose rank, shape or length does not fit: `argument` names it. */
export class ShapeError extends UnrolledError {
  override readonly name = 'ShapeError';
  /** The argument whose shape or length does not fit. */
  readonly argument: string;

  constructor(argument: string, expected: string, got: string | readonly number[]) {
    super(`${argument}: expected ${expected}, got ${typeof got === 'string' ? got : showShape(got)}`);
    this.argument = argument;
  }
}

/** For a shape that fits once its first two sizes change places. */
export const BATCH_FIRST = ' (time-major [T, B, ...] expected: is this batch first?)';

/** A file or buffer that breaks the rules of its format. Nothing of it was used. */
export class FormatError extends UnrolledError {
  override readonly name = 'FormatError';
}

/** More memory asked for than WebAssembly or the engine gives, or memory used after `dispose()`. */
export class MemoryError extends UnrolledError {
  override readonly name = 'MemoryError';
}

/** The engine lacks a feature (SIMD, WebAssembly itself) or refuses to compile; or the import at hand lacks it. */
export class FeatureError extends UnrolledError {
  override readonly name = 'FeatureError';
}

/** A call at the wrong time: before `init()`, a backward without its forward, a layer in two models. */
export class StateError extends UnrolledError {
  override readonly name: string = 'StateError';
}

/** Where a number that is not finite was found in a step with `flow`. */
export interface NonFiniteOrigin {
  /** Counted over all recurrent layers from the input. */
  readonly layer: number;
  /** Of the pass. */
  readonly direction: 'forward' | 'reverse';
  /** Of the sequence, from 0. */
  readonly timeStep: number;
  /** Such as `i`; `h` for the state, `gradient` for the gradient on its way back. */
  readonly gate: string;
}

/** Numbers that are NaN or infinite, found before they changed anything: a loss, a gradient, or outputs to sample from. */
export class NonFiniteError extends StateError {
  override readonly name: string = 'NonFiniteError';
  /** Of a training step: updates made before. */
  declare readonly step?: number | undefined;
  /** Of a training step: mean loss. */
  declare readonly loss?: number | undefined;
  /** Of a training step: global 2-norm of the gradients. */
  declare readonly gradNorm?: number | undefined;
  /** Of a step with `flow`: as in {@link NonFiniteOrigin}. */
  declare readonly layer?: number | undefined;
  /** Of a step with `flow`: as in {@link NonFiniteOrigin}. */
  declare readonly direction?: 'forward' | 'reverse' | undefined;
  /** Of a step with `flow`: as in {@link NonFiniteOrigin}. */
  declare readonly timeStep?: number | undefined;
  /** Of a step with `flow`: as in {@link NonFiniteOrigin}. */
  declare readonly gate?: string | undefined;
  /** Of an output: its row. */
  declare readonly row?: number | undefined;
  /** Of an output: which one of the row. */
  declare readonly index?: number | undefined;

  constructor(message: string, found: NonFiniteFields = {}) {
    super(message);
    Object.assign(this, found);
  }
}

/** What a `NonFiniteError` carries beside its message. */
export type NonFiniteFields = { readonly [K in keyof NonFiniteOrigin]?: NonFiniteOrigin[K] | undefined } & {
  readonly step?: number | undefined;
  readonly loss?: number | undefined;
  readonly gradNorm?: number | undefined;
  readonly row?: number | undefined;
  readonly index?: number | undefined;
};

/** What only the whole package has. */
export function onlyInFullPackage(what: string): FeatureError {
  return new FeatureError(
    `${what} is only in 'unrolled', not in 'unrolled/core', 'unrolled/slim' or 'unrolled/inference'`,
  );
}

/**
 * What `read` gives, which reads a value from outside: what its getters or a Proxy's traps throw becomes the cause.
 * @throws {ArgumentError} a value that throws when it is read
 */
export function reading<T>(name: string, value: unknown, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(name, value, error);
  }
}

/** What is thrown for an error that came while a value from outside was read. */
export function unreadable(name: string, value: unknown, error: unknown): UnrolledError {
  if (error instanceof UnrolledError) return error;
  return new ArgumentError(name, 'a value that can be read', value, { cause: error });
}
