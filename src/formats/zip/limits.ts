// In a module without imports, so that bundlers put the numbers where they are used.

/** Deflated files, and copies of tensors, may have this many times the bytes of the file, plus 8 MiB. */
export const MAX_RATIO = 4;
export const MAX_MORE = 2 ** 23;
