/** Base of every error this package throws on purpose; `name` tells which, minified or not. */
export class UnrolledError extends Error {
  /** The name of the class: it survives a bundler that renames classes. */
  override readonly name: string = 'UnrolledError';
}

/** A value out of its range or of the wrong type: `argument` names it. */
export class ArgumentError extends UnrolledError {
  override readonly name = 'ArgumentError';
  /** The argument, option or element that does not fit, such as `lengths[2]`. */
  readonly argument: string;

  constructor(argument: string, expected: string, got: unknown) {
    super(`${argument}: expected ${expected}, got ${show(got)}`);
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
  override readonly name = 'StateError';
}

/** What only the whole package has. */
export function elsewhere(what: string): FeatureError {
  return new FeatureError(
    `${what} takes 'unrolled': core, slim and inference have torch.nn's cells and whole sequences alone`,
  );
}

/** `[2, 3]` as text. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** Words about what came, shown as they are. */
export class Words {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function show(value: unknown): string {
  if (value instanceof Words) return value.text;
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (value === null || typeof value !== 'object')
    return typeof value === 'function' ? 'a function' : String(value);
  if (Array.isArray(value))
    return value.length <= 8 ? `[${value.map(show).join(', ')}]` : `an array of ${value.length}`;
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name}(${'length' in value ? value.length : value.byteLength})`;
  const { name = '' } = value.constructor ?? {};
  if (name === '' || name === 'Object') return 'an object';
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}
