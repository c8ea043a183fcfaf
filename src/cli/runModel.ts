import type { Value } from '../modelFiles/opened.ts';
import { CliError, printable } from './failure.ts';
import { shown } from './files.ts';
import { type Io, print } from './io.ts';
import { loadKernels } from './kernels.ts';
import { readValues } from './modelValues.ts';
import { openModel } from './openModel.ts';
import { mark } from './style.ts';

/** Maximum of the largest difference divided by the largest expected value. */
const LIMIT = 1e-4;
/** Spacing of float32 at 1: runtimes that compute sigmoid as 0.5 + p/q round small values by up to that. */
const SPACING = 2 ** -23;

export interface RunOptions {
  readonly inputs?: string;
  readonly oracle?: string;
  readonly kernels?: 'simd' | 'relaxed';
}

/**
 * `unrolled run`: runs a model on inputs and prints the outputs as JSON; with an oracle, compares them with the outputs
 * of the file's own runtime.
 */
export async function runModel(path: string, options: RunOptions, io: Io): Promise<number> {
  await loadKernels(options.kernels ?? 'auto');
  const opened = await openModel(path, io);
  if (!opened.run) throw new CliError(`${shown(path)}: can't run: ${opened.whyNot ?? 'it is not a model'}`);
  const oracle = options.oracle === undefined ? undefined : await readValues(options.oracle, io);
  const given = options.inputs === undefined ? oracle : await readValues(options.inputs, io);
  if (oracle && !oracle.outputs) throw new CliError(`${shown(options.oracle!)}: no outputs to compare with`);
  const outputs = await opened.run(given?.inputs);
  if (oracle?.outputs) return compare(outputs, oracle.outputs, io);
  const listed = outputs.map(({ data, ...rest }) => ({ ...rest, data: Array.from(data, jsonNumber) }));
  await print(io.stdout, `${JSON.stringify({ outputs: listed })}\n`);
  return 0;
}

/** Prints a line per output and the sums. Outputs without a name, or of other names, are compared in their order. */
async function compare(outputs: readonly Value[], expected: readonly Value[], io: Io): Promise<number> {
  let failed = 0;
  for (const [i, wanted] of expected.entries()) {
    const found = outputs.find(({ name }) => name === wanted.name) ?? outputs[i];
    const { error, largest, why } = difference(found, wanted);
    const isOk = error <= LIMIT || largest <= SPACING;
    if (!isOk) failed++;
    const name = found?.name ?? wanted.name;
    await print(io.stdout, `${mark(io.stdout, isOk)} ${error.toExponential(2)} ${printable(name)}${why}\n`);
  }
  await print(io.stdout, `${expected.length - failed} passed, ${failed} failed\n`);
  return failed ? 1 : 0;
}

/** The largest difference, also divided by the largest expected value; infinite if they can't be compared. */
function difference(
  found: Value | undefined,
  wanted: Value,
): { error: number; largest: number; why: string } {
  const refused = (why: string) => ({ error: Infinity, largest: Infinity, why });
  if (!found) return refused(': no such output');
  const sizes = ({ dims }: Value) => dims.filter((size) => size !== 1).join();
  if (found.data.length !== wanted.data.length || sizes(found) !== sizes(wanted)) {
    return refused(`: [${found.dims.join(', ')}], expected [${wanted.dims.join(', ')}]`);
  }
  let [largest, most] = [0, 0];
  for (let i = 0; i < wanted.data.length; i++) {
    const [a, b] = [Number(found.data[i]), Number(wanted.data[i])];
    if (Object.is(a, b)) continue;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return refused(`: ${a} at ${i}, expected ${b}`);
    largest = Math.max(largest, Math.abs(a - b));
  }
  for (let i = 0; i < wanted.data.length; i++) {
    const size = Math.abs(Number(wanted.data[i]));
    if (Number.isFinite(size)) most = Math.max(most, size);
  }
  return { error: largest === 0 ? 0 : largest / Math.max(most, Number.MIN_VALUE), largest, why: '' };
}

function jsonNumber(value: number | bigint): number | string {
  const number = Number(value);
  return Number.isFinite(number) ? number : String(number);
}
