import type { KernelBuild } from '../index.ts';
import { printable } from './failure.ts';
import { readBytes, readTensors } from './files.ts';
import { type Io, print } from './io.ts';
import { loadKernels } from './kernels.ts';
import { mark } from './style.ts';
import { verify } from './verify/verify.ts';

export interface VerifyOptions {
  readonly kernels?: KernelBuild;
  readonly revectorize?: boolean;
}

/** `unrolled verify`: prints one line per file, then the totals; returns 1 if a case failed. */
export async function verifyCommand(
  files: readonly string[],
  options: VerifyOptions,
  io: Io,
): Promise<number> {
  await loadKernels(options.kernels ?? 'auto', options.revectorize);
  let failed = 0;
  for (const file of files) {
    const { ok, says } = verdict(file);
    if (!ok) failed++;
    await print(io.stdout, `${mark(io.stdout, ok)}  ${printable(file)}  ${printable(says)}\n`);
  }
  await print(io.stdout, `${files.length - failed} passed, ${failed} failed\n`);
  return failed ? 1 : 0;
}

function verdict(file: string): { ok: boolean; says: string } {
  try {
    const bytes = readBytes(file);
    readTensors(bytes, file);
    const { ok, errors } = verify(bytes);
    return { ok, says: `outputs ${number(errors.output)}, gradients ${number(errors.gradient)}` };
  } catch (error) {
    const { message } = error as Error;
    // the line already starts with the file
    return { ok: false, says: message.startsWith(`${file}: `) ? message.slice(file.length + 2) : message };
  }
}

function number(error: number): string {
  return Number.isFinite(error) ? error.toExponential(1) : String(error);
}
