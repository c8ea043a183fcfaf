import type { MemoryArena } from './arena.ts';
import type { Region } from './layout.ts';

/** Fields of a struct that kernels read, in order, 4 bytes each (wasm/generated/structs.ts). */
export type Fields = Readonly<Record<string, 'p' | 'i' | 'f'>>;

/** Number of words of a struct. */
export function wordsOf(fields: Fields): number {
  return Object.keys(fields).length;
}

/** Of each struct, the place of each field; ~place for floats. */
const PLACES = new WeakMap<Fields, ReadonlyMap<string, number>>();

function placesOf(fields: Fields): ReadonlyMap<string, number> {
  const found =
    PLACES.get(fields) ??
    new Map(Object.keys(fields).map((name, i) => [name, fields[name] === 'f' ? ~i : i]));
  PLACES.set(fields, found);
  return found;
}

/** The values of a struct that kernels read. */
export class Struct<T extends Fields> {
  readonly #arena: MemoryArena;
  readonly #at: Region;
  readonly #places: ReadonlyMap<string, number>;
  readonly #bits: Int32Array;
  readonly #floats: Float32Array;

  /** @param at where `write` writes it */
  constructor(arena: MemoryArena, at: Region, fields: T) {
    this.#arena = arena;
    this.#at = at;
    this.#places = placesOf(fields);
    this.#bits = new Int32Array(this.#places.size);
    this.#floats = new Float32Array(this.#bits.buffer);
  }

  set(name: keyof T & string, value: number): void {
    const i = this.#places.get(name)!;
    if (i < 0) this.#floats[~i] = value;
    else this.#bits[i] = value;
  }

  setAll(values: Readonly<Partial<Record<keyof T & string, number>>>): void {
    for (const name of Object.keys(values)) this.set(name, values[name]!);
  }

  /** Writes it to memory, which other plans may have overwritten, and returns the pointer. */
  write(): number {
    this.#arena.i32.set(this.#bits, this.#at.ptr / 4);
    return this.#at.ptr;
  }
}
