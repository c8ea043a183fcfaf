import { arrayKind, isArrayBuffer } from '../arrayKind.ts';
import { ArgumentError, Verbatim } from '../errors.ts';

/**
 * Prepares a value for postMessage. Cloning a view clones its whole buffer, so views of a part are replaced by copies
 * of that part. `move` lists the buffers to transfer: those of the copies, or with `transfer` all.
 * @throws {ArgumentError} if a buffer is detached: some engines send it as an empty one
 */
export function portable<T>(
  value: T,
  transfer: boolean,
): { readonly value: T; readonly move: ArrayBuffer[] } {
  const move = new Set<ArrayBuffer>();
  const visit = (it: unknown, path: string): unknown => {
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
    if (Array.isArray(it)) {
      return it.some((inner) => typeof inner === 'object')
        ? it.map((inner, i) => visit(inner, `${path}[${i}]`))
        : it;
    }
    if (!isPlain(it)) return it;
    return Object.fromEntries(
      Object.entries(it).map(([key, inner]) => [key, visit(inner, path ? `${path}.${key}` : key)]),
    );
  };
  return { value: visit(value, '') as T, move: [...move] };
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
