import type { FoundTensor } from './values.ts';

/** Names of parameters and buffers, as torch.nn has them. */
const PARAMETER = /(\b|_)(weight|bias|running_mean)(\b|_)/;
/** Prefixes that wrappers put in front of all names: DataParallel, AveragedModel, torch.compile. */
const WRAPPER = /^(module|_orig_mod)\./;
/** What AveragedModel has of its own. */
const COUNTER = /\bn_averaged$/;

/**
 * Names tensors: those of the only dictionary or module with parameters get their names in it as paths, without what wrappers
 * put in front; the others keep their path in the file. Where several have parameters all do. Gives the tensors of these.
 */
export function nameTensors(found: readonly FoundTensor[]): readonly FoundTensor[] {
  const named = found.filter(({ name }) => PARAMETER.test(name));
  const models = new Set((named.length ? named : found).map(({ container }) => container));
  const own = found.filter(({ container }) => models.has(container));
  if (models.size === 1) {
    const wrapped = own.filter(({ name }) => !COUNTER.test(name));
    while (wrapped.length && wrapped.every(({ name }) => WRAPPER.test(name)))
      for (const one of own) one.name = one.name.replace(WRAPPER, '');
    const names = new Set(found.map(({ container, name, path }) => (models.has(container) ? name : path)));
    if (names.size === found.length) for (const one of own) one.path = one.name;
  }
  return own;
}
