import { ArgumentError, reading, StateError } from '../errors.ts';
import { inflate } from '../wasm/inflate.ts';

/**
 * Loads the processor into a context: from the given URL; otherwise from its file, which may be missing in a bundle,
 * then from the text embedded in this package, which a strict Content-Security-Policy blocks.
 * @throws {ArgumentError} if what is given is no URL
 * @throws {StateError} if it can't be loaded
 */
export async function addProcessor(
  { audioWorklet }: BaseAudioContext,
  given: string | URL | undefined,
): Promise<void> {
  const isUrl =
    given === undefined ||
    typeof given === 'string' ||
    reading('processor', given, () => given instanceof URL);
  if (!isUrl) throw new ArgumentError('processor', 'a URL', given);
  const places = given === undefined ? [file, text] : [() => given];
  let [tried, cause]: unknown[] = [given];
  for (const place of places) {
    try {
      const url = await place();
      tried = url;
      return await audioWorklet.addModule(url);
    } catch (error) {
      cause = error;
    }
  }
  throw new StateError(
    `AudioModel: can't load the processor from ${tried} (${(cause as Error).message}); ` +
      'set the option processor to the URL of a copy of unrolled/audio/processor',
    { cause },
  );
}

function file(): URL {
  // bundlers match this exact expression
  return new URL('./processor.js', import.meta.url);
}

/** Shared by all contexts: a context loads a URL once and rejects a second processor with the same name. */
let blob: Promise<string> | undefined;

function text(): Promise<string> {
  blob ??= makeBlob().catch((error) => {
    // not kept: it may be there next time
    blob = undefined;
    throw error;
  });
  return blob;
}

async function makeBlob(): Promise<string> {
  const { default: packed } = await import('./generated/processor.ts');
  const bytes = await inflate(packed);
  return URL.createObjectURL(new Blob([bytes], { type: 'text/javascript' }));
}
