/**
 * Types of pages, workers and Node that declarations of this package name. Where the program's own libraries have them, these
 * interfaces merge with theirs and add nothing; elsewhere they are opaque.
 */
declare global {
  interface AbortSignal {}
  interface AudioWorkletNode {}
  interface AudioWorkletNodeOptions {}
  interface BaseAudioContext {}
  interface Response {}
  interface URL {}
  interface Worker {}
  namespace WebAssembly {
    interface Memory {}
    interface Module {}
  }
}

export {};
