import type { KernelCalls } from './generated/kernelCalls.ts';
import type { instantiate } from './runtime.ts';
import type { selectTiles } from './tiles.ts';

/** V8's flag (Node 24 and 26; Chromium accepts --wasm-revectorize on its command line). */
const FLAG = '--experimental-wasm-revectorize';

interface Process {
  readonly versions?: { readonly node?: string };
  getBuiltinModule?(name: 'v8'): { setFlagsFromString(flag: string): void } | undefined;
}

/**
 * Makes V8 merge pairs of 128-bit operations into 256-bit ones in all code compiled from now on, process-wide.
 * Returns the reason if it can't.
 */
export function askForRevectorization(): string | undefined {
  const { process } = globalThis as { process?: Process };
  const node = process?.versions?.node;
  // a page can't set flags; the probe finds out whether the browser was started with it
  if (!node) return undefined;
  if (Number.parseInt(node, 10) < 24) return `Node ${node} can't (Node 24 and 26 can)`;
  const v8 = process?.getBuiltinModule?.('v8');
  if (!v8) return 'this Node has no v8 module';
  v8.setFlagsFromString(FLAG);
  return undefined;
}

/** The same binary with an empty custom section appended, so that V8 does not reuse previously compiled code. */
export function distinct(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const section = [0, 7, 6, ...Array.from('256bit', (letter) => letter.charCodeAt(0))];
  const out = new Uint8Array(bytes.length + section.length);
  out.set(bytes);
  out.set(section, bytes.length);
  return out;
}

/** Maximum time to wait for V8's optimizing compiler, in ms. */
const LONGEST_MS = 250;
const M = 60;
const N = 96;
const K = 128;

interface Means {
  readonly instantiate: typeof instantiate;
  readonly selectTiles: typeof selectTiles;
}

export interface Finding {
  /** Whether 256-bit code is in effect: the speedup of 16 columns over 8 is only possible with it. */
  readonly wide: boolean;
  /** Speedup of 16 columns over 8: about 0.65 without 256-bit code (registers spill), 1.4 with it; NaN where nothing takes time. */
  readonly ratio: number;
  /** Whether optimized code gives the same bits as V8's baseline compiler, with both tiles. */
  readonly agrees: boolean;
}

/**
 * Times tiles of 8 and 16 columns in turn on [60, 128]·[128, 96] until both are stable, and compares the bits of a
 * product and of an LSTM, forward and backward, before and after optimization.
 */
export function probe(module: WebAssembly.Module, means: Means): Finding {
  const [narrow, wide] = [false, true].map((is) => new Rig(module, is, means)) as [Rig, Rig];
  const before = [narrow.bits(), wide.bits()];
  const start = performance.now();
  let best = [Infinity, Infinity];
  let settled = 0;
  // stable: neither got 10 % faster in 8 consecutive rounds; on a clock that stands still all take 0
  for (let round = 0; settled < 8 && performance.now() - start < LONGEST_MS; round++) {
    const now = [narrow, wide].map((rig) => rig.time());
    settled = round > 24 && now.every((t, i) => t >= 0.9 * best[i]!) ? settled + 1 : 0;
    best = best.map((t, i) => Math.min(t, now[i]!));
  }
  const after = [narrow.bits(), wide.bits()];
  const ratio = best[0]! / best[1]!;
  const [first] = before;
  return { wide: ratio > 1.1, ratio, agrees: [...before, ...after].every((bits) => same(bits, first!)) };
}

/** Buffers for one product and one small LSTM. */
class Rig {
  readonly #kernels: KernelCalls;
  readonly #f32: Float32Array;

  constructor(module: WebAssembly.Module, wide: boolean, means: Means) {
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 16 });
    this.#kernels = means.instantiate(module, memory);
    this.#f32 = new Float32Array(memory.buffer);
    means.selectTiles(memory, wide);
  }

  /** Milliseconds of ten products. */
  time(): number {
    const { a, b, c, work } = AT;
    const start = performance.now();
    for (let i = 0; i < 10; i++) this.#kernels.sgemm_nn(M, N, K, a, K, b, N, 0, c, N, work);
    return performance.now() - start;
  }

  /** Bits of a product and of all outputs of an LSTM's forward and backward pass. */
  bits(): Uint32Array {
    const f = this.#f32;
    // numbers in −0.5..0.5, the same on every engine
    for (let i = AT.a / 4; i < AT.work / 4; i++)
      f[i] = ((Math.imul(i, 0x9e3779b1) >>> 8) - 2 ** 23) * 2 ** -24;
    const { a, b, c, work } = AT;
    const k = this.#kernels;
    k.sgemm_nn(M, N, K, a, K, b, N, 0, c, N, work);
    const [T, B, I, H] = [3, 7, 12, 20];
    const [h, cell, gates] = [a, a + 4096, a + 8192];
    for (let i = 0; i < 4; i++) {
      // biome-ignore format: the order of the kernel's arguments
      k.lstm_forward_train(
        T, B, I, H, 0, 0, b, 0, b + 2048, b + 8192, b + 20480, b + 21504, h, cell, gates, work,
      );
      // biome-ignore format: the order of the kernel's arguments
      k.lstm_backward(
        T, B, I, H, 0, 0, b, 0, b + 2048, b + 8192, h, cell, gates, b + 22528, b + 25600, b + 26624,
        b + 27648, b + 30720, b + 34816, b + 41984, b + 42496, 0, 1, 0, work,
      );
    }
    return new Uint32Array(f.buffer.slice(AT.a, AT.work));
  }
}

/** Byte offsets: A [60, 128], B [128, 96], C [60, 96], scratch. */
const AT = {
  a: 65_536,
  b: 65_536 + 32_768,
  c: 65_536 + 32_768 + 49_152,
  work: 65_536 + 32_768 + 49_152 + 24_576,
};

function same(a: Uint32Array, b: Uint32Array): boolean {
  return a.every((bits, i) => bits === b[i]);
}
