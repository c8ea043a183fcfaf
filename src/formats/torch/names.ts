import { type FoundTensor, join } from './values.ts';

/** Names of parameters and buffers, as torch.nn has them. */
const PARAMETER = /(^|[._])(weight|bias|running_mean)(_|$)/;
/** Prefixes that wrappers put in front of all names: DataParallel, torch.compile. */
const WRAPPER = /^(module|_orig_mod)\./;

/**
 * Names of tensors: those of the only dictionary or module with parameters as they are in it, without what wrappers put
 * in front, the others with their path in the file. Where several have parameters all have their path.
 */
export function namesOf(found: readonly FoundTensor[]): { names: string[]; isModel(i: number): boolean } {
  const paths = found.map(({ container, name }) => join(container, name));
  const models = new Set(found.filter(({ name }) => PARAMETER.test(name)).map(({ container }) => container));
  if (!models.size) for (const { container } of found) models.add(container);
  const isModel = (i: number) => models.has(found[i]!.container);
  if (models.size !== 1) return { names: paths, isModel };
  let names = found.map(({ name }) => name);
  while (names.every((name, i) => !isModel(i) || WRAPPER.test(name)))
    names = names.map((name) => name.replace(WRAPPER, ''));
  const all = names.map((name, i) => (isModel(i) ? name : paths[i]!));
  return { names: new Set(all).size < all.length ? paths : all, isModel };
}
