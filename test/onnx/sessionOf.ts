import { readOnnx } from '../../src/formats/onnx/read.ts';
import { fuseLoops } from '../../src/onnxLoops/index.ts';
import { operators } from '../../src/onnxOperators/index.ts';
import { OnnxSession } from '../../src/onnxSession/session.ts';

/** Every operator, with loops as layers. */
export const ALL = fuseLoops(operators);

/** What `loadOnnx` gives, without waiting. */
export function sessionOf(bytes: Uint8Array): OnnxSession {
  return new OnnxSession(readOnnx(bytes), { operators: ALL });
}
