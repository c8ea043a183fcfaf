import { type KernelBuild, type Runtime, runtimeInfo } from '../index.ts';
import { type Io, print } from './io.ts';
import { loadKernels } from './kernels.ts';
import { type Candidate, candidates } from './tiles.ts';

export interface InfoOptions {
  readonly kernels?: KernelBuild;
  readonly revectorize?: boolean;
  readonly tiles?: boolean;
}

/**
 * `unrolled info`: shows which kernels run here; with `--tiles` also the speed of each GEMM tile and which are used.
 */
export async function info(options: InfoOptions, io: Io): Promise<number> {
  await loadKernels(options.kernels ?? 'auto', options.revectorize);
  const runtime = runtimeInfo();
  const say = (name: string, value: string) => print(io.stdout, `${name.padEnd(14)}${value}\n`);
  await say(
    'engine',
    `Node ${process.versions.node}, V8 ${process.versions.v8}, ${process.platform} ${process.arch}`,
  );
  await say('kernels', `${runtime.kernels} (${bits(runtime)})`);
  await say('256-bit code', runtime.revectorized ? 'in effect: same bits, checked' : 'not in effect');
  if (options.tiles) await print(io.stdout, table(candidates(runtime)));
  return 0;
}

function bits({ kernels }: Runtime): string {
  return kernels === 'simd'
    ? 'the same bits on every engine'
    : 'multiply and add fused where the engine does';
}

function table(rows: readonly Candidate[]): string {
  return [
    '\ntile    GFLOP/s   C[rows, 240] = A[rows, 256]·B packed, one thread\n',
    ...rows.map(({ name, gflops, used }) => {
      return `${name.padEnd(6)}${gflops.toFixed(1).padStart(9)}${used ? '   <-- used' : ''}\n`;
    }),
  ].join('');
}
