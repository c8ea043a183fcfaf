import { HARD_SIGMOID, isObject, JOINS_3, type Json, type JsonObject } from './json.ts';
import { mapped, toKeras2 } from './modelConfig.ts';

/** A description as Keras 2 writes it, from one of Keras 3, or of either in a .keras file. */
export function fromKeras3(model: Json, version: string | undefined): Json {
  const json = toKeras2(model);
  // what wraps objects tells Keras 3 apart, but for .keras files of Keras 2, and .h5 files of Keras 3
  const [, own, minor] = /^(\d)\.(\d*)/.exec(version ?? (isObject(model) && model.module ? '3.' : '')) ?? [];
  return own ? withVersion(json, own > '2' ? { [JOINS_3]: minor ? +minor > 3 : null } : undefined) : json;
}

/** The same with the hard sigmoid and the joins of one version in place of the other's. joins: option of Keras 3. */
function withVersion(value: Json | undefined, joins: JsonObject | undefined, name = ''): Json {
  if (Array.isArray(value)) return value.map((each) => withVersion(each, joins));
  if (isObject(value))
    return mapped(value, (each, key) => {
      const own = withVersion(each, joins, key);
      return key === 'config' && isObject(own) ? { ...own, ...joins } : own;
    });
  return /activation$/.test(name) && /^hard_sigmoid/.test(`${value}`)
    ? joins
      ? HARD_SIGMOID
      : 'hard_sigmoid'
    : (value as Json);
}
