import { mebibytes } from '../allocate.ts';
import { MemoryError } from '../errors.ts';
import { MemoryArena } from '../memory/arena.ts';
import { align, MAX_BYTES } from '../memory/layout.ts';
import { begin, choose } from '../wasm/tiles.ts';

/** Bytes from `ptr` to `end`. */
interface Range {
  ptr: number;
  end: number;
}

/** What can leave its block. */
export interface Movable {
  leave(): void;
}

/**
 * Blocks of one growing memory, by size class: a freed block is used again for the next one of its class. Before the memory
 * grows much, and before it is refused, freed blocks are merged with their neighbours, for blocks of any size.
 */
export class Heap {
  readonly arena = new MemoryArena(MemoryArena.start + 1);
  /** Freed blocks by their size. */
  readonly #free = new Map<number, number[]>();
  /** What else is free, by address: holes, and all that follows the last block. */
  #ranges: Range[] = [{ ptr: MemoryArena.start, end: Infinity }];
  /** By size, how many of the ranges are too short. */
  readonly #from = new Map<number, number>();
  /** What is moved out of the memory when that is used up. */
  readonly movable = new Set<Movable>();
  /** Bytes up to which the memory grows without merging: 32 MiB, then twice what is needed after it. */
  #limit = 2 ** 25;

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
    return this.#free.get(size)?.pop() ?? this.#cut(size);
  }

  /** A block from the first range that holds it. */
  #cut(size: number): number {
    let i = this.#from.get(size) ?? 0;
    while (this.#ranges[i]!.end - this.#ranges[i]!.ptr < size) i++;
    this.#from.set(size, i);
    const range = this.#ranges[i]!;
    const end = range.ptr + size;
    if (end > Math.max(this.bytes, this.#limit) && this.#merge()) return this.#cut(size);
    try {
      if (end > MAX_BYTES)
        throw new MemoryError(`no ${mebibytes(size)} in one piece are left of 2048 MiB: dispose of tensors`);
      this.arena.ensure(end);
    } catch (error) {
      if (this.#merge()) return this.#cut(size);
      throw error;
    }
    range.ptr = end;
    return end - size;
  }

  /** Calls f, which keeps no pointer of what is movable. Where the memory is used up, makes room and calls it once more. */
  attempt<Given, Result>(f: (given: Given) => Result, given?: Given): Result {
    try {
      return f(given!);
    } catch (error) {
      if (!(error instanceof MemoryError && this.movable.size)) throw error;
      for (const each of this.movable) each.leave();
      return f(given!);
    }
  }

  /** Makes ranges of freed blocks and their neighbours. Says whether there were any. */
  #merge(): boolean {
    if (!this.#free.size) return false;
    const all = this.#ranges;
    for (const [size, list] of this.#free) for (const ptr of list) all.push({ ptr, end: ptr + size });
    this.#free.clear();
    this.#from.clear();
    this.#ranges = [];
    let last: Range | undefined;
    // of what starts in the same place an empty range comes first, as it is older
    for (const range of all.sort((a, b) => a.ptr - b.ptr)) {
      if (last?.end === range.ptr) last.end = range.end;
      else this.#ranges.push((last = range));
    }
    this.#limit = Math.max(this.#limit, 2 * last!.ptr);
    return true;
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
