/**
 * All operators for `loadOnnx` besides those that it has itself. It loads them where a file needs them; pass them where `import()` fails.
 * @module unrolled/onnx-operators
 */

export { operators } from './rare.ts';
