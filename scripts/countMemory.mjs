// Counts bytes of WebAssembly memory, which process.memoryUsage does not have in full. Import it before what makes memories.
const PAGE = 65_536;
let pages = 0;
const { Memory } = WebAssembly;
WebAssembly.Memory = function counted(descriptor) {
  pages += descriptor.initial;
  return new Memory(descriptor);
};
const { grow } = Memory.prototype;
Memory.prototype.grow = function (by) {
  pages += by;
  return grow.call(this, by);
};

/** Bytes in use: of JavaScript, of array buffers, and all that memories were ever given. */
export function usedBytes() {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers + pages * PAGE;
}
