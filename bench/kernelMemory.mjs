import { instantiate, runtime } from '../dist/wasm/runtime.js';
import { selectTiles } from '../dist/wasm/tiles.js';

/** The kernels on a memory of 256 MB of their own. room(n): a pointer to n floats, filled with small values. */
export function kernelMemory() {
  const memory = new WebAssembly.Memory({ initial: 4096, maximum: 4096 });
  const run = instantiate(runtime().module, memory);
  selectTiles(memory, runtime().revectorized);
  const f32 = new Float32Array(memory.buffer);
  let next = 65_536;
  const room = (n) => {
    const at = next;
    next += Math.ceil(n / 16) * 64;
    for (let i = 0; i < n; i++) f32[at / 4 + i] = 0.05 * Math.sin(i);
    return at;
  };
  return { run, f32, room };
}
