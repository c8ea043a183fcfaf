import { mebibytes } from '../allocate.ts';
import { MemoryError } from '../errors.ts';
import { MemoryArena } from '../memory/arena.ts';
import { align, MAX_BYTES } from '../memory/layout.ts';
import { begin, choose } from '../wasm/tiles.ts';

/** Blocks of one growing memory, by size class: a freed block is used again for the next one of its class. */
export class Heap {
  readonly arena = new MemoryArena(MemoryArena.start + 1);
  readonly #free = new Map<number, number[]>();
  #end = MemoryArena.start;

  /** Bytes of the memory. It never shrinks. */
  get bytes(): number {
    return this.arena.bytes;
  }

  /**
   * A block of at least the given bytes, on a boundary of 64. It is not cleared. Views of the arena may detach.
   * @throws {MemoryError} beyond 2 GiB
   */
  take(bytes: number): number {
    const size = sizeClass(bytes);
    const found = this.#free.get(size)?.pop();
    if (found) return found;
    const ptr = this.#end;
    const end = ptr + size;
    if (end > MAX_BYTES) throw new MemoryError(`${mebibytes(size)} more is beyond 2048 MiB`);
    this.arena.ensure(end);
    this.#end = end;
    return ptr;
  }

  /** Copies floats from one pointer to another. */
  copy(from: number, to: number, floats: number): void {
    this.arena.f32.copyWithin(to / 4, from / 4, from / 4 + floats);
  }

  /** Copies `count` rows of `width` floats: those that the indices at `index` name, or the first ones if it is 0. */
  gather(count: number, width: number, from: number, index: number, to: number): void {
    if (index) this.arena.kernels.gather_rows(count, width, from, index, to);
    else this.copy(from, to, count * width);
  }

  /** Sets floats to 0. */
  clear(ptr: number, floats: number): void {
    this.arena.f32.fill(0, ptr / 4, ptr / 4 + floats);
  }

  /** Runs kernels with scratch memory. May try tiles afterwards. */
  withWork(bytes: number, run: (work: number) => void): void {
    const work = this.take(bytes);
    const since = begin();
    try {
      run(work);
    } finally {
      this.release(work, bytes);
      choose(this.arena, since);
    }
  }

  /** Frees a block. bytes: as it was taken. */
  release(ptr: number, bytes: number): void {
    const size = sizeClass(bytes);
    const list = this.#free.get(size) ?? [];
    this.#free.set(size, list);
    list.push(ptr);
  }
}

/** Four classes between two powers of two, so that less than a fifth of a block is unused; at least 256 bytes. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  if (bytes > MAX_BYTES) return bytes;
  const step = 2 ** (29 - Math.clz32(bytes - 1));
  return Math.ceil(bytes / step) * step;
}

/** A block with regions: their pointers. */
export function blockOf<Name extends string>(
  heap: Heap,
  floats: Readonly<Record<Name, number>>,
): { at: Record<Name, number>; release: () => void } {
  const at = {} as Record<Name, number>;
  let bytes = 0;
  for (const name of Object.keys(floats) as Name[]) {
    at[name] = bytes;
    bytes += align(floats[name] * 4);
  }
  const block = heap.take(bytes);
  for (const name of Object.keys(floats) as Name[]) at[name] = floats[name] > 0 ? at[name] + block : 0;
  return { at, release: () => heap.release(block, bytes) };
}
