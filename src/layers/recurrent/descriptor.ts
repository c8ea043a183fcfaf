import type { MemoryArena } from '../../memory/arena.ts';
import type { Region } from '../../memory/layout.ts';

/** Fields of assembly/configurable/recurrence.ts in its order: `i` an integer or a pointer, `f` a float. */
export const FIELDS = {
  ...fields('i', 'cell T B I H W heads sizes x'),
  ...fields('i', 'wIh wHh bIh bHh wHr wCi wCf wCo'),
  ...fields('i', 'lnIhWeight lnIhBias lnHhWeight lnHhBias lnCWeight lnCBias'),
  ...fields('i', 'dwIh dwHh dbIh dbHh dwHr dwCi dwCf dwCo'),
  ...fields('i', 'dlnIhWeight dlnIhBias dlnHhWeight dlnHhBias dlnCWeight dlnCBias dwOmega'),
  ...[0, 1, 2, 3, 4].reduce(
    (all, k) => Object.assign(all, fields('i', `kind${k}`), fields('f', `alpha${k} beta${k}`)),
    {},
  ),
  ...fields('f', 'clip'),
  ...fields('i', 'coupled zoneH zoneHKey'),
  ...fields('f', 'zoneHMean'),
  ...fields('i', 'zoneC zoneCKey'),
  ...fields('f', 'zoneCMean'),
  ...fields('i', 'firstRow dropH dropHKey'),
  ...fields('f', 'dropHScale omega'),
  ...fields('i', 'training chunk packed h c y gates slopes cNew seen seenSlope out dropped'),
  ...fields('i', 'hatIh rstdIh hatHh rstdHh hatC rstdC dy dh dc dx dhAll watch'),
  ...fields('i', 'tile bias panelsIh panelsHh panelsHr rowsG rowsW oldW rowsH oldH'),
} as Readonly<Record<string, 'i' | 'f'>>;

/** Parameters by kind, under the descriptor's names; gradients have a d before them. */
export const PARAMETERS: Readonly<Record<string, string>> = {
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
};

const AT = new Map(Object.keys(FIELDS).map((name, i) => [name, i]));

function fields(kind: 'i' | 'f', names: string): Record<string, 'i' | 'f'> {
  return Object.fromEntries(names.split(' ').map((name) => [name, kind]));
}

/**
 * What the kernels of assembly/configurable read: values that stay, pointers that hold once the plan is laid out, and those
 * of the call at hand.
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

  set(name: string, value: number): void {
    const i = AT.get(name)!;
    if (FIELDS[name] === 'f') this.#floats[i] = value;
    else this.#bits[i] = value;
  }

  setAll(values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) this.set(name, value);
  }

  /** Writes it to memory, which other plans may have used since; gives the pointer. */
  write(): number {
    this.#arena.i32.set(this.#bits, this.#at.ptr / 4);
    return this.#at.ptr;
  }
}
