import { FormatError } from '../../errors.ts';
import { parseSafetensors, type Tensor } from '../../io/safetensors.ts';

/** A conformance case computed by PyTorch in float64 (format: test/fixtures/README.md). */
export interface Fixture {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Largest relative errors of a case. */
export interface Errors {
  output: number;
  gradient: number;
}

/** @throws {FormatError} if the file is not a fixture of version 1 */
export function readFixture(bytes: Uint8Array): Fixture {
  const { tensors, metadata } = parseSafetensors(bytes);
  if (metadata.format !== 'unrolled-fixture' || metadata.version !== '1') {
    throw new FormatError(
      'not a conformance fixture: its metadata has no format unrolled-fixture, version 1',
    );
  }
  let config: unknown;
  try {
    config = JSON.parse(metadata.config ?? '');
  } catch (error) {
    throw new FormatError(`fixture: config is not valid JSON: ${(error as Error).message}`);
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new FormatError('fixture: config is not a JSON object');
  }
  return { config: config as Record<string, unknown>, tensors };
}

/** The numbers of a tensor. @throws {FormatError} if the fixture has no such tensor */
export function values({ tensors }: Fixture, name: string): Float64Array {
  const tensor = tensors.get(name);
  if (!tensor) throw new FormatError(`fixture: missing tensor ${name}`);
  return Float64Array.from(tensor.data as ArrayLike<number>, Number);
}

/** Tensors whose names start with `prefix`, keyed by the rest of the name. */
export function group({ tensors }: Fixture, prefix: string): [string, Tensor][] {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return found.map(([name, tensor]) => [name.slice(prefix.length), tensor]);
}

/** Max |got − expected| / (max |expected| + 1e-6); Infinity if the lengths differ or a value is NaN. */
export function relativeError(got: ArrayLike<number> | undefined, expected: ArrayLike<number>): number {
  if (got?.length !== expected.length) return Infinity;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(got[i]! - expected[i]!);
    if (!(d <= difference)) difference = Number.isNaN(d) ? Infinity : d;
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return difference / (largest + 1e-6);
}

/**
 * Checks the config keys against the known ones.
 * @throws {FormatError} if an option is unknown
 */
export function knownOnly(config: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const [key, value] of Object.entries(config)) {
    if (!known.includes(key)) throw new FormatError(`unknown option ${key} = ${JSON.stringify(value)}`);
  }
}
