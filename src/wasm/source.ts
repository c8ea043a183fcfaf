import { isArrayBuffer } from '../arrayKind.ts';
import { ArgumentError } from '../errors.ts';

/** A binary of the kernels, as given by the caller. */
export type WasmSource = ArrayBuffer | ArrayBufferView | WebAssembly.Module | Response;

/** Returns the given bytes or module. @throws {ArgumentError} if it is anything else */
export async function binaryOf(given: WasmSource): Promise<Uint8Array | WebAssembly.Module> {
  if (given instanceof WebAssembly.Module) return given;
  // before Response is asked for, by which Node loads all of fetch: 15 ms
  if (isArrayBuffer(given) || ArrayBuffer.isView(given)) return checked(given);
  if (typeof Response !== 'undefined' && given instanceof Response) {
    if (!given.ok) throw new ArgumentError('wasm', 'a Response of status 200', given.status);
    return checked(await given.arrayBuffer());
  }
  throw new ArgumentError('wasm', 'bytes, a WebAssembly.Module or a Response', given);
}

function checked(given: ArrayBuffer | ArrayBufferView): Uint8Array {
  // older engines can't compile from a DataView
  const bytes = ArrayBuffer.isView(given)
    ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
    : new Uint8Array(given);
  // the magic number of WebAssembly
  if (`${bytes.subarray(0, 4)}` !== '0,97,115,109')
    throw new ArgumentError('wasm', 'a WebAssembly binary', given);
  return bytes;
}
