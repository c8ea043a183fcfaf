import type { ActivationKind } from '../../activations.ts';
import type { MemoryArena } from '../../memory/arena.ts';
import type { Region } from '../../memory/layout.ts';
import { Struct, wordsOf } from '../../memory/struct.ts';
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

/**
 * The descriptor of assembly/configurable: constant values, pointers that are valid once the plan is laid out, and
 * values of the current call.
 */
export class Descriptor extends Struct<typeof Recurrence> {
  static readonly words = wordsOf(Recurrence);

  constructor(arena: MemoryArena, at: Region) {
    super(arena, at, Recurrence);
  }

  /** Sets the activations, in the order of the kernels. */
  activate(kinds: readonly ActivationKind[]): void {
    for (const [k, kind] of kinds.entries()) {
      for (const name of ['kind', 'alpha', 'beta'] as const) {
        this.set(`${name}${k as 0 | 1 | 2 | 3 | 4}`, kind[name]);
      }
    }
  }
}
