/**
 * What is read from internal slots works for subclasses, other realms and shared memory, and calls no code of the value.
 */
const slot = (of: object, name: PropertyKey) => Object.getOwnPropertyDescriptor(of, name)!.get!;
const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const kindOf = slot(typedArray, Symbol.toStringTag);
const lengthOf = slot(typedArray, 'length');
const bufferOf = slot(typedArray, 'buffer');
const byteLengthOf = slot(ArrayBuffer.prototype, 'byteLength');

/** The class name of a typed array, such as `Float32Array`; undefined for everything else. */
export function arrayKind(value: unknown): string | undefined {
  return kindOf.call(value);
}

/** Length of a typed array of numbers; -1 for everything else. */
export function typedLength(value: unknown): number {
  return isNumberArray(value) ? lengthOf.call(value) : -1;
}

/** Memory of a typed array. */
export function bufferOfTyped(value: unknown): ArrayBufferLike {
  return bufferOf.call(value);
}

/** Whether it is a typed array of numbers. */
export function isNumberArray(value: unknown): boolean {
  const kind = arrayKind(value);
  // its first letter: Float32Array, Int8Array, Uint8Array, but BigInt64Array; startsWith is a call in optimized code
  return kind !== undefined && kind[0] !== 'B';
}

/** Whether it is a typed array of floats. */
export function isFloatArray(value: unknown): boolean {
  return arrayKind(value)?.[0] === 'F';
}

/** Whether it is an ArrayBuffer of any realm; false for a SharedArrayBuffer. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    byteLengthOf.call(value);
    return true;
  } catch {
    return false;
  }
}
