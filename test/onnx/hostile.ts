import { UnrolledError } from '../../src/index.ts';
import type { Case } from './cases.ts';
import { sessionOf } from './sessionOf.ts';

/** A file, and what became of it. */
export interface Outcome {
  readonly what: 'ran' | 'refused';
  readonly message: string;
  readonly ms: number;
}

/** Loads and runs a file. @throws what is no error of this package */
export function tryFile(bytes: Uint8Array, { inputs }: Case): Outcome {
  const began = performance.now();
  const outcome = (what: Outcome['what'], message: string) => ({
    what,
    message,
    ms: performance.now() - began,
  });
  let session: ReturnType<typeof sessionOf> | undefined;
  try {
    session = sessionOf(bytes);
    session.run(Object.fromEntries(session.inputs.map(({ name }, i) => [name, inputs[i] ?? [1]])));
    return outcome('ran', '');
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    return outcome('refused', error.message);
  } finally {
    session?.dispose();
  }
}
