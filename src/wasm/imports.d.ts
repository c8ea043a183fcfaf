/** Next to the entry points in dist/. Engines that forbid compiling bytes import it as a module. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
