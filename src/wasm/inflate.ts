import { FeatureError } from '../errors.ts';

/** Bytes of a base64 text. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const direct = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> })
    .fromBase64;
  return direct ? direct.call(Uint8Array, text) : Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/**
 * A binary as scripts/build-wasm.mjs inlines it: raw deflate in base64. Gzip can't find in base64 what repeats in the
 * bytes: 14.7 kB instead of 21.3.
 * @throws {FeatureError} an engine without DecompressionStream
 */
export async function inflate(text: string): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof DecompressionStream === 'undefined') {
    throw new FeatureError(
      'this engine has no DecompressionStream: give init({ wasm }) of unrolled/slim the kernels',
    );
  }
  const stream = new Blob([decodeBase64(text)]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
