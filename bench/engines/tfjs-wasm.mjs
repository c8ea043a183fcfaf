import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { openTfjs } from './tfjs.mjs';

export function open() {
  const { resolve } = createRequire(import.meta.url);
  setWasmPaths(`${dirname(resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/${join('dist', '/')}`);
  setThreadsCount(1);
  return openTfjs('wasm');
}
