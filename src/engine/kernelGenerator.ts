import { Generator } from '../init/generator.ts';
import type { MemoryArena } from '../memory/arena.ts';

/** Where the state lies in page 0, and behind it the numbers drawn per call. Zeros otherwise. */
const AT = 16_384;
const NUMBERS = 4096;

/**
 * The generator of a model, which draws parameters by a kernel: the first ones would be drawn by the engine's interpreter, 21,000
 * of an LSTM of 64 units in 16 ms of Chromium instead of 2.
 */
export class KernelGenerator extends Generator {
  readonly #of: { readonly arena: MemoryArena };

  constructor(seed: number, of: { readonly arena: MemoryArena }) {
    super(seed);
    this.#of = of;
  }

  /** @internal */
  override fill(out: Float32Array, ...law: [number, number, number, number]): void {
    const { kernels, f32 } = this.#of.arena;
    const words = new Uint32Array(f32.buffer, AT, 4 + NUMBERS);
    words.set(this.state);
    for (let at = 0; at < out.length; at += NUMBERS) {
      const count = Math.min(NUMBERS, out.length - at);
      kernels.random_fill(count, ...law, AT, AT + 16);
      out.set(f32.subarray(AT / 4 + 4, AT / 4 + 4 + count), at);
    }
    this.state = [...words.subarray(0, 4)];
    words.fill(0);
  }
}
