import { arrayKind, isArrayBuffer } from '../arrayKind.ts';
import { ArgumentError, Verbatim } from '../errors.ts';

/**
 * Prepares a value for postMessage. Cloning a view clones its whole buffer, so views of a part are replaced by copies
 * of that part. `move` lists the buffers to transfer: those of the copies, or with `transfer` all. What is in several
 * places, or within itself, is so in the result.
 * @throws {ArgumentError} if a buffer is detached, which some engines send as an empty one, or for a function or a symbol
 */
export function portable<T>(
  value: T,
  transfer: boolean,
): { readonly value: T; readonly move: ArrayBuffer[] } {
  const move = new Set<ArrayBuffer>();
  const copies = new Map<object, object>();
  const visit = (it: unknown, path: string): unknown => {
    if (typeof it === 'function' || typeof it === 'symbol')
      throw new ArgumentError(path, 'a value that can be cloned', it);
    if (ArrayBuffer.isView(it)) {
      const { buffer } = it;
      // shared memory is not copied
      if (!isArrayBuffer(buffer)) return it;
      present(buffer, path);
      const whole = it.byteLength === buffer.byteLength;
      const out = whole ? it : copyOf(it, buffer);
      if (!whole || transfer) move.add(out.buffer as ArrayBuffer);
      return out;
    }
    if (isArrayBuffer(it)) {
      present(it, path);
      if (transfer) move.add(it);
      return it;
    }
    const isList = Array.isArray(it);
    if (isList ? !it.some(isLooked) : !isPlain(it)) return it;
    const known = copies.get(it as object);
    if (known) return known;
    const copy = (isList ? it.slice() : { ...(it as object) }) as Record<string, unknown>;
    copies.set(it as object, copy);
    for (const [key, inner] of Object.entries(copy))
      copy[key] = visit(inner, isList ? `${path}[${key}]` : path ? `${path}.${key}` : key);
    return copy;
  };
  return { value: visit(value, '') as T, move: [...move] };
}

/** Whether it may have memory, or be what can't be cloned. */
function isLooked(it: unknown): boolean {
  return typeof it === 'object' || typeof it === 'function' || typeof it === 'symbol';
}

/** Whether it is a plain object. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** @throws {ArgumentError} if the buffer is detached */
function present(buffer: ArrayBuffer, path: string): void {
  if (buffer.byteLength > 0 || !isDetached(buffer)) return;
  throw new ArgumentError(path, 'memory that is not detached', new Verbatim('detached memory'));
}

function isDetached(buffer: ArrayBuffer & { readonly detached?: boolean }): boolean {
  if (buffer.detached !== undefined) return buffer.detached;
  try {
    // Node 20 has no `detached`
    new Uint8Array(buffer);
    return false;
  } catch (error) {
    if (error instanceof TypeError) return true;
    throw error;
  }
}

type View = new (buffer: ArrayBuffer) => ArrayBufferView;

function copyOf(view: ArrayBufferView, buffer: ArrayBuffer): ArrayBufferView {
  // Node's Buffer is a Uint8Array, but its constructor is deprecated
  const make = arrayKind(view) === 'Uint8Array' ? Uint8Array : (view.constructor as View);
  return new make(buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}
