import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseSafetensors } from '../io/safetensors.ts';
import { KEY } from '../model/core/save.ts';
import type { KernelBuild } from '../wasm/runtime.ts';

/** The version of this package. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

/** What gradients depend on besides the data: two processes of the same identity compute the same bits with `simd`. */
export async function identityOf(kernels: KernelBuild, model?: Uint8Array): Promise<string> {
  const { default: binary } =
    kernels === 'relaxed'
      ? await import('../wasm/generated/relaxed.ts')
      : await import('../wasm/generated/simd.ts');
  const of = model ? `, model ${hash(describe(model))}` : '';
  return `${packageVersion()}, kernels ${kernels} ${hash(binary)}${of}`;
}

/** The layers of a saved model and how they are connected. */
function describe(model: Uint8Array): string {
  const { version, layers, graph } = JSON.parse(parseSafetensors(model).metadata[KEY]!);
  return JSON.stringify({ version, layers, graph });
}

function hash(of: string): string {
  return createHash('sha256').update(of).digest('hex').slice(0, 12);
}
