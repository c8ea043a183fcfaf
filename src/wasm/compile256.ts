import type { compile, holdsKernels } from './module.ts';
import { askForRevectorization, distinct, probe } from './revectorize.ts';
import type { instantiate } from './runtime.ts';
import type { selectTiles } from './tiles.ts';

/** Given, not imported: bundlers need not share modules between this one, which is loaded when it is asked for, and the rest. */
export interface Means {
  readonly compile: typeof compile;
  readonly holdsKernels: typeof holdsKernels;
  readonly instantiate: typeof instantiate;
  readonly selectTiles: typeof selectTiles;
}

/** Compiles the kernels to 256-bit code; returns undefined and warns with the reason if that is not in effect. */
export async function compile256(
  given: Uint8Array | WebAssembly.Module,
  means: Means,
): Promise<WebAssembly.Module | undefined> {
  const reason = askForRevectorization();
  if (reason) {
    // once: of relaxed kernels that the engine has not, the simd ones come next
    if (given instanceof WebAssembly.Module || WebAssembly.validate(given as BufferSource))
      console.warn(`unrolled: no 256-bit code: ${reason}`);
    return undefined;
  }
  const module = given instanceof WebAssembly.Module ? given : await means.compile(distinct(given));
  means.holdsKernels('wasm', module);
  if (!WebAssembly.Module.exports(module).some(({ name }) => name === 'sgemm_nn')) {
    console.warn('unrolled: no 256-bit code: kernels that lack some are not checked for it');
    return undefined;
  }
  const { wide, ratio, agrees } = probe(module, means);
  if (!agrees) console.warn('unrolled: 256-bit code gave other bits than 128-bit code: not used');
  else if (!wide) {
    const known = ratio >= 0 ? `took no notice (ratio ${ratio.toFixed(2)})` : 'has no clock to measure it by';
    console.warn(`unrolled: no 256-bit code: the engine ${known}`);
  }
  return agrees && wide ? module : undefined;
}
