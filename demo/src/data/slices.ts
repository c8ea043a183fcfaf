/** Longest that a task of the main thread works on something large, in ms. */
const SLICE_MS = 8;
/** Units of text between two looks at the clock: well below a millisecond. */
const UNITS = 65_536;

/** Calls `work` on one part 0..length after the other, and lets the page answer in between. */
export async function inSlices(length: number, work: (from: number, to: number) => void): Promise<void> {
  let begun = performance.now();
  for (let from = 0; from < length; from += UNITS) {
    if (performance.now() - begun > SLICE_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      begun = performance.now();
    }
    work(from, Math.min(length, from + UNITS));
  }
}
