/**
 * Folders of suites in which browsers differ least: kernels one by one, plain TypeScript, and programs of TF.js. `npm test`
 * runs them in Node, some of them with fewer cases; with the slow suites they run in whole, in Node and in browsers.
 */
export const whole = ['formats', 'io', 'keras', 'kernels', 'onnx', 'onnxWriter', 'reference', 'tfjs'];
