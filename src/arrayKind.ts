const tag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!;

/**
 * The class name of a typed array, such as `Float32Array`; undefined for everything else. It is read from the
 * internal slot of %TypedArray%, so it works for subclasses, other realms and shared memory, and calls no code of the
 * value.
 */
export function arrayKind(value: unknown): string | undefined {
  return tag.get!.call(value);
}

/** Whether it is a typed array of numbers. */
export function isNumberArray(value: unknown): boolean {
  return arrayKind(value)?.startsWith('Big') === false;
}

/** Whether it is a typed array of floats. */
export function isFloatArray(value: unknown): boolean {
  return arrayKind(value)?.startsWith('Float') === true;
}

const byteLength = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!;

/** Whether it is an ArrayBuffer of any realm; false for a SharedArrayBuffer. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    byteLength.get!.call(value);
    return true;
  } catch {
    return false;
  }
}
