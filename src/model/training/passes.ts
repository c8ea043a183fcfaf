import type { Plan } from '../../engine/plan.ts';

/**
 * Names of a plan's states in order: prefix of the layer, state, stacked layer and direction, such as `1.h_l0` and
 * `1.h_l0_reverse`.
 */
export function namesOfStates({ passes, passPrefixes, stateNames }: Plan): readonly string[] {
  if (!passPrefixes) return stateNames;
  const names: string[] = [];
  const stacked = new Map<string, number>();
  for (const [i, { states }] of passes.entries()) {
    if (!states.length) continue;
    const prefix = passPrefixes[i]!;
    const k = stacked.get(prefix) ?? 0;
    stacked.set(prefix, k + 1);
    for (const { name } of states) {
      const full = `${prefix}${name}_l${k}`;
      names.push(names.includes(full) ? `${full}_reverse` : full);
    }
  }
  return names;
}

/**
 * The first pass with a gradient of a parameter that is not frozen; an embedding may be looked up by the pass after it.
 * prefixes: those of all layers.
 */
export function lowestPass(
  { passes, passPrefixes }: Plan,
  prefixes: readonly string[],
  trained: readonly string[],
): number {
  if (!passPrefixes) return 0;
  let lowest = passes.length - 1;
  for (const name of trained) {
    const prefix = name.slice(0, name.lastIndexOf('.') + 1);
    const own = passPrefixes.flatMap((other, i) => (other === prefix ? [i] : []));
    if (!own.length) {
      // the pass of the next layer looks it up
      const from = prefixes.indexOf(prefix);
      const next = passPrefixes.findIndex((other) => prefixes.indexOf(other) > from);
      lowest = Math.min(lowest, Math.max(0, next));
      continue;
    }
    const stack = /_l(\d+)(?:_reverse)?$/.exec(name);
    const recurrent = own.filter((i) => passes[i]!.states.length > 0);
    const pass = stack ? recurrent[Number(stack[1])] : own[0];
    lowest = Math.min(lowest, pass ?? own[0]!);
  }
  return lowest;
}
