import { number, options, reading } from '../../check.ts';
import { ArgumentError } from '../../errors.ts';
import type { Region } from '../../memory/layout.ts';

/** Parameters by name: a parameter's, a layer's (`'1'` stands for all that begin with `1.`), or a pattern. */
export type Match = string | RegExp;

/** Options that some of the parameters have of their own, as a parameter group of torch.optim. */
export interface ParameterGroup {
  /** Names or patterns. A parameter belongs to one group at most. */
  readonly match: Match | readonly Match[];
  /** Their learning rate; the schedule's factor applies to it too. Default: the optimizer's. */
  readonly lr?: number | undefined;
  /** Their weight decay. Default: the optimizer's. */
  readonly weightDecay?: number | undefined;
}

/** Parameters next to each other that are updated alike: the first and the last one. */
export interface Part {
  readonly first: Region;
  readonly last: Region;
  readonly lr: number | undefined;
  readonly weightDecay: number | undefined;
}

/**
 * The names that match.
 * @throws {ArgumentError} if it is not a list of names and patterns, or one of them matches nothing
 */
export function matching(argument: string, given: readonly Match[], names: readonly string[]): Set<string> {
  const found = new Set<string>();
  const patterns = reading(argument, given, () => {
    if (!Array.isArray(given)) throw new ArgumentError(argument, 'a list of names and patterns', given);
    return [...given] as readonly Match[];
  });
  for (const [i, pattern] of patterns.entries()) {
    const text = typeof pattern === 'string';
    if (!text && !(pattern instanceof RegExp))
      throw new ArgumentError(`${argument}[${i}]`, 'a name or a pattern', pattern);
    const matched = names.filter((name) =>
      text ? name === pattern || name.startsWith(`${pattern}.`) : name.search(pattern) >= 0,
    );
    if (!matched.length) {
      const some = names.slice(0, 8).join(', ') + (names.length > 8 ? ', …' : '');
      throw new ArgumentError(`${argument}[${i}]`, `a name or pattern of parameters (${some})`, `${pattern}`);
    }
    for (const name of matched) found.add(name);
  }
  return found;
}

/**
 * Copies of the groups, each with the names that it has.
 * @throws {ArgumentError} if a group matches nothing, shares a parameter with another one, or has an invalid number
 */
export function readGroups(
  groups: readonly ParameterGroup[],
  names: readonly string[],
): (Omit<ParameterGroup, 'match'> & { readonly names: Set<string> })[] {
  const given = reading('groups', groups, () => {
    if (!Array.isArray(groups))
      throw new ArgumentError('groups', 'a list of { match, lr, weightDecay }', groups);
    return [...groups];
  });
  const taken = new Map<string, number>();
  return given.map((group, i) => {
    const argument = `groups[${i}]`;
    const { match, lr, weightDecay } = options(argument, group, { match: true, lr: true, weightDecay: true });
    if (lr !== undefined) number(`${argument}.lr`, lr, 0);
    if (weightDecay !== undefined) number(`${argument}.weightDecay`, weightDecay, 0);
    const list = (Array.isArray(match) ? match : [match]) as readonly Match[];
    const own = matching(`${argument}.match`, list, names);
    for (const name of own) {
      const other = taken.get(name);
      if (other !== undefined) {
        throw new ArgumentError(
          `${argument}.match`,
          `no parameter of another group (groups[${other}])`,
          name,
        );
      }
      taken.set(name, i);
    }
    return { names: own, lr, weightDecay };
  });
}

/** What is updated, as few parts as its order in memory allows. */
export function partsOf(
  parameters: ReadonlyMap<string, Region>,
  frozen: ReadonlySet<string>,
  groups: readonly (Omit<ParameterGroup, 'match'> & { readonly names: Set<string> })[],
): Part[] {
  const parts: Part[] = [];
  let before: unknown;
  for (const [name, region] of parameters) {
    const group = groups.find(({ names }) => names.has(name));
    const kind = frozen.has(name) ? undefined : (group ?? groups);
    const last = parts.at(-1);
    if (kind !== undefined) {
      if (kind === before) parts[parts.length - 1] = { ...last!, last: region };
      else parts.push({ first: region, last: region, lr: group?.lr, weightDecay: group?.weightDecay });
    }
    before = kind;
  }
  return parts;
}
