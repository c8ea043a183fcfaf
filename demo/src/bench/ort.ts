import * as ort from 'onnxruntime-web/wasm';
import { preparing } from '../../../bench/engines/ort.mjs';

export async function open() {
  ort.env.wasm.numThreads = 1;
  return { prepare: preparing(ort, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' }) };
}
