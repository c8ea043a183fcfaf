import { afterAll, expect } from 'vitest';
import { isLoaded, type Runtime, runtime, takeTurn } from '../src/wasm/runtime.ts';

/** Typed arrays of the same bytes are equal. What differs is left to vitest, which takes 100 times as long. */
function sameBytes(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return undefined;
  if (a.constructor !== b.constructor || a.byteLength !== b.byteLength) return undefined;
  const [here, there] = [a, b].map((it) => new Uint8Array(it.buffer, it.byteOffset, it.byteLength));
  for (let i = 0; i < here!.length; i++) if (here![i] !== there![i]) return undefined;
  return true;
}

expect.addEqualityTesters([sameBytes]);

const { process } = globalThis as { process?: NodeJS.Process };
const before = process?.cpuUsage?.();

// for test/cost.ts
// biome-ignore lint/correctness/noEmptyPattern: a fixture's place, which vitest wants to be a pattern
afterAll(({}, file) => {
  if (!before) return;
  const { user, system } = process!.cpuUsage(before);
  file.meta.cpu = (user + system) / 1e6;
});

/** Of all suites that share this process or page: the kernels of the whole package, loaded last. */
const shared = globalThis as { wholePackage?: Runtime };

// kernels of unrolled/core or unrolled/inference are not left to the next suite
afterAll(() => {
  if (!isLoaded()) return;
  const isWhole = WebAssembly.Module.exports(runtime().module).some(
    ({ name }) => name === 'configurable_forward',
  );
  if (isWhole) shared.wholePackage = runtime();
  else takeTurn()(shared.wholePackage as Runtime);
});
