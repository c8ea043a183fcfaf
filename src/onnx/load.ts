import { callable, options } from '../check.ts';
import { ArgumentError } from '../errors.ts';
import { readOnnx } from '../formats/onnx/read.ts';
import { toBytes } from '../io/parse.ts';
import { type LoadOnnxOptions, OnnxSession } from '../onnxSession/session.ts';
import { operatorsFor } from './operatorsFor.ts';

/**
 * Loads an ONNX file (opsets 6 to 28) to run on the kernels. Operators that this entry lacks are loaded with `import()` if the
 * file has them and `operators` does not.
 * @param bytes the file; nothing of it is kept
 * @throws {FormatError} bytes that are no ONNX file, or a model with an operator, type or opset that is not supported;
 * the message names the node
 * @throws {ArgumentError} an option that is unknown or has the wrong type
 * @throws {StateError} before `init()`, or where `import()` fails
 */
export async function loadOnnx<M = unknown>(
  bytes: Uint8Array | ArrayBuffer,
  opts: LoadOnnxOptions<M> = {},
): Promise<OnnxSession<M>> {
  const view = toBytes(bytes);
  const given = options('loadOnnx', opts, { shapes: true, operators: true, toModel: true });
  const { operators = {} } = given;
  checkTable('operators', operators, (name, table) => checkTable(name, table, callable));
  if (given.toModel !== undefined) callable('toModel', given.toModel);
  const file = readOnnx(view);
  const names = file.graph.inputs.flatMap(({ name, shape = [] }) => [name, ...shape]);
  options('shapes', given.shapes, Object.fromEntries(names.map((name) => [name, true])));
  return new OnnxSession(file, { ...given, operators: await operatorsFor(file, given.operators) });
}

/** Checks a table, and what is in it. */
function checkTable(name: string, table: unknown, check: (name: string, value: unknown) => void): void {
  if (!table || typeof table !== 'object' || Array.isArray(table))
    throw new ArgumentError(name, 'those of unrolled/onnx-operators', table);
  for (const [key, value] of Object.entries(table)) check(`${name}['${key}']`, value);
}
