/**
 * Folders of suites in which browsers differ least: kernels and layers one by one, plain TypeScript, and programs of TF.js;
 * and those of WorkerTrainer, most of which start a worker per test.
 * `npm test` runs them in Node, some of them with fewer cases; with the slow suites they run in whole, in Node and in
 * browsers.
 */
export const whole = [
  'custom',
  'data',
  'diagnostics',
  'fit',
  'formats',
  'graph',
  'hostile',
  'init',
  'io',
  'keras',
  'kernels',
  'layers',
  'onnx',
  'onnxWriter',
  'optim',
  'quant',
  'reference',
  'tfjs',
  'tfjsWriter',
  'worker',
];
