import { ArgumentError, reading } from '../errors.ts';
import { readOnnx } from '../formats/onnx/read.ts';
import { type LoadOnnxOptions, OnnxSession } from './session.ts';

/**
 * Loads an ONNX file (opsets 6 to 28) to run on the kernels.
 * @param bytes the file; nothing of it is kept
 * @throws {FormatError} bytes that are no ONNX file, or a model with an operator, type or opset that is not supported;
 * the message names the node
 * @throws {StateError} before `init()`
 */
export function loadOnnx(bytes: Uint8Array | ArrayBuffer, opts: LoadOnnxOptions = {}): OnnxSession {
  const view = reading('bytes', bytes, () => (bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes));
  if (!ArrayBuffer.isView(view)) throw new ArgumentError('bytes', 'a Uint8Array or ArrayBuffer', bytes);
  return new OnnxSession(readOnnx(view), opts);
}
