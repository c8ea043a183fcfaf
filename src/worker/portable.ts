import { arrayKind, isArrayBuffer } from '../arrayKind.ts';

/**
 * A value as postMessage should get it. Cloning a view clones all of the buffer behind it, so views of a part become
 * copies of that part; `move` lists the buffers that may be transferred: of those copies, and with `transfer` all.
 */
export function portable<T>(
  value: T,
  transfer: boolean,
): { readonly value: T; readonly move: ArrayBuffer[] } {
  const move = new Set<ArrayBuffer>();
  const visit = (it: unknown): unknown => {
    if (ArrayBuffer.isView(it)) {
      const { buffer } = it;
      // shared memory is shared
      if (!isArrayBuffer(buffer)) return it;
      const whole = it.byteLength === buffer.byteLength;
      const out = whole ? it : copyOf(it, buffer);
      if (!whole || transfer) move.add(out.buffer as ArrayBuffer);
      return out;
    }
    if (isArrayBuffer(it)) {
      if (transfer) move.add(it);
      return it;
    }
    if (Array.isArray(it)) return it.some((inner) => typeof inner === 'object') ? it.map(visit) : it;
    if (!isPlain(it)) return it;
    return Object.fromEntries(Object.entries(it).map(([key, inner]) => [key, visit(inner)]));
  };
  return { value: visit(value) as T, move: [...move] };
}

/** Whether it is an object of no class. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

type View = new (buffer: ArrayBuffer) => ArrayBufferView;

function copyOf(view: ArrayBufferView, buffer: ArrayBuffer): ArrayBufferView {
  // Node's Buffer is a Uint8Array whose own constructor is not for this
  const make = arrayKind(view) === 'Uint8Array' ? Uint8Array : (view.constructor as View);
  return new make(buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}
