import { afterEach, expect, test, vi } from 'vitest';
import { inflate } from '../../src/wasm/inflate.ts';

const text = 'A network unrolled in time. '.repeat(5000);

/** `text` as scripts/build-wasm.mjs packs binaries. */
async function packed(): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

afterEach(() => vi.unstubAllGlobals());

test.each<[string, string[]]>([
  ['as this engine does', []],
  ['without zlib, as browsers', ['Buffer']],
  ['without streams either, as browsers before 2023', ['Buffer', 'DecompressionStream']],
])('what was packed comes out: %s', async (_, without) => {
  const given = await packed();
  for (const name of without) vi.stubGlobal(name, undefined);
  expect(new TextDecoder().decode(await inflate(given))).toBe(text);
});
