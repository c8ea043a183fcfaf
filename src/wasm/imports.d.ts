/** Beside the entry points in dist/. Engines that forbid compiling bytes give a module for it. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
