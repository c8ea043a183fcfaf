import { FormatError } from '../../errors.ts';
import { type Errors, readFixture } from './fixture.ts';
import { layerCase } from './layerCase.ts';
import { trainingCase } from './trainingCase.ts';

/** Tolerances of a case: max |difference| / (max |expected| + 1e-6). */
const LIMITS: Errors = { output: 1e-5, gradient: 1e-4 };

export interface Verdict {
  readonly ok: boolean;
  readonly errors: Errors;
}

/**
 * Runs one conformance fixture on the loaded kernels.
 * @throws {UnrolledError} if the file is not a fixture or has an unknown option
 */
export function verify(bytes: Uint8Array): Verdict {
  const fixture = readFixture(bytes);
  const { kind } = fixture.config;
  if (kind !== 'layer' && kind !== 'training') {
    throw new FormatError(`fixture: unknown kind ${JSON.stringify(kind)}`);
  }
  const errors = kind === 'layer' ? layerCase(fixture) : trainingCase(fixture);
  return { ok: errors.output <= LIMITS.output && errors.gradient <= LIMITS.gradient, errors };
}
