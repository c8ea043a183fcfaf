import { compile, exportsOf, holdsKernels } from './module.ts';
import { askForRevectorization, distinct, probe } from './revectorize.ts';

/** Compiles the kernels to 256-bit code; returns undefined and warns with the reason if that is not in effect. */
export async function compile256(
  given: Uint8Array | WebAssembly.Module,
): Promise<WebAssembly.Module | undefined> {
  const reason = askForRevectorization();
  if (reason) {
    console.warn(`unrolled: no 256-bit code: ${reason}`);
    return undefined;
  }
  const module = given instanceof WebAssembly.Module ? given : await compile(distinct(given));
  holdsKernels('wasm', module);
  if (!exportsOf(module).has('sgemm_nn')) {
    console.warn('unrolled: no 256-bit code: kernels that lack some are not checked for it');
    return undefined;
  }
  const { wide, ratio, agrees } = probe(module);
  if (!agrees) console.warn('unrolled: 256-bit code gave other bits than 128-bit code: not used');
  else if (!wide)
    console.warn(`unrolled: no 256-bit code: the engine took no notice (ratio ${ratio.toFixed(2)})`);
  return agrees && wide ? module : undefined;
}
