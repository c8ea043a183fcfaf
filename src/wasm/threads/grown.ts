/** A memory, which may have grown since its view was made. */
export interface Grown {
  readonly memory: WebAssembly.Memory;
  words: Int32Array;
}

/** A view of `end` words at least. */
export function wordsUpTo(end: number, of: Grown): Int32Array {
  if (end > of.words.length) of.words = new Int32Array(of.memory.buffer);
  return of.words;
}
