/** A text, or one that is too long to be held as a string. */
export type LongText = string | Blob;

/** Longest that a task of the main thread works on something large, in ms. */
const SLICE_MS = 8;
/** Units of text, or bytes, between two looks at the clock: about a millisecond. */
const PART = 65_536;

/** The parts of a text one after the other, in between which the page answers. */
export async function* partsOf(text: LongText): AsyncGenerator<string> {
  const length = typeof text === 'string' ? text.length : text.size;
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let begun = performance.now();
  for (let from = 0; from < length; from += PART) {
    if (performance.now() - begun > SLICE_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      begun = performance.now();
    }
    if (typeof text === 'string') yield text.slice(from, from + PART);
    else yield decoder.decode(await text.slice(from, from + PART).arrayBuffer(), { stream: true });
  }
  // of a character that is cut off
  yield decoder.decode();
}
