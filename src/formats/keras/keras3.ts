import { HARD_SIGMOID, isObject, JOINS_3, type Json } from './json.ts';
import { toKeras2 } from './modelConfig.ts';

/** A description as Keras 2 writes it, from one of Keras 3, or of either in a .keras file. */
export function fromKeras3(model: Json, version: string | undefined): Json {
  const json = toKeras2(model);
  // what wraps objects tells Keras 3 apart, but for .keras files of Keras 2, and .h5 files of Keras 3
  const own = /^([23])\./.exec(version ?? (isObject(model) && model.module ? '3.' : ''))?.[1];
  return own ? withVersion(json, own === '3') : json;
}

/** The same with the hard sigmoid and the joins of one version in place of the other's. */
function withVersion(value: Json | undefined, isKeras3: boolean): Json {
  if (Array.isArray(value)) return value.map((each) => withVersion(each, isKeras3));
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => {
        const own = withVersion(each, isKeras3);
        return [key, key === 'config' && isKeras3 && isObject(own) ? { ...own, [JOINS_3]: true } : own];
      }),
    );
  const isIt = value === 'hard_sigmoid' || value === HARD_SIGMOID;
  return isIt ? (isKeras3 ? HARD_SIGMOID : 'hard_sigmoid') : (value ?? null);
}
