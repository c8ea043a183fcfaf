import { UnrolledError } from '../../src/index.ts';
import { loadOnnx } from '../../src/onnx/index.ts';
import { fuseLoops } from '../../src/onnxLoops/index.ts';
import { operators } from '../../src/onnxOperators/index.ts';
import type { Case } from './cases.ts';

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
  let session: ReturnType<typeof loadOnnx> | undefined;
  try {
    session = loadOnnx(bytes, { operators: fuseLoops(operators) });
    session.run(Object.fromEntries(session.inputs.map(({ name }, i) => [name, inputs[i] ?? [1]])));
    return outcome('ran', '');
  } catch (error) {
    if (!(error instanceof UnrolledError)) throw error;
    return outcome('refused', error.message);
  } finally {
    session?.dispose();
  }
}
