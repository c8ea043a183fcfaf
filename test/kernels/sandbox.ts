import { instantiateSync } from '@assemblyscript/loader';
import type { KernelCalls } from '../../src/wasm/generated/kernelCalls.ts';
import { every } from '../thorough.ts';
import { relaxedIsSupported, wasmBytes } from './binaries.ts';

/** The builds, those with wide tiles, and those of the kernels of quantized layers. */
export type BuildName =
  | ('checked' | 'simd' | 'relaxed' | 'simd wide' | 'relaxed wide')
  | ('checked quant' | 'simd quant' | 'relaxed quant');

/** The builds that this engine runs. */
export const builds: ('checked' | 'simd' | 'relaxed')[] = relaxedIsSupported
  ? ['checked', 'simd', 'relaxed']
  : ['checked', 'simd'];

const wide: BuildName[] = relaxedIsSupported ? ['simd wide', 'relaxed wide'] : ['simd wide'];

/** The builds, and those that ship with tiles of 16 columns too, which in browsers only the slow suites run. */
export const variants: BuildName[] = [...builds, ...(every(1) === 1 ? wide : [])];

const PAGE = 65_536;
/** Where a memory says which tiles run (assembly/gemm/tiles.ts). */
const WIDE_AT = 65_472;
/** Bytes on either side of every buffer. */
const GUARD = 64;
/** NaN as an f32, and no NaN that arithmetic makes (those are quiet). */
const POISON = 0x7fbf8234;

const modules = new Map<string, WebAssembly.Module>();

function compiled(variant: BuildName): WebAssembly.Module {
  const build = variant.replace(' wide', '') as Exclude<BuildName, 'simd wide' | 'relaxed wide'>;
  let module = modules.get(build);
  if (!module) modules.set(build, (module = new WebAssembly.Module(wasmBytes(build))));
  return module;
}

/** `guarded`: buffers between guard zones. `flush`: each new buffer ends on the last byte of the memory (one only). */
export type Placement = 'guarded' | 'flush';

interface Held {
  readonly name: string;
  readonly ptr: number;
  readonly length: number;
  readonly input: boolean;
  before: Uint32Array | undefined;
}

/** A compiled build with a memory, and the sandbox that uses it. */
interface Instance {
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelCalls;
  readonly words: Uint32Array;
  /** What the binary itself put into page 0: its constants, the messages of the checked build. */
  readonly data: { readonly ptr: number; readonly values: Uint32Array };
  owner: Sandbox | undefined;
}

/** How many sandboxes of one variant and size are usable at a time. */
const MAX_INSTANCES = 8;
/** Larger memories are not kept. */
const MAX_PAGES = 64;
/** How many are kept in all: a browser reserves gigabytes of addresses for each memory, and refuses new ones at some point. */
const MAX_KEPT = 40;
const instances = new Map<string, Instance[]>();
let kept = 0;

/** Reused, the least recently taken first: a new instance takes about 0.8 ms, poisoning its memory again 0.01 ms. */
function instanceOf(variant: BuildName, pages: number): Instance {
  if (pages > MAX_PAGES) return instantiate(variant, pages);
  const key = `${variant} ${pages}`;
  const same = instances.get(key) ?? [];
  instances.set(key, same);
  const reused = same.length === MAX_INSTANCES ? same.shift() : undefined;
  if (!reused && ++kept > MAX_KEPT) forget();
  const instance = reused ?? instantiate(variant, pages);
  same.push(instance);
  // the key used last is the last one in the map
  instances.delete(key);
  instances.set(key, same);
  return instance;
}

/** Lets the instances of the variant and size that was not used for longest go. Their sandboxes stay usable. */
function forget(): void {
  const [key, oldest] = instances.entries().next().value!;
  instances.delete(key);
  kept -= oldest.length;
}

function instantiate(variant: BuildName, pages: number): Instance {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = instantiateSync(compiled(variant), {
    env: { memory, lost: () => false } as Record<string, unknown>,
  }).instance;
  const kernels = exports as unknown as KernelCalls;
  const words = new Uint32Array(memory.buffer);
  return { memory, kernels, words, data: dataOf(words.subarray(0, PAGE / 4)), owner: undefined };
}

/** The words from the first to the last one that is not 0. */
function dataOf(page: Uint32Array): Instance['data'] {
  const from = page.findIndex((word) => word !== 0);
  const values = page.slice(Math.max(from, 0), page.findLastIndex((word) => word !== 0) + 1);
  return { ptr: Math.max(from, 0) * 4, values };
}

/**
 * A memory of its own for one kernel call. Page 0 and everything between the buffers is poison; `run` calls the
 * kernel and then throws if any poison or any input changed. A sandbox is usable until MAX_INSTANCES later ones of its
 * variant and size were made, then its members throw.
 */
export class Sandbox {
  readonly #instance: Instance;
  readonly #words: Uint32Array;
  readonly #floats: Float32Array;
  readonly #ints: Int32Array;
  readonly #held: Held[] = [];
  readonly #wide: number;
  #top = PAGE;
  #bottom: number;

  /** `bytes`: what the buffers need together, guards not counted. */
  constructor(build: BuildName, bytes: number) {
    const pages = Math.ceil((2 * PAGE + bytes + 64 * 256) / PAGE);
    this.#instance = instanceOf(build, pages);
    this.#instance.owner = this;
    this.#words = this.#instance.words;
    this.#floats = new Float32Array(this.memory.buffer);
    this.#ints = new Int32Array(this.memory.buffer);
    this.#words.fill(POISON);
    const { ptr, values } = this.#instance.data;
    this.#words.set(values, ptr / 4);
    if (values.length > 0)
      this.#held.push({ name: 'the data', ptr, length: values.length, input: false, before: values });
    this.#words[WIDE_AT / 4] = this.#wide = build.endsWith('wide') ? 1 : 0;
    this.#bottom = this.memory.buffer.byteLength;
  }

  get kernels(): KernelCalls {
    return this.#own().kernels;
  }

  get memory(): WebAssembly.Memory {
    return this.#own().memory;
  }

  /** A buffer the kernel may only read. */
  input(name: string, values: ArrayLike<number>, place: Placement = 'guarded'): number {
    const ptr = this.#take(name, values.length, true, place);
    this.#floats.set(values, ptr / 4);
    return ptr;
  }

  /** Int32 values the kernel may only read. */
  indices(name: string, values: ArrayLike<number>, place: Placement = 'guarded'): number {
    const ptr = this.#take(name, values.length, true, place);
    this.#ints.set(values, ptr / 4);
    return ptr;
  }

  /** A buffer the kernel may write; without values it is poison, which reads as NaN. */
  output(name: string, values: ArrayLike<number> | number, place: Placement = 'guarded'): number {
    const length = typeof values === 'number' ? values : values.length;
    const ptr = this.#take(name, length, false, place);
    if (typeof values !== 'number') this.#floats.set(values, ptr / 4);
    return ptr;
  }

  /** Scratch memory of so many bytes. */
  work(bytes: number, place: Placement = 'guarded'): number {
    return this.output('work', Math.ceil(bytes / 4), place);
  }

  /** Copy of the floats at ptr. */
  read(ptr: number, length: number): Float32Array {
    this.#own();
    return this.#floats.slice(ptr / 4, ptr / 4 + length);
  }

  /** Bits of the floats at ptr, NaNs made one. */
  bits(ptr: number, length: number): Uint32Array {
    const bits = this.#words.slice(ptr / 4, ptr / 4 + length);
    const values = this.read(ptr, length);
    for (let i = 0; i < length; i++) if (Number.isNaN(values[i])) bits[i] = 0x7fc00000;
    return bits;
  }

  /** Calls the kernel, then checks guards and inputs. */
  run<Result>(call: (kernels: KernelCalls) => Result): Result {
    for (const held of this.#held) {
      if (held.input) held.before = this.#words.slice(held.ptr / 4, held.ptr / 4 + held.length);
    }
    const result = call(this.kernels);
    this.check();
    return result;
  }

  /** Throws if anything outside the buffers, or an input, is not as it was. */
  check(): void {
    this.#own();
    let at = 0;
    if (this.#words[WIDE_AT / 4] !== this.#wide) throw new Error('the choice of tiles was overwritten');
    const tiles = { ptr: WIDE_AT, length: 1, name: 'the choice of tiles' };
    const inside = [tiles, ...this.#held].sort((a, b) => a.ptr - b.ptr);
    const end = { ptr: this.memory.buffer.byteLength, length: 0, name: 'the end' };
    for (const { ptr, length, name } of [...inside, end]) {
      const changed = firstChange(this.#words, at, ptr / 4);
      if (changed >= 0) throw new Error(`byte ${changed * 4}, before ${name}, was overwritten`);
      at = Math.max(at, ptr / 4 + length);
    }
    for (const { name, ptr, length, before } of this.#held) {
      if (!before) continue;
      for (let i = 0; i < length; i++) {
        if (this.#words[ptr / 4 + i] !== before[i]) throw new Error(`input ${name}[${i}] was overwritten`);
      }
    }
  }

  #own(): Instance {
    if (this.#instance.owner !== this) throw new Error(`${MAX_INSTANCES} sandboxes were made after this one`);
    return this.#instance;
  }

  #take(name: string, length: number, input: boolean, place: Placement): number {
    const bytes = length * 4;
    let ptr: number;
    if (place === 'flush') {
      if (this.#bottom !== this.memory.buffer.byteLength) throw new Error('one flush buffer a sandbox');
      ptr = this.#bottom -= bytes;
    } else {
      ptr = this.#top + GUARD;
      this.#top = Math.ceil((ptr + bytes) / 64) * 64;
    }
    if (this.#top + GUARD > this.#bottom) throw new Error(`sandbox too small for ${name}`);
    this.#held.push({ name, ptr, length, input, before: undefined });
    return ptr;
  }
}

/** The first word of from..to−1 that is not poison; −1 if all are. */
function firstChange(words: Uint32Array, from: number, to: number): number {
  let i = from;
  for (; i + 8 <= to; i += 8) {
    const changed =
      (words[i]! ^ POISON) |
      (words[i + 1]! ^ POISON) |
      (words[i + 2]! ^ POISON) |
      (words[i + 3]! ^ POISON) |
      (words[i + 4]! ^ POISON) |
      (words[i + 5]! ^ POISON) |
      (words[i + 6]! ^ POISON) |
      (words[i + 7]! ^ POISON);
    if (changed !== 0) break;
  }
  while (i < to && words[i] === POISON) i++;
  return i < to ? i : -1;
}
