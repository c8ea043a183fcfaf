import * as ort from 'onnxruntime-web';
import { preparing } from './ort.mjs';

export async function open() {
  ort.env.wasm.numThreads = 1;
  return {
    versions: { 'onnxruntime-web': ort.env.versions.web },
    prepare: preparing(ort, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' }),
  };
}
