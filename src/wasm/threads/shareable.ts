/** Section of a binary that holds its imports, and kind of an import that is a memory; the others are functions. */
const IMPORTS = 2;
const MEMORY = 2;
/** Flags of a memory's limits: it has a maximum; it may be shared. */
const BOUNDED = 1;
const SHARED = 2;

/**
 * The same binary with a memory that may be shared: one flag of its import. Undefined if it has none, as binaries
 * whose memory is not imported with a maximum.
 */
export function shareable(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const at = flagOf(bytes);
  if (at === undefined) return undefined;
  const copy = new Uint8Array(bytes);
  copy[at]! |= SHARED;
  return copy;
}

/** Place of the flags of the imported memory's limits. */
function flagOf(bytes: Uint8Array): number | undefined {
  // after the magic number and the version: sections, each an id, its length, its content
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const length = number();
    if (id !== IMPORTS) {
      at += length;
      continue;
    }
    for (let imports = number(); imports > 0; imports--) {
      // two names, each its length and its bytes, then the kind and, of a function, its type
      for (let i = 0; i < 2; i++) {
        const name = number();
        at += name;
      }
      if (bytes[at++] === MEMORY) return bytes[at] === BOUNDED ? at : undefined;
      number();
    }
  }
  return undefined;
}
