import checked from '../generated/checked.ts';
import relaxed from '../generated/relaxed.ts';
import simd from '../generated/simd.ts';

const inlined = { checked, simd, relaxed };

/** The binary of a build. */
export function wasmBytes(build: keyof typeof inlined): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(inlined[build]), (c) => c.charCodeAt(0));
}

/** Node 20 runs the relaxed build only with --experimental-wasm-relaxed-simd, which vitest.config.ts gives it. */
export const relaxedIsSupported = WebAssembly.validate(wasmBytes('relaxed'));
