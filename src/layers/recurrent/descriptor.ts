import type { MemoryArena } from '../../memory/arena.ts';
import type { Region } from '../../memory/layout.ts';
import { Recurrence } from '../../wasm/generated/structs.ts';

/** Fields of the descriptor read by the configurable kernels. */
export type Field = keyof typeof Recurrence;

/** Parameters by kind, under the descriptor's names; their gradients have the prefix d. */
export const PARAMETERS = {
  weight_ih: 'wIh',
  weight_hh: 'wHh',
  bias_ih: 'bIh',
  bias_hh: 'bHh',
  weight_hr: 'wHr',
  weight_ci: 'wCi',
  weight_cf: 'wCf',
  weight_co: 'wCo',
  ln_ih_weight: 'lnIhWeight',
  ln_ih_bias: 'lnIhBias',
  ln_hh_weight: 'lnHhWeight',
  ln_hh_bias: 'lnHhBias',
  ln_c_weight: 'lnCWeight',
  ln_c_bias: 'lnCBias',
} as const satisfies Readonly<Record<string, Field>>;

const AT = new Map((Object.keys(Recurrence) as Field[]).map((name, i) => [name, i]));

/**
 * The descriptor of assembly/configurable: constant values, pointers that are valid once the plan is laid out, and
 * values of the current call.
 */
export class Descriptor {
  static readonly words = AT.size;
  readonly #arena: MemoryArena;
  readonly #at: Region;
  readonly #bits = new Int32Array(AT.size);
  readonly #floats = new Float32Array(this.#bits.buffer);

  constructor(arena: MemoryArena, at: Region) {
    this.#arena = arena;
    this.#at = at;
  }

  set(name: Field, value: number): void {
    const i = AT.get(name)!;
    if (Recurrence[name] === 'f') this.#floats[i] = value;
    else this.#bits[i] = value;
  }

  setAll(values: Readonly<Partial<Record<Field, number>>>): void {
    for (const name of Object.keys(values) as Field[]) this.set(name, values[name]!);
  }

  /** Writes it to memory, which other plans may have overwritten, and returns the pointer. */
  write(): number {
    this.#arena.i32.set(this.#bits, this.#at.ptr / 4);
    return this.#at.ptr;
  }
}
