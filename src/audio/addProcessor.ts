import { StateError } from '../errors.ts';
import { inflate } from '../wasm/inflate.ts';

/**
 * Loads the processor into a context: from the URL that is given, else from its file, which bundles may lack, else from
 * its text, which this package holds, too, and which a strict Content-Security-Policy refuses.
 * @throws {StateError} it can't be loaded
 */
export async function addProcessor(
  { audioWorklet }: BaseAudioContext,
  given: string | URL | undefined,
): Promise<void> {
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
    `AudioModel: ${tried} can’t be loaded as the processor (${(cause as Error).message}); ` +
      'the option processor is the URL of a copy of unrolled/audio/processor',
    { cause },
  );
}

function file(): URL {
  // bundlers look for these very words
  return new URL('./processor.js', import.meta.url);
}

/** One for all contexts: a context loads a URL once, and refuses a processor of the same name from another. */
let blob: Promise<string> | undefined;

function text(): Promise<string> {
  blob ??= import('./generated/processor.ts').then(async ({ default: packed }) => {
    const bytes = await inflate(packed);
    return URL.createObjectURL(new Blob([bytes], { type: 'text/javascript' }));
  });
  return blob;
}
