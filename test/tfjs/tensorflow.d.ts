// Without types, so that the tests of everything else compile where TF.js is not installed.
declare module '@tensorflow/tfjs';
declare module '@tensorflow/tfjs-backend-wasm';
declare module '@tensorflow/tfjs-layers/dist/tf-layers.es2017.js';
