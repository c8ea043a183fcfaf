import checked from '../generated/checked.ts';
import checkedQuant from '../generated/checked-quant.ts';
import relaxed from '../generated/relaxed.ts';
import relaxedQuant from '../generated/relaxed-quant.ts';
import simd from '../generated/simd.ts';
import simdQuant from '../generated/simd-quant.ts';

const inlined = {
  ...{ checked, simd, relaxed },
  ...{ 'checked quant': checkedQuant, 'simd quant': simdQuant, 'relaxed quant': relaxedQuant },
};

/** The binary of a build. */
export function wasmBytes(build: keyof typeof inlined): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(inlined[build]), (c) => c.charCodeAt(0));
}

/** Node 20 runs the relaxed build only with --experimental-wasm-relaxed-simd, which vitest.config.ts gives it. */
export const relaxedIsSupported = WebAssembly.validate(wasmBytes('relaxed'));
