import relaxed from './generated/relaxed.ts';

// that is the first import: a bundle that begins with it is the smallest when gzipped

import { inflate } from './inflate.ts';
import type { KernelBuild } from './runtime.ts';

/** The relaxed build, which `init` tries first, comes with the entry: one round trip less. The other is loaded when needed. */
export async function inlinedBuild(kernels: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  return inflate(kernels === 'relaxed' ? relaxed : (await import('./generated/simd.ts')).default);
}
