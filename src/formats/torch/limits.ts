// In a module without imports, so that bundlers put the numbers where they are used.

/** Maximum number of values on the stack: Python writes long lists and dicts in parts of 1,000. */
export const MAX_STACK = 2 ** 16;
/**
 * What the pickles of a file may cost besides three times its bytes, and eight times those of files inside: 128 per opcode
 * that makes an object, about its bytes, and per pair that a call makes; 2 per other opcode.
 */
export const MAX_COST = 2 ** 23;
/** Maximum number of bytes of an integer. */
export const MAX_INTEGER = 64;
/** Maximum nesting of files inside of pickles. */
export const MAX_NESTED = 8;
/**
 * Limits of what is walked: values that contain others many times over, or each other. 64 characters of a path, and a
 * dimension of a tensor, are one more value.
 */
export const MAX_DEPTH = 200;
export const MAX_VALUES = 2 ** 20;
/** Limits of what is kept of other values (and of names of globals): the depth leaves out an optimizer's state. */
export const MAX_KEPT_DEPTH = 3;
export const MAX_LIST = 64;
export const MAX_TEXT = 4096;
/** First byte of a zip archive. */
export const PK = 0x50;
