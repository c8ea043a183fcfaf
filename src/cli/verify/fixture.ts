import { FormatError } from '../../errors.ts';
import { parseSafetensors, type Tensor } from '../../io/safetensors.ts';

/** A conformance case: what PyTorch computed in float64 (test/fixtures/README.md has the format). */
export interface Fixture {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Worst relative errors of a case. */
export interface Errors {
  output: number;
  gradient: number;
}

/** @throws {FormatError} a file that is no fixture of version 1 */
export function readFixture(bytes: Uint8Array): Fixture {
  const { tensors, metadata } = parseSafetensors(bytes);
  if (metadata.format !== 'unrolled-fixture' || metadata.version !== '1') {
    throw new FormatError('not a conformance fixture: its metadata lack format unrolled-fixture, version 1');
  }
  let config: unknown;
  try {
    config = JSON.parse(metadata.config ?? '');
  } catch (error) {
    throw new FormatError(`fixture: config is no JSON: ${(error as Error).message}`);
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new FormatError('fixture: config is no JSON object');
  }
  return { config: config as Record<string, unknown>, tensors };
}

/** The numbers of a tensor. @throws {FormatError} a fixture without it */
export function values({ tensors }: Fixture, name: string): Float64Array {
  const tensor = tensors.get(name);
  if (!tensor) throw new FormatError(`fixture: no tensor ${name}`);
  return Float64Array.from(tensor.data as ArrayLike<number>, Number);
}

/** Tensors whose names begin with `prefix`, under the rest of the name. */
export function group({ tensors }: Fixture, prefix: string): [string, Tensor][] {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return found.map(([name, tensor]) => [name.slice(prefix.length), tensor]);
}

/** Max |got − expected| / (max |expected| + 1e-6); Infinity for another length or NaN. */
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
 * Config keys the case may have; any other is an option that is not known.
 * @throws {FormatError} naming the option
 */
export function knownOnly(config: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const [key, value] of Object.entries(config)) {
    if (!known.includes(key)) throw new FormatError(`option ${key} = ${JSON.stringify(value)} is not known`);
  }
}
