const tag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!;

/**
 * The class of a typed array, such as `Float32Array`, of any realm; undefined of everything else. It is read from the
 * internal slot of %TypedArray%, so subclasses, iframes, `vm` contexts and shared memory make no difference, and nothing
 * of the value is called.
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

/** Whether it is an ArrayBuffer, of any realm; shared memory is none. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    byteLength.get!.call(value);
    return true;
  } catch {
    return false;
  }
}
