import { env } from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { openTfjs } from '../../../bench/engines/tfjs.mjs';
import plain from '../../node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '../../node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';

export function open() {
  const absolute = (path: string) => new URL(path, location.href).href;
  setWasmPaths({
    'tfjs-backend-wasm.wasm': absolute(plain),
    'tfjs-backend-wasm-simd.wasm': absolute(simd),
    // asked for, but never loaded
    'tfjs-backend-wasm-threaded-simd.wasm': absolute(simd),
  });
  // else it loads the binary for several threads wherever the page may have them
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  setThreadsCount(1);
  return openTfjs('wasm');
}
