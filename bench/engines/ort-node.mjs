import * as ort from 'onnxruntime-node';
import { preparing } from './ort.mjs';

export async function open() {
  return {
    versions: { 'onnxruntime-node': ort.env.versions.node },
    prepare: preparing(ort, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      executionMode: 'sequential',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    }),
  };
}
